"""The mail server is away when something is published: it goes out when the server is back."""

import pytest

from alerts.models import Delivery
from alerts.reports import progress
from govnotify.lib.queues import Queue
from govnotify.processes import beat, worker
from tests.inbox import Inbox
from tests.integration.faults.platform import Platform, make_due
from tests.integration.faults.scenes import a_bulletin_sent, a_crowd, an_alert_sent, doubled, has_reached

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_was_published_meanwhile_goes_out_once_to_everybody(platform: Platform, inbox: Inbox) -> None:
    """The emergency comes back by its own table, seconds apart; the routine one by its, or when an operator says so."""
    inbox.close()
    topic, people = a_crowd("water", 300)
    emergency_topic, endangered = a_crowd("rescue", 50)
    routine, emergency = a_bulletin_sent(topic), an_alert_sent(emergency_topic)
    platform.start(worker(Queue.ROUTINE), worker(Queue.EMERGENCY), worker(Queue.HOUSEKEEPING), beat())
    platform.wait_until(lambda: progress(routine).deferred == 300, "everybody waits for the mail server")
    platform.wait_until(lambda: progress(emergency).deferred == 50, "and those in danger")
    assert not inbox.mails

    inbox.open()
    platform.wait_until(lambda: has_reached(emergency, endangered), "the emergency has gone out")
    assert set(inbox.recipients()) == endangered
    make_due()
    platform.wait_until(lambda: has_reached(routine, people), "the bulletin has gone out")
    assert doubled(inbox.recipients(), people | endangered) == 0
    assert not Delivery.objects.exclude(status=Delivery.Status.SENT).exists()
    assert min(Delivery.objects.values_list("attempts", flat=True)) >= 2
