"""What a relay says in the SMTP dialogue: who is never written to again, who is tried later, who must be woken."""

import logging
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from alerts.lanes import JITTER, RULES, Channel, Lane
from alerts.models import Delivery, Dispatch
from govnotify.lib.queues import Queue
from subscriptions.models import Subscriber, Suppression, Topic
from tests.engine import unhurried, work_through
from tests.inbox import Inbox
from tests.integration.faults.platform import make_due
from tests.integration.faults.scenes import a_bulletin_sent, a_crowd, an_alert_sent
from tests.integration.subscriptions.cast import ask
from tests.journeys.visitor import Visitor

pytestmark = pytest.mark.django_db(transaction=True)
Send = Callable[[Topic], Dispatch]
DEAD = [f"550 {code} nobody here" for code in ("5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1")]
NOT_DEAD = [
    "550 5.7.1 blocked",
    "554 5.7.0 policy",
    "550 5.7.26 unauthenticated",
    "550 5.1.7 bad sender",
    "550 5.1.8 bad sender domain",
    "552 5.2.2 mailbox full",
    "550 no such user here",  # without an enhanced code it may mean anything
    "554 5.3.4 too big",
]
MAY_HEAL = ["421 4.3.2 closing", "451 4.7.1 greylisted", "450 4.2.1 busy", "452 4.2.2 full"]


def a_reader() -> str:
    """The address of somebody to whom nothing happens."""
    return str(Subscriber.objects.order_by("pk").values_list("email", flat=True)[0])


def refused(inbox: Inbox, replies: list[str]) -> tuple[Topic, dict[str, str]]:
    """A topic with one reader whose mail is taken, and one more for each reply, who gets it at RCPT."""
    topic, _ = a_crowd("water", 1 + len(replies))
    _, *others = Subscriber.objects.order_by("pk").values_list("email", flat=True)
    inbox.refusals |= dict(zip(others, replies, strict=True))
    return topic, dict(inbox.refusals)


def rows() -> dict[str, Delivery]:
    """Deliveries that were not accepted, by address."""
    people = dict(Subscriber.objects.values_list("pk", "email"))
    return {people[row.recipient_id]: row for row in Delivery.objects.exclude(status=Delivery.Status.SENT)}


def test_a_dead_address_is_suppressed_at_once_and_never_written_to_again(inbox: Inbox) -> None:
    topic, replies = refused(inbox, DEAD)
    a_bulletin_sent(topic)
    work_through()
    assert {(row.status, row.attempts) for row in rows().values()} == {(Delivery.Status.FAILED, 1)}
    suppressed = {bytes(one.address_key): (one.reason, one.code) for one in Suppression.objects.all()}
    expected = {
        bytes(person.address_key): ("hard-bounce", replies[person.email].split()[1])
        for person in Subscriber.objects.filter(email__in=replies)
    }
    assert suppressed == expected

    inbox.refusals.clear()
    a_bulletin_sent(topic)
    an_alert_sent(topic)
    work_through(Queue.EMERGENCY)
    work_through(Queue.ROUTINE)
    assert dict(inbox.recipients()) == {a_reader(): 3}
    skipped = Delivery.objects.filter(status=Delivery.Status.SKIPPED)
    assert list(skipped.values_list("detail", flat=True)) == ["suppressed"] * 2 * len(DEAD)


def test_what_is_not_about_a_dead_address_suppresses_nobody(inbox: Inbox) -> None:
    topic, replies = refused(inbox, NOT_DEAD)
    a_bulletin_sent(topic)
    work_through()
    assert not Suppression.objects.exists()
    for address, row in rows().items():
        assert row.status == Delivery.Status.FAILED
        assert replies[address].partition(" ")[2] in str(row.detail)
    inbox.refusals.clear()
    a_bulletin_sent(topic)
    work_through()
    assert dict(inbox.recipients()) == dict.fromkeys(replies, 1) | {a_reader(): 2}


@pytest.mark.parametrize("reply", ["550 5.7.1 blocked", "550 5.1.7 bad sender"])
def test_a_refusal_of_the_sender_alarms_the_operator_without_naming_the_citizen(
    inbox: Inbox, caplog: pytest.LogCaptureFixture, reply: str
) -> None:
    topic, _ = a_crowd("water", 2)
    spared = a_reader()
    inbox.verdict = lambda recipient: (
        "250 2.0.0 Ok" if recipient == spared else reply
    )  # after the content, as filters do
    dispatch = a_bulletin_sent(topic)
    with caplog.at_level(logging.ERROR):
        work_through()
    (alarm,) = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert f"dispatch {dispatch.pk}" in alarm
    assert reply.split()[1] in alarm
    assert "@" not in alarm
    assert not Suppression.objects.exists()


@pytest.mark.parametrize(
    ("send", "queue", "lane"),
    [(a_bulletin_sent, Queue.ROUTINE, Lane.ROUTINE), (an_alert_sent, Queue.EMERGENCY, Lane.EMERGENCY)],
    ids=["routine", "emergency"],
)
def test_what_may_heal_is_tried_again_by_the_lanes_own_table(
    inbox: Inbox, send: Send, queue: Queue, lane: Lane, monkeypatch: pytest.MonkeyPatch
) -> None:
    unhurried(monkeypatch, lane)
    steps = RULES[lane].retries[Channel.EMAIL]
    topic, replies = refused(inbox, MAY_HEAL)
    send(topic)
    for attempts, step in enumerate(steps[:2], start=1):
        earliest = timezone.now() + timedelta(seconds=step * (1 - JITTER))
        work_through(queue)
        latest = timezone.now() + timedelta(seconds=step * (1 + JITTER))
        assert rows().keys() == replies.keys()
        for row in rows().values():
            assert (row.status, row.attempts) == (Delivery.Status.DEFERRED, attempts)
            assert row.next_attempt_at is not None
            assert earliest <= row.next_attempt_at <= latest
        make_due()
    inbox.refusals.clear()
    work_through(queue)
    assert dict(inbox.recipients()) == dict.fromkeys([*replies, a_reader()], 1)
    assert not Suppression.objects.exists()


def test_who_subscribes_and_confirms_anew_is_written_to_again(inbox: Inbox) -> None:
    topic, replies = refused(inbox, DEAD[:1])
    (address,) = replies
    a_bulletin_sent(topic)
    work_through()
    inbox.refusals.clear()
    ask(topic, email=address)
    work_through(Queue.TRANSACTIONAL)
    (link,) = re.findall(r"/confirm/\S+", inbox.to(address).text("plain"))
    visitor = Visitor()
    visitor.open(link)
    assert Suppression.objects.exists()
    visitor.press("Yes, subscribe me")
    assert not Suppression.objects.exists()
    inbox.mails.clear()
    a_bulletin_sent(topic)
    work_through()
    assert dict(inbox.recipients()) == {address: 1, a_reader(): 1}
