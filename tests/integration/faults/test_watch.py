"""The process that looks into the database for emergencies: killed alone it comes back, with its worker it goes."""

import os
import signal
from pathlib import Path

import pytest

from govnotify.embedded import Child, Valkey
from govnotify.lib.queues import Queue
from govnotify.processes import CONCURRENCY, worker
from tests.inbox import Inbox
from tests.integration.faults.platform import Platform, pool_processes
from tests.integration.faults.scenes import a_crowd, an_alert_sent, doubled, has_reached
from tests.integration.test_embedded import wait_until_gone

pytestmark = pytest.mark.django_db(transaction=True)


def watching(emergency: Child) -> list[int]:
    """The children of every thread of the worker: its pool is the main thread's, its watch the keeper's."""
    threads = Path(f"/proc/{emergency.pid}/task").iterdir()
    children = {pid for thread in threads for pid in _children(thread)}
    return sorted(children - set(pool_processes(emergency)))


def _children(thread: Path) -> list[int]:
    """Those of a thread; none of one that has ended since it was listed."""
    try:
        return [int(pid) for pid in (thread / "children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def test_a_watch_that_is_killed_comes_back_even_while_the_broker_is_gone(
    transactional_db: None, inbox: Inbox, tmp_path: Path
) -> None:
    topic, people = a_crowd("rescue", 100)
    broker = Valkey(tmp_path / "valkey")
    broker.start()
    platform = Platform(tmp_path, inbox, broker.url())
    try:
        [emergency] = platform.start(worker(Queue.EMERGENCY))
        platform.wait_until(lambda: len(watching(emergency)) == 1, "the watch runs")
        assert len(pool_processes(emergency)) == CONCURRENCY[Queue.EMERGENCY]
        broker.stop()
        [first] = watching(emergency)
        os.kill(first, signal.SIGKILL)
        platform.wait_until(lambda: set(watching(emergency)) - {first}, "another watch runs")
        assert "the emergency watch of this worker has ended" in emergency.log.read_text()

        dispatch = an_alert_sent(topic)  # its hint goes to the test's own broker, where nobody waits for it
        platform.wait_until(lambda: has_reached(dispatch, people), "the emergency has gone out")
        [second] = watching(emergency)
        emergency.stop(patience=20.0)
        wait_until_gone(second)
    finally:
        platform.stop()
        broker.stop()
    assert doubled(inbox.recipients(), people) == 0


def test_a_worker_that_is_killed_takes_its_watch_along(platform: Platform) -> None:
    """Two watches, the old worker's and the new one's, would do no harm; a hundred would."""
    [emergency] = platform.start(worker(Queue.EMERGENCY))
    platform.wait_until(lambda: len(watching(emergency)) == 1, "the watch runs")
    [watch] = watching(emergency)
    os.kill(emergency.pid, signal.SIGKILL)
    wait_until_gone(watch)  # or a zombie, where nobody reaps orphans
