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

PATIENCE = 240.0  # seconds, for ten interpreters that start at once on a busy machine
LONG_RUNNING = [name for name in compose.ours() if name != "migrate"]

# A digest run that was begun, and whose hint nobody has got.
A_RUN = """
WITH run AS (
    INSERT INTO alerts_dispatch (period, lane, month, since, cut_off, corrects, only_told, areas, timetables, sinces,
                                 state, created_at)
    VALUES ('daily', 4, date_trunc('month', now()), now() - interval '1 day', now(), '{}', false, '{}', '{}', '{}',
            'sending', now())
    RETURNING id
)
INSERT INTO alerts_slice (dispatch_id, kind, lane, agency_id, after_id, recipients)
SELECT id, 1, 4, 0, 0, 0 FROM run RETURNING id
"""


def test_every_service_starts_works_and_stops_on_sigterm(tmp_path: Path) -> None:
    """One test, as starting them is what takes the time: side by side, once."""
    with running(tmp_path) as services:
        migrated = services.run("migrate", compose.command(compose.ours()["migrate"]))
        assert migrated.returncode == 0, migrated.stderr

        assert services.query(A_RUN)
        for name in LONG_RUNNING:
            services.start(name)
        wait_until(services, "the web server", lambda: services.page("/health/live/")[0] == 200)
        wait_until(services, "the workers", lambda: not silent_workers(services))
        # Beat gives housekeeping a hint, housekeeping finds the run whose hint is lost, the digest worker ends it.
        wait_until(services, "beat, housekeeping and digest", lambda: runs_are_finished(services))
        # A probe that was made while the workers were starting may have been late: the next comes in a minute.
        wait_until(services, "the health page", lambda: health(services) in {(200, "ok"), (200, "attention")})
        for name in ("web", "emergency"):
            wait_until(services, f"{name}'s health check", lambda name=name: services.is_healthy(name))  # type: ignore[misc]
        assert services.stop() == dict.fromkeys(LONG_RUNNING, 0)
        assert not services.is_healthy("web")


def silent_workers(services: Services) -> set[str]:
    """The workers that do not answer through the broker."""
    with Celery(broker=services.broker_url) as client:
        answers = client.control.ping(timeout=1.0) or []
    return {f"{queue}@{socket.gethostname()}" for queue in Queue} - {name for answer in answers for name in answer}


def health(services: Services) -> tuple[int, str]:
    status, report = services.page("/health/")
    return status, json.loads(report)["status"] if report else ""


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
