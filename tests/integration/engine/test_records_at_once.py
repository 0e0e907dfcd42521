"""Two sessions write of the same deliveries at the same moment: facts win, nothing hangs, nothing counts twice."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connections, transaction
from django.utils import timezone

from alerts.engine import clearing
from alerts.engine.claims import Claim, claim_batch, claim_retries
from alerts.engine.fanout import expand_next
from alerts.engine.outcomes import record
from alerts.lanes import Channel, Lane
from alerts.models import Batch, Delivery, Dispatch, RetryTally
from channels.outcome import ACCEPTED, Outcome, Verdict
from govnotify.lib.database import query
from tests.integration.engine.stopping import everybody, told
from tests.integration.faults.scenes import a_bulletin_sent, a_crowd

pytestmark = pytest.mark.django_db(transaction=True)
LATER = Outcome(Verdict.TRANSIENT, code="451", detail="try later")
REFUSED = Outcome(Verdict.PERMANENT, code="550", detail="no")
SENT, DEFERRED, CANCELLED = Delivery.Status.SENT, Delivery.Status.DEFERRED, Delivery.Status.CANCELLED


def claimed(people: int = 3) -> Claim:
    topic, _ = a_crowd("water", people)
    a_bulletin_sent(topic)
    expand_next(Lane.ROUTINE, Channel.EMAIL)
    return claimed_again()


def claimed_again() -> Claim:
    Batch.objects.update(leased_until=None)
    claim = claim_batch(Lane.ROUTINE, Channel.EMAIL)
    assert claim is not None
    return claim


def claimed_retries() -> Claim:
    Delivery.objects.filter(status=DEFERRED).update(next_attempt_at=timezone.now() - timedelta(seconds=1))
    [claim] = claim_retries(Lane.ROUTINE, Channel.EMAIL)
    return claim


@contextmanager
def beside(act: Callable[[], object]) -> Iterator[Callable[[], None]]:
    """Inside a transaction: another session does `act`, and hangs on what this one has locked until the block ends.

    It begins at the end of the block, or when that calls what it is given.
    """
    failures: list[BaseException] = []

    def run() -> None:
        try:
            act()
        except BaseException as error:
            failures.append(error)
        finally:
            connections.close_all()

    def begin() -> None:
        other.start()
        while not query("SELECT 1 FROM pg_locks WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid))", {}):
            assert other.is_alive(), failures

    other = threading.Thread(target=run)
    try:
        with transaction.atomic():
            yield begin
            if other.ident is None:
                begin()
    finally:
        other.join()
    assert failures == []


def rows() -> dict[int, int]:
    return dict(Delivery.objects.filter(channel=Channel.EMAIL).values_list("recipient_id", "status"))


def counts() -> tuple[int, int, int]:
    batch = Batch.objects.get(kind=1)
    return batch.sent, batch.deferred, batch.failed


def test_an_acceptance_that_meets_a_decision_in_the_making_is_not_forgotten():
    late = claimed()
    second = claimed_again()
    one, two, three = second.recipients
    with beside(lambda: record(late, [(recipient, ACCEPTED) for recipient in late.recipients])):
        record(second, [(one, LATER), (two, REFUSED), (three, ACCEPTED)])
    assert set(rows().values()) == {SENT}
    assert counts() == (3, 0, 0)
    assert not Delivery.objects.exclude(next_attempt_at=None).exists()


def test_nor_is_one_of_a_retry():
    first = claimed()
    record(first, [(recipient, LATER) for recipient in first.recipients], done=True)
    late, second = claimed_retries(), claimed_retries()
    one, two, three = second.recipients
    with beside(lambda: record(late, [(recipient, ACCEPTED) for recipient in late.recipients])):
        record(second, [(one, LATER), (two, REFUSED), (three, ACCEPTED)])
    assert set(rows().values()) == {SENT}
    tally = RetryTally.objects.get()
    assert (tally.sent, tally.failed) == (3, 0)


def test_who_clears_a_batch_and_who_records_of_it_late_do_not_wait_for_one_another():
    late = claimed()
    Batch.objects.update(leased_until=None)
    dispatch = Dispatch.objects.get()
    with beside(lambda: record(late, [(late.recipients[0], ACCEPTED)])) as hangs:
        assert query(clearing.NEXT_BATCH, {"dispatch": dispatch.pk})
        hangs()
        clearing._cancel_batch(dispatch)
    assert sorted(rows().values()) == [SENT, CANCELLED, CANCELLED]
    batch = Batch.objects.get(kind=1)
    assert (batch.sent, batch.cancelled) == (1, 2)


def test_closing_that_is_repeated_leaves_the_doubt_about_the_next_holder():
    """The commit of the first closing was made, and its answer lost with the connection."""
    first = claimed()
    record(first, [], closing=True)
    claimed_again()  # its sender hands over all, and is killed
    record(first, [], closing=True)
    Dispatch.objects.update(state=Dispatch.State.PAUSED)
    batch = Batch.objects.get(kind=1)
    assert (batch.token, batch.ended) == (2, 1)
    assert told(_bulletin(), "perhaps") == everybody()


def test_closing_that_is_repeated_leaves_the_doubt_about_an_earlier_holder():
    claimed()  # its sender hands over all, and is killed
    second = claimed_again()
    for _ in range(2):
        record(second, [], closing=True)
    Dispatch.objects.update(state=Dispatch.State.PAUSED)
    assert told(_bulletin(), "perhaps") == everybody()


def _bulletin():
    bulletin = Dispatch.objects.get().bulletin
    assert bulletin is not None
    return bulletin
