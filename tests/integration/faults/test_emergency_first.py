"""An emergency does not wait for what is under way."""

from collections.abc import Iterator

import pytest

from govnotify.lib.queues import Queue
from govnotify.processes import worker
from tests.integration.faults.bottleneck import Bottleneck
from tests.integration.faults.platform import Platform
from tests.integration.faults.scenes import a_bulletin_sent, a_crowd, an_alert_sent, doubled, has_reached

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = 5_000


@pytest.fixture
def inbox(settings) -> Iterator[Bottleneck]:
    """However late the emergency's worker has its turn, a fifth of the bulletin is still to come."""
    with Bottleneck(after=PEOPLE * 4 // 5) as server:
        settings.EMAIL_URL = server.url
        yield server


def test_an_emergency_is_accepted_to_the_last_before_a_routine_bulletin_ends(
    platform: Platform, inbox: Bottleneck
) -> None:
    topic, people = a_crowd("water", PEOPLE)
    emergency_topic, endangered = a_crowd("rescue", 100)
    inbox.free = endangered
    platform.start(worker(Queue.ROUTINE), worker(Queue.EMERGENCY))
    routine = a_bulletin_sent(topic)
    platform.wait_until(lambda: len(inbox.mails) > 500, "the bulletin is under way")
    emergency = an_alert_sent(emergency_topic)
    platform.wait_until(lambda: has_reached(emergency, endangered), "the emergency has gone out")
    assert set(inbox.recipients()) - endangered < people, "the routine bulletin had ended before"
    inbox.free = None
    platform.wait_until(lambda: has_reached(routine, people), "the bulletin goes on by itself")
    assert doubled(inbox.recipients(), people | endangered) == 0
