"""Routine and digest make way for an emergency, and go on by themselves."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from alerts.engine import precedence
from alerts.engine.claims import claim_batch
from alerts.engine.fanout import expand_next
from alerts.engine.outcomes import record
from alerts.engine.precedence import GIVES_WAY, give_way
from alerts.lanes import LEASE, UNRECORDED, YIELD_LONGEST, YIELD_SECONDS, Channel, Lane
from alerts.models import Batch, Dispatch
from alerts.reports import progress
from channels.outcome import ACCEPTED
from govnotify.lib.queues import Queue
from tests.browsers import listening
from tests.engine import work_through
from tests.integration.engine.stopping import at_message
from tests.integration.faults.scenes import a_bulletin_sent, a_crowd, an_alert_sent

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _has_not_looked(monkeypatch) -> None:
    """As a process that has not looked for a while."""
    monkeypatch.setattr(precedence, "_looked_at", 0.0)


@pytest.fixture
def patient(monkeypatch) -> None:
    """An emergency counts as young, and is waited for, for a minute: else a test that stands still finds it old."""
    monkeypatch.setattr(precedence, "YIELD_SECONDS", 60.0)
    monkeypatch.setitem(precedence.VALUES, "young", timedelta(minutes=1))


@pytest.mark.parametrize("lane", sorted(GIVES_WAY))
def test_routine_and_digest_wait_until_everybody_of_an_emergency_was_tried(lane, inbox, patient):
    topic, people = a_crowd("rescue", 20)
    an_alert_sent(topic)
    seen: list[int] = []
    waits = threading.Event()

    def note() -> bool:
        waits.set()
        return True

    def routine() -> None:
        try:
            give_way(lane, wanted=note)
            seen.append(len(inbox.mails))
        finally:
            connections.close_all()

    waiting = threading.Thread(target=routine)
    waiting.start()
    assert waits.wait(60)
    work_through(Queue.EMERGENCY)
    waiting.join()
    assert seen == [len(people)]


def test_browsers_of_an_emergency_are_waited_for_like_people_with_an_address(inbox, push_service, patient):
    topic, _ = a_crowd("rescue", 1)
    browser = listening(push_service, [topic])
    an_alert_sent(topic)
    work_through(Queue.EMERGENCY)
    assert len(inbox.mails) == 1
    assert precedence._emergency_is_under_way()
    work_through(Queue.EMERGENCY_PUSH)
    assert len(browser.messages) == 1
    assert not precedence._emergency_is_under_way()


@pytest.mark.parametrize("lane", [Lane.EMERGENCY, Lane.TRANSACTIONAL])
def test_nobody_else_waits_or_even_looks(lane, django_assert_num_queries):
    topic, _ = a_crowd("rescue", 3)
    an_alert_sent(topic)
    with django_assert_num_queries(0):
        give_way(lane)


def test_a_large_emergency_is_waited_for_as_long_as_it_is_being_sent(inbox, monkeypatch):
    rescue, _ = a_crowd("rescue", 3)
    emergency = an_alert_sent(rescue)
    assert expand_next(Lane.EMERGENCY, Channel.EMAIL) == emergency.pk
    Dispatch.objects.update(created_at=timezone.now() - timedelta(seconds=2 * YIELD_SECONDS))
    assert not precedence._emergency_is_under_way()
    with monkeypatch.context() as still:
        still.setitem(precedence.VALUES, "fresh", LEASE / 4)  # as long as this test may stand still
        claim = claim_batch(Lane.EMERGENCY, Channel.EMAIL)
        assert claim is not None
        assert precedence._emergency_is_under_way()
        Batch.objects.update(leased_until=timezone.now())
        assert record(claim, [(claim.recipients[0], ACCEPTED)])
        assert precedence._emergency_is_under_way()
        Dispatch.objects.update(created_at=timezone.now() - timedelta(seconds=YIELD_LONGEST))
        assert not precedence._emergency_is_under_way()
    Dispatch.objects.update(created_at=timezone.now() - timedelta(seconds=2 * YIELD_SECONDS))
    Batch.objects.update(leased_until=timezone.now() + LEASE / 2)  # nothing of it was recorded for a while
    assert not precedence._emergency_is_under_way()


def test_a_sender_stops_between_two_records_and_goes_on_when_the_emergency_is_over(inbox, patient):
    """Nobody sends the emergency here: how much of the bulletin goes out behind its approval is how much is in hand."""
    rescue, _ = a_crowd("rescue", 3)
    topic, people = a_crowd("water", 3 * UNRECORDED)
    routine = a_bulletin_sent(topic)
    at_message(inbox, 50, lambda: an_alert_sent(rescue))
    behind: list[int] = []

    def end_the_emergency_when_nothing_moves() -> None:
        try:
            while not Dispatch.objects.filter(lane=Lane.EMERGENCY).exists():
                time.sleep(0.01)
            while not behind or len(inbox.mails) > behind[-1]:
                behind.append(len(inbox.mails))
                time.sleep(1)
            Dispatch.objects.exclude(pk=routine.pk).update(state=Dispatch.State.DONE)
        finally:
            connections.close_all()

    watcher = threading.Thread(target=end_the_emergency_when_nothing_moves, daemon=True)
    watcher.start()
    work_through(Queue.ROUTINE)
    watcher.join()
    assert 50 <= behind[-1] <= 50 + UNRECORDED
    assert progress(routine).sent == len(people)
    assert set(inbox.recipients().values()) == {1}


def test_a_dispatch_that_is_stopped_while_its_sender_makes_way_is_not_gone_on_with(inbox, patient):
    rescue, _ = a_crowd("rescue", 3)
    an_alert_sent(rescue)
    answers = iter([True, True, False])
    assert not give_way(Lane.ROUTINE, wanted=lambda: next(answers))
    assert next(answers, None) is None, "it was asked while it waited"


def test_an_emergency_that_is_stuck_stops_the_others_for_a_short_time_only(inbox):
    topic, people = a_crowd("water", 10)
    rescue, _ = a_crowd("rescue", 3)
    an_alert_sent(rescue)
    Dispatch.objects.update(created_at=timezone.now() - timedelta(seconds=YIELD_SECONDS))
    routine = a_bulletin_sent(topic)
    work_through(Queue.ROUTINE)
    assert progress(routine).sent == len(people)
