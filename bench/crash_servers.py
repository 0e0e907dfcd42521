"""The whole platform under the crash benchmark: each server and process can be killed, restarted and lied to."""

import os
import secrets
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import redis

from bench.servers import Servers, wait_for
from govnotify.embedded import Child, Postgres, Valkey
from govnotify.lib.queues import Queue
from govnotify.processes import Process, beat, worker

QUEUES = (Queue.ROUTINE, Queue.ROUTINE_WEBHOOK, Queue.EMERGENCY, Queue.HOUSEKEEPING)
PROCESSES: dict[str, Process] = {process.name: process for process in (*map(worker, QUEUES), beat())}
BROKER_DISK = "32m"
LIBFAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")  # of Debian's package faketime


class Clock:
    """What time it is for the processes started with `environment`: libfaketime reads it from a file every second.

    Only the wall clock: what measures durations is left alone, as by an administrator who sets the time.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self.set(0)

    @staticmethod
    def can_lie() -> bool:
        return LIBFAKETIME.exists()

    @property
    def environment(self) -> dict[str, str]:
        return {
            "LD_PRELOAD": str(LIBFAKETIME),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_DISABLE_SHM": "1",  # each process for itself
            "PYTHONPATH": str(Path(__file__).with_name("crash_clock")),
        }

    def set(self, seconds: int) -> None:
        """So many seconds ahead of the truth; processes know it within a second."""
        self._file.write_text(f"{seconds:+d}\n")
        self._file.chmod(0o644)


class ClockedPostgres(Postgres):
    """PostgreSQL with one more environment: it is given none of ours."""

    extra: dict[str, str] = {}

    def _environment(self) -> dict[str, str]:
        return super()._environment() | self.extra


class Platform(Servers):
    """Durable PostgreSQL, Valkey on a disk of its own where root may mount one, and the production commands."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.postgres: ClockedPostgres = ClockedPostgres(folder / "postgres", settings=self.postgres.settings)
        self.worker_clock = Clock(folder / "clock-of-workers")
        self.server_clock = Clock(folder / "clock-of-servers")  # PostgreSQL's and beat's
        self.clocked = False
        self.running: dict[str, Child] = {}
        self.smtp_port = 0
        self._disk = folder / "broker"
        self._disk.mkdir()
        self.has_disk = _mount(self._disk)
        self.valkey = Valkey(self._disk / "valkey")
        self._started = 0

    def start(self) -> None:
        super().start()
        os.environ["ADDRESS_HASH_KEY"] = secrets.token_hex(16)
        os.environ["BEAT_SCHEDULE"] = str(self.folder / "beat-schedule")

    def stop(self) -> None:
        self.kill_processes(list(self.running), signal.SIGTERM)
        super().stop()
        if self.has_disk:
            subprocess.run(["umount", "-l", self._disk], check=False)  # noqa: S603, S607

    def start_processes(self, names: Sequence[str] = tuple(PROCESSES)) -> None:
        """Those of these that do not run, side by side; back when they are ready."""
        environment = {**os.environ, "EMAIL_URL": f"smtp://127.0.0.1:{self.smtp_port}", "LOG_LEVEL": "INFO"}
        workers = self.worker_clock.environment if self.clocked else {}
        servers = self.server_clock.environment if self.clocked else {}
        missing = [name for name in names if name not in self.running or not self.running[name].running]
        for name in missing:
            self._started += 1
            log = self.folder / f"{name}-{self._started}.log"
            clock = servers if name == "beat" else workers
            self.running[name] = Child(name, PROCESSES[name].command, log=log, env=environment | clock)
        for name in missing:
            child = self.running[name]
            wait_for(lambda child=child: _says_ready(child), child)

    def kill_processes(self, names: Sequence[str], with_signal: signal.Signals = signal.SIGKILL) -> None:
        """The processes with their children; back when they are gone."""
        children = [self.running.pop(name) for name in names]
        for child in children:
            if with_signal is signal.SIGKILL and child.running:
                os.killpg(child.pid, signal.SIGKILL)
            child.ask_to_stop()
        for child in children:
            child.stop()

    def senders(self) -> list[int]:
        """Pool processes of the routine lane that have a connection to the mail server at this moment."""
        rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        sockets = {f"socket:[{row[9]}]" for row in rows if row[2].endswith(f":{self.smtp_port:04X}")}  # proc(5)
        return [pid for pid in _children(self.running[Queue.ROUTINE].pid) if sockets & _open_files(pid)]

    def run_on_clock(self, clocked: bool) -> None:
        """Start everything again with a clock that can be set, or with the machine's own."""
        if clocked == self.clocked:
            return
        self.kill_processes(list(self.running), signal.SIGTERM)
        self.worker_clock.set(0)
        self.server_clock.set(0)
        self.clocked = clocked
        self.postgres.stop()
        self.postgres.extra = self.server_clock.environment if clocked else {}
        self.postgres.start()

    def kill_postgres(self) -> None:
        """The postmaster, as `kill -9` does; its children notice."""
        assert self.postgres.child is not None  # noqa: S101
        os.kill(self.postgres.child.pid, signal.SIGKILL)
        self.postgres.child.process.wait()

    def restart_postgres(self) -> None:
        """On the data as they are; tried again while children of the killed one still hold its memory."""
        end = time.monotonic() + 30
        while True:
            try:
                self.postgres.start()
            except RuntimeError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.2)
            else:
                return

    def kill_broker(self) -> None:
        assert self.valkey.child is not None  # noqa: S101
        os.kill(self.valkey.child.pid, signal.SIGKILL)
        self.valkey.child.process.wait()

    def fill_broker_disk(self) -> None:
        """Not one page more fits beside the append-only file, and the rest of its last one is used up."""
        with (self._disk / "filler").open("wb", buffering=0) as filler:
            for size in (1 << 20, 4096, 1):
                try:
                    while True:
                        filler.write(b"x" * size)
                except OSError:  # ENOSPC
                    continue
        with redis.Redis.from_url(self.valkey.url()) as broker, suppress(redis.ResponseError):
            for _ in range(100):
                broker.set("filler", "x" * 10_000)
                time.sleep(0.05)  # its failure to write shows with the next flush

    def free_broker_disk(self) -> None:
        (self._disk / "filler").unlink(missing_ok=True)


def _mount(folder: Path) -> bool:
    """Root may give the broker a small disk of its own; where that is refused its disk can't be filled."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={BROKER_DISK}", "govnotify-bench", str(folder)]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0  # noqa: S603


def _says_ready(child: Child) -> bool:
    said = child.log.read_text(errors="replace")
    return " ready." in said or "beat: Starting..." in said


def _children(pid: int) -> list[int]:
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def _open_files(pid: int) -> set[str]:
    try:
        return {target for link in Path(f"/proc/{pid}/fd").iterdir() if (target := _target(link))}
    except (FileNotFoundError, PermissionError):  # it has ended
        return set()


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except (FileNotFoundError, ProcessLookupError):  # closed meanwhile
        return ""
