"""The platform's own processes, by their production commands, on a test's database, broker and mail server."""

import os
import secrets
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from django.conf import settings
from django.db import connection, connections

from govnotify.embedded import Child
from govnotify.processes import Process
from tests.inbox import Inbox

PATIENCE = 240.0  # seconds, then something is broken; no test says how fast anything is
READY = (" ready.", "beat: Starting...")


class Platform:
    """Start what a test needs; every process is stopped, or found dead, when the test ends."""

    def __init__(self, folder: Path, inbox: Inbox, broker: str) -> None:
        self.folder = folder
        self.environment = environment(inbox, broker, folder)
        self.children: list[Child] = []

    def start(self, *processes: Process) -> list[Child]:
        """All of them side by side; back when each says that it is ready."""
        started = [self._child(process) for process in processes]
        for child in started:
            self.wait_until(lambda child=child: _is_ready(child), f"{child.name} is ready")  # type: ignore[misc]
        return started

    def wait_until(self, condition: Callable[[], object], what: str) -> None:
        """Look until it is so; when it never is, fail with what every process said last."""
        end = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > end:
                logs = "\n".join(f"--- {child.name}\n{child.last_words(40)}" for child in self.children)
                raise AssertionError(f"never: {what}\n{logs}")
            time.sleep(0.05)

    def stop(self) -> None:
        for child in self.children:
            child.ask_to_stop()
        while self.children:
            self.children.pop().stop()

    def _child(self, process: Process) -> Child:
        log = self.folder / f"{process.name}-{len(self.children)}.log"
        child = Child(process.name, process.command, log=log, env=self.environment)
        self.children.append(child)
        return child


def environment(inbox: Inbox, broker: str, folder: Path) -> dict[str, str]:
    """As an operator sets it. Keys are those of the test's own process: what one signs, the other reads."""
    return {
        **os.environ,
        "DATABASE_URL": "postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format_map(_database()),
        "REDIS_URL": broker,
        "EMAIL_URL": inbox.url,
        "SECRET_KEY": secrets.token_hex(32),
        "TOKEN_KEYS": ",".join(settings.TOKEN_KEYS),
        "FIELD_KEYS": ",".join(settings.FIELD_KEYS),
        "ADDRESS_HASH_KEY": settings.ADDRESS_HASH_KEY,
        "BEAT_SCHEDULE": str(folder / "beat"),
        "DJANGO_SETTINGS_MODULE": "govnotify.settings",
    }


def make_due() -> None:
    """What an operator does who does not want to wait for the table's minutes."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE alerts_delivery SET next_attempt_at = now() WHERE next_attempt_at IS NOT NULL")


def pool_processes(worker: Child) -> list[int]:
    """The ids of a worker's children."""
    return [int(pid) for pid in Path(f"/proc/{worker.pid}/task/{worker.pid}/children").read_text().split()]


def senders(worker: Child, port: int) -> list[int]:
    """Those of a worker's children that have a connection to this port of the loopback interface."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    sockets = {f"socket:[{row[9]}]" for row in rows if row[2].endswith(f":{port:04X}")}  # proc(5): remote, inode
    return [pid for pid in pool_processes(worker) if sockets & set(_open_files(pid))]


def _open_files(pid: int) -> list[str]:
    """What the process has open; nothing once it has ended, though its parent may not have noticed yet.

    Until then it is a zombie without memory, and such a one's folder is root's (proc(5)): nobody else may look.
    """
    try:
        return [name for link in Path(f"/proc/{pid}/fd").iterdir() if (name := _target(link))]
    except (FileNotFoundError, PermissionError):
        return []


def _target(link: Path) -> str | None:
    """Where it leads; None for what was closed since it was listed."""
    try:
        return str(link.readlink())
    except (FileNotFoundError, ProcessLookupError):
        return None


def _is_ready(child: Child) -> bool:
    said = child.log.read_text(errors="replace")
    return any(words in said for words in READY)


def _database() -> Mapping[str, str]:
    return connections["default"].settings_dict
