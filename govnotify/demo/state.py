"""The folder that keeps everything of one demo: data, mails, logs, and the secrets that were made for it alone."""

import fcntl
import json
import os
import secrets
from collections.abc import Callable
from pathlib import Path


class InUse(Exception):  # noqa: N818  named as what happened
    """Another demo runs on this folder."""


class State:
    """Use `with State(folder)`: it belongs to one demo at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o755)  # the database's own user passes through; what is secret has its own mode
        self.secrets = Secrets(self.folder)
        self._lock = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            raise InUse(
                f"A demo is already running on {self.folder}. Stop it with Ctrl-C, or choose another folder: "
                "make demo STATE=/var/tmp/second-demo"
            ) from None

    def __enter__(self) -> "State":
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._lock)

    def private_folder(self, name: str) -> Path:
        """A folder that only this user reads."""
        folder = self.folder / name
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder


class Secrets:
    """Secrets by name in one file that only this user reads; one process at a time writes it."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "secrets.json"

    def get(self, name: str, make: Callable[[], str] = lambda: secrets.token_urlsafe(48)) -> str:
        """The secret of this name, made at the first call and kept from then on."""
        known = self._read()
        if name not in known:
            known[name] = make()
            self._write(known)
        return known[name]

    def find(self, name: str) -> str | None:
        return self._read().get(name)

    def with_suffix(self, suffix: str) -> dict[str, str]:
        """The secrets whose names end so, by the rest of the name."""
        return {name.removesuffix(suffix): text for name, text in self._read().items() if name.endswith(suffix)}

    def put(self, name: str, value: str) -> None:
        self._write(self._read() | {name: value})

    def _read(self) -> dict[str, str]:
        try:
            known: dict[str, str] = json.loads(self._file.read_text())
        except FileNotFoundError:
            return {}
        return known

    def _write(self, known: dict[str, str]) -> None:
        unfinished = self._file.with_suffix(".new")
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as output:
            json.dump(known, output, indent=1)
        unfinished.replace(self._file)
