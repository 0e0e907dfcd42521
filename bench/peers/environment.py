"""The peers' virtual environments: each made once, from hashed requirements, beside the project's own."""

import hashlib
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent


@dataclass(frozen=True, slots=True)
class Environment:
    """A folder below .venv, and the locks that are installed into it one after the other."""

    folder: str
    locks: tuple[str, ...]

    def program(self, name: str) -> Path:
        """The path of one of its programs; all are installed now where they are not."""
        folder = ROOT / ".venv" / self.folder
        programs, installed = folder / "bin", folder / "installed"
        wanted = hashlib.sha256(b"".join((HERE / lock).read_bytes() for lock in self.locks)).hexdigest()
        if not (installed.exists() and installed.read_text() == wanted):
            print(f"Installing {' and '.join(self.locks)} into {folder.relative_to(ROOT)} …", flush=True)
            _run(sys.executable, "-m", "venv", "--clear", folder)
            for lock in self.locks:
                _run(programs / "python", "-m", "pip", "install", "-qq", "--root-user-action", "ignore", "--no-deps",
                     "--disable-pip-version-check", "--no-build-isolation", "--require-hashes",
                     "-r", HERE / lock)  # fmt: skip
            installed.write_text(wanted)
        return programs / name

    def version(self, package: str) -> str:
        """The version of the package that the locks pin."""
        lines = "\n".join((HERE / lock).read_text() for lock in self.locks).splitlines()
        return next(line.split("==")[1].split()[0] for line in lines if line.startswith(f"{package}=="))


PEERS = Environment("peers", ("requirements.txt",))
MAILMAN = Environment("mailman", ("mailman-builders.txt", "mailman-requirements.txt"))


def _run(*command: str | Path) -> None:
    subprocess.run(command, check=True)  # noqa: S603  our own commands
