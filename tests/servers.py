"""pytest plugin: one real PostgreSQL and one real Valkey for the run, shared by its parallel processes.

It starts them before Django's settings are read. Where DATABASE_URL and REDIS_URL are set, those servers are used.
Durability is off here and only here: the data lives as long as the run.
"""

import os
import shutil
import socket
import tempfile
from pathlib import Path

import pytest

from govnotify.embedded import Postgres, Valkey

FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "128MB",
    "max_connections": "300",
}
_started: list[Postgres | Valkey] = []
_folder: list[Path] = []


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    if "PYTEST_XDIST_WORKER" in os.environ:
        _own_redis_database()
        return
    if "--collect-only" in early_config.invocation_params.args or "DATABASE_URL" in os.environ:
        return
    folder = Path(tempfile.mkdtemp(prefix="govnotify-tests-"))
    folder.chmod(0o755)
    _folder.append(folder)
    postgres, valkey = Postgres(folder / "postgres", settings=FAST), Valkey(folder / "valkey")
    for server in (postgres, valkey):
        _started.append(server)
        server.start()
    os.environ["DATABASE_URL"] = postgres.url()
    os.environ["REDIS_URL"] = valkey.url()


def pytest_unconfigure() -> None:
    while _started:
        _started.pop().stop()
    while _folder:
        shutil.rmtree(_folder.pop(), ignore_errors=True)


def pytest_configure() -> None:
    socket.socket.connect = _loopback_only(socket.socket.connect)  # type: ignore[method-assign]  # the point of it


def _own_redis_database() -> None:
    """Each parallel process has its own broker: process gw3 uses database 4."""
    base, _, _ = os.environ["REDIS_URL"].rpartition("/")
    os.environ["REDIS_URL"] = f"{base}/{int(os.environ['PYTEST_XDIST_WORKER'].removeprefix('gw')) + 1}"


def _loopback_only(connect):
    def guarded(self, address):
        outside = not str(address[0]).startswith(("127.", "::1", "localhost"))
        if self.family in {socket.AF_INET, socket.AF_INET6} and outside:
            raise AssertionError(f"a test tried to reach {address[0]}: tests talk to loopback only")
        return connect(self, address)

    return guarded
