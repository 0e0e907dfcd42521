"""The platform's processes, the one table of them: web, a worker for each queue, beat.

The demo starts these lines, docker-compose.yml and the operator's manual are checked against them.
"""

import sys
from dataclasses import dataclass

from govnotify.lib.queues import Queue

# Pool processes per worker. More than one, so that one slow hand-over does not stop the lane.
# Routine has one more than two cores: between its batches a sender waits for the database, a fifth of its time. Two
# left 15 % of the machine idle: a million went out at 12,900 to 13,900 messages a second, and with three at 15,970.
SEVERAL = {Queue.EMERGENCY: 2, Queue.EMERGENCY_PUSH: 2, Queue.ROUTINE: 3, Queue.ROUTINE_PUSH: 2}
CONCURRENCY = {queue: SEVERAL.get(queue, 1) for queue in Queue}

# Workers neither watch nor greet each other: what they know of one another is in PostgreSQL.
# prefork, not threads: a task runs its own event loop. Not solo: the parent goes on answering health checks while a
# child works, and replaces a child that was killed. Eight workers measured 872 MB against 806 MB for solo.
_WORKER = ("--loglevel", "INFO", "--pool", "prefork", "--without-gossip", "--without-mingle", "--without-heartbeat")


@dataclass(frozen=True, slots=True)
class Process:
    """One long-running command: `python -m module arguments`, which is the same as `module arguments`."""

    name: str
    module: str
    arguments: tuple[str, ...]
    queue: Queue | None = None

    @property
    def command(self) -> list[str]:
        """The command with this interpreter."""
        return [sys.executable, "-m", self.module, *self.arguments]

    @property
    def line(self) -> str:
        """The command as an operator writes it."""
        return " ".join([self.module, *self.arguments])


def web(*, host: str = "0.0.0.0", port: int = 8000, workers: int = 2) -> Process:  # noqa: S104  a container's inside
    """The web server. Requests wait for PostgreSQL, not for the processor: threads beside a few processes."""
    arguments = (
        "--interface", "wsgi", "--host", host, "--port", str(port), "--workers", str(workers),
        "--blocking-threads", "4", "--respawn-failed-workers", "--workers-kill-timeout", "3",
        "govnotify.wsgi:application",
    )  # fmt: skip
    return Process("web", "granian", arguments)


def worker(queue: Queue) -> Process:
    """The worker of one queue; more of it run on any number of hosts."""
    arguments = (
        "-A", "govnotify", "worker", "-Q", queue.value, "-n", f"{queue.value}@%h",
        "--concurrency", str(CONCURRENCY[queue]), *_WORKER,
    )  # fmt: skip
    return Process(queue.value, "celery", arguments, queue)


def beat() -> Process:
    """What repeats lost hints every few seconds. Only one is needed; two do no harm, as tasks may run twice."""
    return Process("beat", "celery", ("-A", "govnotify", "beat", "--loglevel", "INFO"))


def background() -> list[Process]:
    """Everything but the web server."""
    return [*(worker(queue) for queue in Queue), beat()]
