"""Each command of docker-compose.yml starts, does what it is for, and ends when it is asked to."""

import json
import socket
import time
from collections.abc import Callable
from pathlib import Path

from celery import Celery

from govnotify.lib.queues import Queue
from tests.architecture import compose
from tests.architecture.services import Services, running

PATIENCE = 90.0  # seconds, for ten interpreters that start at once on a busy machine
LONG_RUNNING = [name for name in compose.ours() if name != "migrate"]


def test_every_service_starts_works_and_stops_on_sigterm(tmp_path: Path) -> None:
    """One test, as starting them is what takes the time: side by side, once."""
    with running(tmp_path) as services:
        migrated = services.run("migrate", compose.command(compose.ours()["migrate"]))
        assert migrated.returncode == 0, migrated.stderr

        for name in LONG_RUNNING:
            services.start(name)
        wait_until(services, "the web server", lambda: services.page("/health/live/")[0] == 200)
        wait_until(services, "the workers", lambda: not silent_workers(services))
        # Beat gives housekeeping a hint, housekeeping makes the digest runs that are due, the digest worker ends them.
        wait_until(services, "beat, housekeeping and digest", lambda: runs_are_finished(services))
        status, report = services.page("/health/")

        # A probe that was made while the workers were starting may have been late.
        assert (status, json.loads(report)["status"]) in {(200, "ok"), (200, "attention")}, report
        assert services.is_healthy("web")
        assert services.is_healthy("emergency")
        assert services.stop() == dict.fromkeys(LONG_RUNNING, 0)
        assert not services.is_healthy("web")


def silent_workers(services: Services) -> set[str]:
    """The workers that do not answer through the broker."""
    with Celery(broker=services.broker_url) as client:
        answers = client.control.ping(timeout=1.0) or []
    return {f"{queue}@{socket.gethostname()}" for queue in Queue} - {name for answer in answers for name in answer}


def runs_are_finished(services: Services) -> bool:
    states = services.query("SELECT state FROM alerts_dispatch")
    return bool(states) and set(states) == {("done",)}


def wait_until(services: Services, what: str, true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        gone = [name for name, child in services.children.items() if not child.running]
        assert not gone, f"{', '.join(gone)} ended by itself:\n{services.last_words()}"
        assert time.monotonic() < end, f"{what}: not ready after {PATIENCE:.0f} s:\n{services.last_words()}"
        time.sleep(0.1)
