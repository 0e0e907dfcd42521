"""The broker answers every command with an error, as with a full disk: no worker ends of it, an emergency goes out."""

from pathlib import Path

import pytest
import redis

from govnotify.embedded import Valkey
from govnotify.lib.queues import Queue
from govnotify.processes import beat, worker
from tests.inbox import Inbox
from tests.integration.faults.platform import Platform
from tests.integration.faults.scenes import a_bulletin_sent, a_crowd, an_alert_sent, doubled, has_reached

ERROR = "NOREPLICAS"


@pytest.mark.django_db(transaction=True)
def test_workers_outlive_a_broker_that_refuses_every_command(inbox: Inbox, tmp_path: Path) -> None:
    """It is made to refuse by asking for replicas, which takes no full disk; to its clients that is the same."""
    topic, people = a_crowd("water", 300)
    emergency_topic, endangered = a_crowd("rescue", 50)
    broker = Valkey(tmp_path / "valkey")
    broker.start()
    platform = Platform(tmp_path, inbox, broker.url())
    try:
        processes = platform.start(worker(Queue.ROUTINE), worker(Queue.EMERGENCY), worker(Queue.HOUSEKEEPING), beat())
        with redis.Redis.from_url(broker.url()) as client:
            client.config_set("min-replicas-to-write", 1)
            for process in processes:
                platform.wait_until(lambda log=process.log: ERROR in log.read_text(), f"{process.name} was refused")  # type: ignore[misc]
            emergency, routine = an_alert_sent(emergency_topic), a_bulletin_sent(topic)
            platform.wait_until(lambda: has_reached(emergency, endangered), "the emergency has gone out")
            client.config_set("min-replicas-to-write", 0)
        platform.wait_until(lambda: has_reached(routine, people), "the bulletin has gone out")
        assert all(process.running for process in processes)
    finally:
        platform.stop()
        broker.stop()
    assert doubled(inbox.recipients(), people | endangered) == 0
