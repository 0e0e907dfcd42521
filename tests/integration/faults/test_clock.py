"""The clock jumps: leases end before their time, and beat finds its last round in the future."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.db.models import F, Q, Sum

from alerts.engine.claims import claim_batch, claim_retries
from alerts.engine.fanout import expand_next
from alerts.engine.outcomes import record
from alerts.lanes import Channel, Lane
from alerts.models import Batch, Delivery
from channels.outcome import ACCEPTED, Outcome, Verdict
from govnotify.celery import Every, app
from govnotify.lib.queues import Queue
from govnotify.processes import beat, worker
from tests.inbox import Inbox
from tests.integration.faults.platform import Platform, make_due
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


@pytest.mark.django_db(transaction=True)
def test_who_takes_a_batch_over_leaves_the_last_word_to_who_had_it(inbox: Inbox) -> None:
    a_bulletin_sent(a_crowd("water", 10)[0])
    while expand_next(Lane.ROUTINE, Channel.EMAIL) is not None:
        pass
    first = claim_batch(Lane.ROUTINE, Channel.EMAIL)
    assert first is not None
    assert first.batch_id is not None
    end_leases()
    with ThreadPoolExecutor(1) as another:
        taking_over = another.submit(claim_batch, Lane.ROUTINE, Channel.EMAIL)
        while Batch.objects.get(pk=first.batch_id).token == first.token:
            pass
        assert not record(first, [(recipient, ACCEPTED) for recipient in first.recipients[:7]])
        second = taking_over.result()
        another.submit(connections.close_all).result()
    assert second is not None
    assert [one.id for one in second.recipients] == [one.id for one in first.recipients[7:]]


@pytest.mark.django_db(transaction=True)
def test_who_takes_retries_over_leaves_the_last_word_to_who_had_them(inbox: Inbox) -> None:
    a_bulletin_sent(a_crowd("water", 10)[0])
    expand_next(Lane.ROUTINE, Channel.EMAIL)
    batch = claim_batch(Lane.ROUTINE, Channel.EMAIL)
    assert batch is not None
    record(batch, [(recipient, LATER) for recipient in batch.recipients], done=True)
    make_due()
    (first,) = claim_retries(Lane.ROUTINE, Channel.EMAIL)
    make_due()  # which is what the end of their lease is
    with ThreadPoolExecutor(1) as another:
        taking_over = another.submit(claim_retries, Lane.ROUTINE, Channel.EMAIL)
        while Delivery.objects.filter(doubts=2).count() < len(first.recipients):
            pass
        record(first, [(recipient, ACCEPTED) for recipient in first.recipients[:7]])
        (second,) = taking_over.result()
        another.submit(connections.close_all).result()
    assert [one.id for one in second.recipients] == [one.id for one in first.recipients[7:]]


@pytest.mark.django_db(transaction=True)
def test_leases_that_all_run_out_at_once_double_nobody(platform: Platform, inbox: Inbox) -> None:
    """As when PostgreSQL's clock is set forward. Senders that are alive record what they have before others go on."""
    topic, people = a_crowd("water", PEOPLE)
    dispatch = a_bulletin_sent(topic)
    platform.start(worker(Queue.ROUTINE), worker(Queue.HOUSEKEEPING), beat())
    for jump in (PEOPLE // 5, PEOPLE // 2):
        platform.wait_until(lambda at=jump: len(inbox.mails) >= at, f"{jump} mails")  # type: ignore[misc]
        before = taken_over()
        platform.wait_until(lambda was=before: taken_over_when_leases_run_out(was), "a batch is taken over")  # type: ignore[misc]
    platform.wait_until(lambda: has_reached(dispatch, people), "the bulletin has gone out")
    assert doubled(inbox.recipients(), people) == 0


def test_beat_goes_on_when_its_clock_was_set_back() -> None:
    every = Every(5.0, app=app)
    assert every.is_due(every.now() + timedelta(hours=1)) == (True, 5.0)
    assert every.is_due(every.now() - timedelta(seconds=6)).is_due
    assert not every.is_due(every.now()).is_due


def test_a_round_of_recovery_outlives_the_difference_of_two_hosts_clocks() -> None:
    assert app.conf.beat_schedule["recovery"]["options"]["expires"] > timedelta(hours=1).total_seconds()
