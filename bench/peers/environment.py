"""The peers' virtual environment: made once, from hashed requirements, beside the project's own."""

import hashlib
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent


def python() -> Path:
    """The interpreter that has the peers' packages, installed now where they are not."""
    folder, requirements = ROOT / ".venv" / "peers", HERE / "requirements.txt"
    interpreter, installed = folder / "bin" / "python", folder / "installed"
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    if not (installed.exists() and installed.read_text() == wanted):
        print(f"Installing {requirements.name} into {folder.relative_to(ROOT)} …", flush=True)
        _run(sys.executable, "-m", "venv", "--clear", folder)
        _run(interpreter, "-m", "pip", "install", "-qq", "--root-user-action", "ignore", "--no-deps",
             "--disable-pip-version-check", "--require-hashes", "-r", requirements)  # fmt: skip
        installed.write_text(wanted)
    return interpreter


def version(package: str) -> str:
    """The version of the package that requirements.txt pins."""
    lines = (HERE / "requirements.txt").read_text().splitlines()
    return next(line.split("==")[1].split()[0] for line in lines if line.startswith(f"{package}=="))


def _run(*command: str | Path) -> None:
    subprocess.run(command, check=True)  # noqa: S603  our own commands
