"""Destinations that are limited: what waits for them, and what passes by."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from alerts.acts.destinations import remove_destination
from alerts.engine import dispatch as engine
from alerts.engine.admission import seconds_to_wait
from alerts.engine.claims import Claim, claim_batch, claim_retries
from alerts.engine.dispatch import first_attempts, work
from alerts.engine.fanout import expand_next
from alerts.engine.outcomes import record, renew
from alerts.engine.recovery import lane_work
from alerts.lanes import RULES, Channel, Lane
from alerts.models import Allowance, Batch, Delivery, Turn
from alerts.reports import progress
from alerts.tasks import WORK
from channels.outcome import ACCEPTED, Outcome, Verdict
from govnotify.lib.queues import Queue
from tests.engine import work_through
from tests.integration.engine.limits import expand_all, limited, pass_time, published

pytestmark = pytest.mark.django_db(transaction=True)
SLOW = 0.01  # one in a hundred seconds: a second in the life of a test changes nothing
LATER = Outcome(Verdict.TRANSIENT, code="451", detail="try later")


def claimed() -> Claim | None:
    return claim_batch(Lane.ROUTINE, Channel.EMAIL)


def settled(claim: Claim, outcome: Outcome = ACCEPTED) -> Claim:
    """The whole claim was sent, with the same outcome for everybody."""
    record(claim, [(recipient, outcome) for recipient in claim.recipients], done=True)
    return claim


def domains_of(claim: Claim) -> set[str]:
    return {recipient.address.rpartition("@")[2] for recipient in claim.recipients}


def test_a_limited_destination_has_batches_of_its_own_of_about_half_a_second_of_its_rate():
    big = limited("big.example", "also.example", rate=20)
    published("water", {"big.example": 15, "also.example": 10, "small.example": 20})
    expand_all()
    sizes = Batch.objects.order_by("destination", "pk").values_list("destination", "size")
    assert list(sizes) == [(0, 20), (big.pk, 10), (big.pk, 10), (big.pk, 5)]


def test_everybody_gets_it_once_however_the_ranges_of_batches_overlap(inbox):
    limited("big.example", rate=7)
    limited("slow.example", rate=0.5)
    bulletin = published("water", {"big.example": 30, "slow.example": 3, "small.example": 40})
    while progress(bulletin).sent < 73:
        work_through()
        pass_time()
    assert sorted(inbox.recipients().values()) == [1] * 73
    assert progress(bulletin).finished


def test_what_waits_for_its_destination_is_passed_by():
    limited("big.example", rate=SLOW)
    published("water", {"big.example": 3, "small.example": 40})
    expand_all()
    seen = [(domains_of(claim).pop(), len(settled(claim).recipients)) for claim in iter(claimed, None)]
    assert sorted(seen) == [("big.example", 1), ("small.example", 40)]


def test_a_destination_is_free_again_when_its_time_has_come():
    limited("big.example", rate=SLOW)
    published("water", {"big.example": 3})
    expand_all()
    assert [len(settled(claim).recipients) for claim in iter(claimed, None)] == [1]
    assert 0 < (seconds_to_wait(Lane.ROUTINE) or 0) <= 1 / SLOW
    pass_time()
    assert seconds_to_wait(Lane.ROUTINE) == 0
    assert claimed() is not None


def test_a_quiet_night_is_not_made_up_for():
    limited("big.example", rate=SLOW)
    published("water", {"big.example": 10})
    expand_all()
    pass_time()
    assert [len(settled(claim).recipients) for claim in iter(claimed, None)] == [1], "of 36 in an hour"


def test_one_worker_at_a_time_sends_to_a_limited_destination():
    limited("stalled.example", rate=20)
    published("water", {"stalled.example": 30, "small.example": 10})
    expand_all()
    claims = list(iter(claimed, None))
    assert sorted(domains_of(claim).pop() for claim in claims) == ["small.example", "stalled.example"]
    [(stalled, hold)] = [(claim, claim.hold) for claim in claims if claim.hold]
    before = hold.until
    assert renew(stalled)
    assert hold.until > before, "a slow server keeps its destination"
    settled(stalled)
    pass_time()
    assert claimed() is not None


def test_agencies_take_turns_at_a_limited_destination():
    big = limited("big.example", rate=20)
    published("water", {"big.example": 100})
    expand_all()
    first = claimed()
    assert first is not None
    settled(first)
    published("city", {"big.example": 10})
    expand_all()
    pass_time()
    second = claimed()
    assert second is not None
    assert second.dispatch_id != first.dispatch_id
    assert Turn.objects.filter(destination=big.pk, served_at__isnull=False).count() == 2


def test_who_is_served_elsewhere_does_not_lose_its_turn_at_a_limited_destination():
    limited("big.example", rate=20)
    large = published("water", {"big.example": 30, "small.example": RULES[Lane.ROUTINE].batch + 10})
    other = published("city", {"big.example": 30})
    expand_all()
    order = []
    for _ in range(4):
        while claim := claimed():
            if claim.hold:
                order.append(settled(claim).dispatch_id)
        pass_time()
    assert order[:2] in ([large.pk, other.pk], [other.pk, large.pk])
    assert order[2:4] == order[:2]


def test_retries_respect_the_limit_and_let_others_pass():
    limited("big.example", rate=20)
    published("water", {"big.example": 30, "small.example": 5})
    expand_all()
    for _ in range(4):
        pass_time()
        while claim := claimed():
            settled(claim, LATER)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE alerts_delivery SET next_attempt_at = now() - recipient_id * interval '1 s'")
    pass_time()
    seen = []
    while claims := claim_retries(Lane.ROUTINE, Channel.EMAIL):
        seen.append((domains_of(claims[0]).pop(), len(claims[0].recipients)))
    assert sorted(seen) == [("big.example", 10), ("small.example", 5)], "and one worker at a time"
    pass_time()
    assert len(claim_retries(Lane.ROUTINE, Channel.EMAIL)[0].recipients) == 10


def test_a_lifted_limit_lets_what_waits_go_as_fast_as_everything_else(inbox):
    limited("big.example", rate=20)
    bulletin = published("water", {"big.example": 60})
    expand_all()
    remove_destination(name="big.example")
    work_through()
    assert progress(bulletin).finished
    assert len(inbox.mails) == 60


def test_waiting_batches_hold_up_neither_the_rest_of_the_audience_nor_another_s_slice():
    limited("big.example", rate=1)
    first_slice = RULES[Lane.ROUTINE].first_slice
    large = published("water", {"big.example": first_slice + 10, "small.example": 10})
    assert expand_next(Lane.ROUTINE, Channel.EMAIL) == large.pk
    small = published("city", {"big.example": 2})
    order = [expand_next(Lane.ROUTINE, Channel.EMAIL) for _ in range(3)]
    assert order == [small.pk, large.pk, None]
    assert Delivery.objects.count() == first_slice + 22


def test_a_batch_does_not_wait_for_the_rest_of_an_audience_that_is_all_at_a_limited_destination(inbox):
    limited("big.example", rate=1)
    published("water", {"big.example": RULES[Lane.ROUTINE].first_slice + 10})
    small = published("city", {"small.example": 2})
    for _ in range(2):
        first_attempts(Lane.ROUTINE, Channel.EMAIL)
    assert progress(small).sent == 2


def test_what_one_lane_has_sent_is_nothing_to_another_s_allowance():
    big = limited("big.example", rate=1)
    Allowance.objects.create(lane=Lane.DIGEST, destination=big, rate=1, free_at=timezone.now() + timedelta(hours=1))
    published("water", {"big.example": 3})
    expand_all()
    assert claimed() is not None
    assert seconds_to_wait(Lane.DIGEST) is None
    assert Allowance.objects.get(lane=Lane.DIGEST).held_until is None


def test_a_claim_that_another_connection_is_making_is_passed_by_and_not_waited_for():
    limited("big.example", rate=1)
    published("water", {"big.example": 3, "small.example": 3})
    expand_all()
    other = connection.copy()
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("SELECT 1 FROM alerts_allowance FOR UPDATE")
            seen = [domains_of(claim) for claim in iter(claimed, None)]
    finally:
        other.close()
    assert seen == [{"small.example"}]


def test_a_worker_waits_for_its_destinations_and_sends_all_in_one_turn(inbox, monkeypatch):
    monkeypatch.setattr(engine, "WORK_SECONDS", 30)
    limited("big.example", rate=50)
    bulletin = published("water", {"big.example": 130})
    work(Queue.ROUTINE, WORK[Queue.ROUTINE])
    assert progress(bulletin).sent == 130
    assert not first_attempts(Lane.ROUTINE, Channel.EMAIL)


def test_recovery_wakes_nobody_for_what_waits_for_its_destination():
    limited("big.example", rate=SLOW)
    published("water", {"big.example": 5})
    expand_all()
    while claim := claimed():
        settled(claim)
    key = (Lane.ROUTINE, Channel.EMAIL)
    assert lane_work()[key].batches == 0
    pass_time()
    assert lane_work()[key].batches > 0
