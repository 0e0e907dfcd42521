"""The servers of a benchmark: durable PostgreSQL, Valkey, an SMTP sink, Celery workers."""

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from cryptography.fernet import Fernet

from govnotify.embedded import Child, Postgres, Valkey, free_port
from govnotify.embedded.child import die_with
from govnotify.lib.queues import Queue
from govnotify.processes import background, worker

DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
READY = (" ready.", "beat: Starting...")


@contextmanager
def own_folder() -> Iterator[Path]:
    """A folder for a run's data, on a real disk, that PostgreSQL's own user reaches too."""
    with tempfile.TemporaryDirectory(prefix="govnotify-bench-", dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@contextmanager
def own_servers(settings: Mapping[str, str] | None = None) -> Iterator["Servers"]:
    """Servers that run until the block ends, in a folder of their own. `settings` are PostgreSQL's, besides DURABLE.

    Django takes its settings from the environment that they make, so its modules are imported inside of the block.
    """
    with own_folder() as folder:
        servers = Servers(folder, settings)
        try:
            servers.start()
            yield servers
        finally:
            servers.stop()


class Servers:
    """Everything but the sink and the workers starts at once; those come and go with each pass."""

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.postgres = Postgres(folder / "postgres", settings={**(settings or {}), **DURABLE})
        self.valkey = Valkey(folder / "valkey")
        self.children: list[Child] = []

    def start(self) -> None:
        self.postgres.start()
        self.valkey.start()
        os.environ.update(
            DJANGO_SETTINGS_MODULE="govnotify.settings",
            DATABASE_URL=self.postgres.url(),
            REDIS_URL=self.valkey.url(),
            SECRET_KEY=secrets.token_hex(32),
            FIELD_KEYS=Fernet.generate_key().decode(),
            LOG_LEVEL="WARNING",
        )

    def stop(self) -> None:
        self.stop_children()
        self.valkey.stop()
        self.postgres.stop()

    def stop_children(self) -> None:
        stop_all(self.children)
        self.children.clear()

    def start_workers(self, smtp_port: int) -> Child:
        """The routine lane's workers, by the production commands; returns the one that sends mail, when it is ready."""
        url = f"smtp://127.0.0.1:{smtp_port}"
        self.start_worker(Queue.ROUTINE_WEBHOOK, EMAIL_URL=url)
        return self.start_worker(Queue.ROUTINE, EMAIL_URL=url)

    def start_worker(self, queue: Queue, **settings: str) -> Child:
        """The queue's worker by the production command, when it is ready."""
        log = self.folder / f"{queue}.log"
        log.unlink(missing_ok=True)
        environment = {**os.environ, **settings, "LOG_LEVEL": "INFO"}
        child = Child(queue, worker(queue).command, log=log, env=environment)
        self.children.append(child)
        wait_for(lambda: " ready." in log.read_text(), child)
        return child

    def start_platform(self, smtp_port: int) -> dict[str, Child]:
        """Every worker and beat by name, by the production commands; back when all are ready."""
        environment = {
            **os.environ,
            "EMAIL_URL": f"smtp://127.0.0.1:{smtp_port}",
            "LOG_LEVEL": "INFO",
            "BEAT_SCHEDULE": str(self.folder / "beat"),
        }
        started: dict[str, Child] = {}
        for process in background():
            log = self.folder / f"{process.name}.log"
            log.unlink(missing_ok=True)
            started[process.name] = Child(process.name, process.command, log=log, env=environment)
            self.children.append(started[process.name])
        for child in started.values():
            wait_for(lambda log=child.log: any(words in log.read_text() for words in READY), child)
        return started

    def postfix_sink(self) -> tuple[Child, int] | None:
        """Postfix's smtp-sink, where it is installed."""
        program = shutil.which("smtp-sink", path=f"{os.environ['PATH']}:/usr/sbin")
        if program is None:
            return None
        port = free_port()
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        child = Child("smtp-sink", [program, *user, f"127.0.0.1:{port}", "1000"], log=self.folder / "sink.log")
        self.children.append(child)
        time.sleep(0.3)
        return (child, port) if child.running else None

    def own_sink(self, stamp: str = "") -> tuple[subprocess.Popen[str], int, Path]:
        """Our null server, which counts, and keeps the times of recipients below `stamp`; process, port and report."""
        report, parent = self.folder / "sink.json", os.getpid()
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "bench.null_smtp", "--port", "0", "--report", report, "--stamp", stamp],
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: die_with(parent, signal.SIGKILL),  # noqa: PLW1509  one call of prctl(2)
        )
        assert process.stdout is not None  # noqa: S101
        return process, json.loads(process.stdout.readline())["port"], report


def end_sink(process: "subprocess.Popen[str]", report: Path) -> dict[str, float]:
    """Ask our null server for its report and end it."""
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    counted: dict[str, float] = json.loads(report.read_text())
    return counted


def stop_all(children: Collection[Child]) -> None:
    """Side by side: one after the other would take a second each."""
    for child in children:
        child.ask_to_stop()
    for child in children:
        child.stop()


def wait_for(condition: object, child: Child, seconds: float = 60.0) -> None:
    """Until the condition (a callable) holds; RuntimeError with the child's last words when it never does."""
    end = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        if time.monotonic() > end or not child.running:
            raise RuntimeError(f"{child.name} did not become ready:\n{child.last_words()}")
        time.sleep(0.05)


def processes_of(child: Child) -> list[int]:
    """The ids of the process, first, and of all its descendants."""
    found, waiting = [], [child.pid]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        for thread in Path(f"/proc/{pid}/task").glob("*/children"):  # a thread keeps the emergency watch
            with suppress(FileNotFoundError, ProcessLookupError):  # it has ended since
                waiting += [int(word) for word in thread.read_text().split()]
    return found


def cpu_seconds(pids: list[int]) -> float:
    """User and system time of the processes so far (proc(5), fields 14 and 15)."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")
