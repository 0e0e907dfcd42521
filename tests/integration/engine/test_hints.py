"""Hints: as many as there is work for, whatever the number of hosts, and never more."""

from collections.abc import Iterator

import pytest
import redis
from django.conf import settings

from alerts.engine.dispatch import first_attempts
from alerts.engine.recovery import wake_lanes
from alerts.lanes import RULES, Channel, Lane
from alerts.models import Batch
from govnotify.lib.queues import Queue, rally, wake
from tests.engine import hints_are_said
from tests.inbox import Inbox
from tests.integration.faults.scenes import a_bulletin_sent, a_crowd

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def broker() -> Iterator[redis.Redis]:
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        hints_are_said()
        client.delete(Queue.ROUTINE.value)
        yield client
        client.delete(Queue.ROUTINE.value)


def waiting(broker: redis.Redis) -> int:
    """Hints in the queue, when what was to be said has been said."""
    hints_are_said()
    return int(broker.llen(Queue.ROUTINE.value))


def test_a_rally_only_adds_the_hints_that_are_missing(broker: redis.Redis) -> None:
    wake(Queue.ROUTINE, times=2)
    rally(Queue.ROUTINE, 5)
    assert waiting(broker) == 5

    rally(Queue.ROUTINE, 3)
    assert waiting(broker) == 5


def test_an_expanded_slice_calls_a_worker_for_each_of_its_batches(broker: redis.Redis, inbox: Inbox) -> None:
    topic, _ = a_crowd("water", 3 * RULES[Lane.ROUTINE].batch + RULES[Lane.ROUTINE].first_slice)
    a_bulletin_sent(topic)
    hints_are_said()
    broker.delete(Queue.ROUTINE.value)
    while Batch.objects.count() < 4:
        first_attempts(Lane.ROUTINE, Channel.EMAIL)

    assert waiting(broker) >= Batch.objects.filter(done_at=None).count() - 1


def test_lost_hints_are_repeated_for_each_batch_that_waits_but_not_again_and_again(
    broker: redis.Redis, inbox: Inbox
) -> None:
    topic, _ = a_crowd("water", 3 * RULES[Lane.ROUTINE].batch + RULES[Lane.ROUTINE].first_slice)
    a_bulletin_sent(topic)
    while Batch.objects.count() < 4:
        first_attempts(Lane.ROUTINE, Channel.EMAIL)
    hints_are_said()
    broker.delete(Queue.ROUTINE.value)
    for _ in range(3):
        wake_lanes()

    assert waiting(broker) == max(Batch.objects.filter(done_at=None).count(), RULES[Lane.ROUTINE].workers)
