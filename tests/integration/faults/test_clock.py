"""The clock jumps: leases end before their time, and beat finds its last round in the future."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import pytest
import time_machine
from django.db import connection, connections
from django.db.models import F, Q, Sum

from alerts.engine.claims import Claim, claim_batch, claim_retries
from alerts.engine.fanout import expand_next
from alerts.engine.outcomes import record
from alerts.engine.runtime import runtime
from alerts.lanes import LAST_WORD_SECONDS, UNRECORDED, Channel, Lane
from alerts.models import Batch
from channels.outcome import ACCEPTED, Outcome, Verdict
from govnotify.celery import Every, app
from govnotify.lib.queues import Queue
from govnotify.processes import beat, worker
from tests.inbox import Inbox
from tests.integration.faults.gate import Gate
from tests.integration.faults.platform import PATIENCE, Platform, make_due
from tests.integration.faults.scenes import a_bulletin_sent, a_crowd, doubled, has_reached

PEOPLE = 2_000
LATER = Outcome(Verdict.TRANSIENT, code="451", detail="try later")


def taken_over() -> int:
    """How often a batch was claimed that somebody had."""
    return Batch.objects.aggregate(again=Sum(F("token") - 1, filter=Q(token__gt=1)))["again"] or 0


def end_leases() -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE alerts_batch SET leased_until = now() - interval '1 hour' WHERE leased_until > now()")


def taken_over_when_leases_run_out(before: int) -> bool:
    end_leases()
    return taken_over() > before


def a_claim_that_ran_out() -> Claim:
    """Ten people whose sender is alive, though its lease is over."""
    a_bulletin_sent(a_crowd("water", 10)[0])
    while expand_next(Lane.ROUTINE, Channel.EMAIL) is not None:
        pass
    claim = claim_batch(Lane.ROUTINE, Channel.EMAIL)
    assert claim is not None
    end_leases()
    return claim


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A last word is waited for however long this machine takes to say it; it ends the waiting."""
    monkeypatch.setattr("alerts.engine.claims.LAST_WORD_LONGEST", 100.0)


@contextmanager
def taken_from(first: Claim) -> Iterator[Callable[[], Claim]]:
    """Another sender has taken the batch over and waits for the last word of the first, which the block says.

    Yields what gives the other's claim once the block has ended.
    """
    with ThreadPoolExecutor(1) as another:
        taking_over = another.submit(claim_batch, Lane.ROUTINE, Channel.EMAIL)
        while Batch.objects.get(pk=first.batch_id or 0).token == first.token:
            pass

        def second() -> Claim:
            claim = taking_over.result()
            assert claim is not None
            return claim

        yield second
        taking_over.result()
        another.submit(connections.close_all).result()


@pytest.mark.django_db(transaction=True)
def test_who_takes_a_batch_over_leaves_the_last_word_to_who_had_it(inbox: Inbox, patient: None) -> None:
    first = a_claim_that_ran_out()
    with taken_from(first) as second:
        assert not record(first, [(recipient, ACCEPTED) for recipient in first.recipients[:7]], closing=True)
    assert [one.id for one in second().recipients] == [one.id for one in first.recipients[7:]]


@pytest.mark.django_db(transaction=True)
def test_a_sender_that_is_late_with_its_last_word_is_heard(inbox: Inbox, patient: None) -> None:
    first = a_claim_that_ran_out()
    with taken_from(first) as second:
        assert not record(first, [(recipient, ACCEPTED) for recipient in first.recipients[:3]])
        time.sleep(1.5 * LAST_WORD_SECONDS)
        assert not record(first, [(recipient, ACCEPTED) for recipient in first.recipients[3:7]], closing=True)
    assert [one.id for one in second().recipients] == [one.id for one in first.recipients[7:]]


@pytest.mark.django_db(transaction=True)
def test_a_last_word_that_comes_too_late_settles_no_doubt(inbox: Inbox) -> None:
    first = a_claim_that_ran_out()
    Batch.objects.filter(pk=first.batch_id or 0).update(token=first.token + 1)  # somebody else has it
    assert not record(first, [(recipient, ACCEPTED) for recipient in first.recipients[:7]], closing=True)
    heard = Batch.objects.filter(pk=first.batch_id or 0).values_list("settled_token", "ended").get()
    assert heard == (first.token, 0)


@pytest.mark.django_db(transaction=True)
def test_who_takes_retries_over_leaves_the_last_word_to_who_had_them(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who takes them over waits for one second, which is made as long here as this machine takes to say it."""
    a_bulletin_sent(a_crowd("water", 10)[0])
    expand_next(Lane.ROUTINE, Channel.EMAIL)
    batch = claim_batch(Lane.ROUTINE, Channel.EMAIL)
    assert batch is not None
    record(batch, [(recipient, LATER) for recipient in batch.recipients], done=True)
    make_due()
    (first,) = claim_retries(Lane.ROUTINE, Channel.EMAIL)
    make_due()  # which is what the end of their lease is
    listens, said = threading.Event(), threading.Event()

    def until_it_is_said(seconds: float) -> None:
        assert seconds == LAST_WORD_SECONDS
        listens.set()
        assert said.wait(PATIENCE)

    monkeypatch.setattr(runtime(), "wait", until_it_is_said)
    with ThreadPoolExecutor(1) as another:
        taking_over = another.submit(claim_retries, Lane.ROUTINE, Channel.EMAIL)
        assert listens.wait(PATIENCE)
        record(first, [(recipient, ACCEPTED) for recipient in first.recipients[:7]])
        said.set()
        (second,) = taking_over.result()
        another.submit(connections.close_all).result()
    assert [one.id for one in second.recipients] == [one.id for one in first.recipients[7:]]


@pytest.mark.django_db(transaction=True)
def test_leases_that_all_run_out_at_once_miss_nobody(platform: Platform, inbox: Inbox, gate: Gate) -> None:
    """As when PostgreSQL's clock is set forward. Senders that are alive record what they have before others go on.

    So nobody is told twice where processes and mail server have their turn within LAST_WORD_SECONDS. A machine that
    carries other work does not promise that, but what was not recorded by then is bounded.
    """
    topic, people = a_crowd("water", PEOPLE)
    gate.hold_at(PEOPLE - UNRECORDED)  # however fast they are, the bulletin does not end before both jumps
    dispatch = a_bulletin_sent(topic)
    platform.start(worker(Queue.ROUTINE), worker(Queue.HOUSEKEEPING), beat())
    for jump in (PEOPLE // 5, PEOPLE // 2):
        platform.wait_until(lambda at=jump: len(inbox.mails) >= at, f"{jump} mails")  # type: ignore[misc]
        before = taken_over()
        platform.wait_until(lambda was=before: taken_over_when_leases_run_out(was), "a batch is taken over")  # type: ignore[misc]
    gate.open()
    platform.wait_until(lambda: has_reached(dispatch, people), "the bulletin has gone out")
    assert doubled(inbox.recipients(), people) <= UNRECORDED * taken_over()


def test_beat_goes_on_when_its_clock_was_set_back() -> None:
    every = Every(5.0, app=app)
    assert every.is_due(every.now() + timedelta(hours=1)) == (True, 5.0)
    assert every.is_due(every.now() - timedelta(seconds=6)).is_due
    with time_machine.travel(every.now(), tick=False):
        assert not every.is_due(every.now()).is_due


def test_a_round_of_recovery_outlives_the_difference_of_two_hosts_clocks() -> None:
    assert app.conf.beat_schedule["recovery"]["options"]["expires"] > timedelta(hours=1).total_seconds()
