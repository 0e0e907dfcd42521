"""Who takes a break gets emergencies and nothing else, and gets what comes after the break."""

from datetime import timedelta

import pytest
from django.utils import timezone

from alerts.engine.digests import start_run
from alerts.lanes import Lane
from alerts.models import Delivery, Dispatch
from govnotify.lib.database import query
from subscriptions.models import Frequency, Subscriber, Subscription, Topic
from subscriptions.pausing import pause, resume
from tests.engine import work_through
from tests.inbox import Inbox
from tests.integration.faults.scenes import a_bulletin_sent, an_alert_sent
from tests.integration.staff.cast import a_topic, an_agency, listeners

pytestmark = pytest.mark.django_db(transaction=True)
PAUSED, AWAKE = "citizen0@example.org", "citizen1@example.org"


@pytest.fixture
def topic() -> Topic:
    """With two who follow it, of whom the first takes a break for a week."""
    topic = a_topic(an_agency())
    listeners([topic], people=2)
    paused = Subscriber.objects.with_address(PAUSED).get()
    pause(subscriber_id=paused.pk, until=(timezone.now() + timedelta(days=7)).date())
    return topic


def publish(topic: Topic) -> Dispatch:
    return a_bulletin_sent(topic)


def results(dispatch: Dispatch) -> dict[str, tuple[str, str]]:
    """What became of each delivery to a person, by address."""
    people = dict(Subscriber.objects.values_list("pk", "email"))
    rows = Delivery.objects.filter(dispatch_id=dispatch.pk, recipient_kind=1)
    return {people[row.recipient_id]: (Delivery.Status(row.status).label, row.detail or "") for row in rows}


def test_a_bulletin_passes_by_who_is_paused_and_says_so(topic: Topic, inbox: Inbox) -> None:
    dispatch = publish(topic)
    work_through()
    assert list(inbox.recipients()) == [AWAKE]
    assert results(dispatch) == {PAUSED: ("skipped", "paused"), AWAKE: ("sent", "")}


def test_a_retry_that_becomes_due_during_the_break_is_not_made(topic: Topic, inbox: Inbox) -> None:
    inbox.refusals[AWAKE] = "451 4.2.1 later"
    dispatch = publish(topic)
    work_through()
    awake = Subscriber.objects.with_address(AWAKE).get()
    pause(subscriber_id=awake.pk, until=(timezone.now() + timedelta(days=7)).date())
    inbox.refusals.clear()
    query("UPDATE alerts_delivery SET next_attempt_at = now() - interval '1 s' WHERE next_attempt_at IS NOT NULL", {})
    work_through()
    assert inbox.mails == []
    assert results(dispatch)[AWAKE] == ("skipped", "paused")


def test_a_digest_passes_by_who_is_paused(topic: Topic, inbox: Inbox) -> None:
    Subscription.objects.update(frequency=Frequency.DAILY, started_at=timezone.now() - timedelta(days=9))
    publish(topic)
    work_through()
    run = start_run(period=Frequency.DAILY, cut_off=timezone.now())
    assert run is not None
    work_through()
    assert list(inbox.recipients()) == [AWAKE]
    assert results(run)[PAUSED] == ("skipped", "paused")


def test_an_emergency_reaches_who_is_paused(topic: Topic, inbox: Inbox) -> None:
    an_alert_sent(topic)
    work_through()
    assert set(inbox.recipients()) == {PAUSED, AWAKE}


def test_a_break_that_is_over_holds_nothing_back(topic: Topic, inbox: Inbox) -> None:
    Subscriber.objects.update(paused_until=timezone.now().date())
    publish(topic)
    work_through()
    assert set(inbox.recipients()) == {PAUSED, AWAKE}


def test_what_was_passed_by_is_not_sent_later(topic: Topic, inbox: Inbox) -> None:
    publish(topic)
    work_through()
    resume(subscriber=Subscriber.objects.with_address(PAUSED).get())
    later = publish(topic)
    work_through()
    assert inbox.recipients() == {PAUSED: 1, AWAKE: 2}
    assert results(later)[PAUSED] == ("sent", "")


def test_machines_of_who_is_paused_are_called_all_the_same(topic: Topic, inbox: Inbox) -> None:
    listeners([topic], people=1, machines=1)
    owner = Subscriber.objects.latest("pk")
    pause(subscriber_id=owner.pk, until=(timezone.now() + timedelta(days=7)).date())
    dispatch = publish(topic)
    work_through()
    machine = Delivery.objects.get(dispatch_id=dispatch.pk, recipient_kind=2)
    assert machine.detail != "paused"
    assert Lane(machine.lane) is Lane.ROUTINE
