"""An emergency does not wait for what is under way."""

import pytest

from govnotify.lib.queues import Queue
from govnotify.processes import worker
from tests.inbox import Inbox
from tests.integration.faults.platform import Platform
from tests.integration.faults.scenes import a_bulletin_sent, a_crowd, an_alert_sent, doubled, has_reached

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_emergency_is_accepted_to_the_last_before_a_routine_bulletin_ends(platform: Platform, inbox: Inbox) -> None:
    topic, people = a_crowd("water", 5_000)
    emergency_topic, endangered = a_crowd("rescue", 100)
    platform.start(worker(Queue.ROUTINE), worker(Queue.EMERGENCY))
    routine = a_bulletin_sent(topic)
    platform.wait_until(lambda: len(inbox.mails) > 500, "the bulletin is under way")
    emergency = an_alert_sent(emergency_topic)
    platform.wait_until(
        lambda: has_reached(routine, people) and has_reached(emergency, endangered), "both have gone out"
    )

    order = [mail.recipient for mail in inbox.mails]
    last_emergency = max(at for at, recipient in enumerate(order) if recipient in endangered)
    later = [recipient for recipient in order[last_emergency + 1 :] if recipient in people]
    assert later, "the routine bulletin had ended before the emergency's last mail"
    assert doubled(inbox.recipients(), people | endangered) == 0
