"""Leases, fencing tokens and turns."""

import pytest
from django.db import connection

from agencies.models import Role
from alerts.acts.drafting import VariantText, create_bulletin
from alerts.acts.publishing import publish_bulletin
from alerts.engine.claims import Claim, claim_batch
from alerts.engine.fanout import expand_next
from alerts.engine.outcomes import finish, record, renew
from alerts.lanes import RULES, Channel, Lane
from alerts.models import Batch, Delivery, Dispatch
from channels.outcome import ACCEPTED, Outcome, Verdict
from tests.integration.staff.cast import a_person, a_topic, an_agency, listeners

pytestmark = pytest.mark.django_db(transaction=True)
LATER = Outcome(Verdict.TRANSIENT, code="451", detail="try later")


def published(slug: str = "water", people: int = 10) -> Dispatch:
    agency = an_agency(slug, f"Ministry of {slug.title()}")
    topic = a_topic(agency, f"{slug}-news")
    listeners([topic], people=people)
    editor = a_person(agency, Role.PUBLISHER)
    text = VariantText(language="en", title="T", body="B")
    bulletin = create_bulletin(agency=agency, topics=[topic], variants=[text], author=editor)
    return publish_bulletin(bulletin=bulletin, publisher=editor)


def claimed() -> Claim:
    while expand_next(Lane.ROUTINE, Channel.EMAIL):
        pass
    claim = claim_batch(Lane.ROUTINE, Channel.EMAIL)
    assert claim is not None
    return claim


def end_leases() -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE alerts_batch SET leased_until = now() - interval '1 s' WHERE leased_until IS NOT NULL")


def test_a_claimed_batch_is_nobody_elses_until_its_lease_ends():
    published()
    first = claimed()
    assert claim_batch(Lane.ROUTINE, Channel.EMAIL) is None
    end_leases()
    second = claim_batch(Lane.ROUTINE, Channel.EMAIL)
    assert second is not None
    assert (second.batch_id, second.token) == (first.batch_id, first.token + 1)


def test_a_renewed_lease_holds_on_and_a_lost_one_can_t_be_renewed():
    published()
    first = claimed()
    end_leases()
    assert renew(first)
    assert claim_batch(Lane.ROUTINE, Channel.EMAIL) is None
    end_leases()
    assert claim_batch(Lane.ROUTINE, Channel.EMAIL) is not None
    assert not renew(first)


def test_what_a_late_worker_got_accepted_is_recorded_and_its_other_decisions_are_not():
    published(people=3)
    late = claimed()
    end_leases()
    second = claim_batch(Lane.ROUTINE, Channel.EMAIL)
    one, two, _ = late.recipients
    assert not record(late, [(one, ACCEPTED), (two, LATER)])
    assert Delivery.objects.get(recipient_id=one.id).status == Delivery.Status.SENT
    assert Delivery.objects.get(recipient_id=two.id).status == Delivery.Status.PENDING
    assert second is not None
    assert record(second, [(two, ACCEPTED)])
    assert Batch.objects.get().sent == 2


def test_recording_the_same_result_again_counts_it_once():
    published(people=2)
    claim = claimed()
    for _ in range(2):
        record(claim, [(recipient, ACCEPTED) for recipient in claim.recipients], done=True)
    assert Batch.objects.get().sent == 2
    assert set(Delivery.objects.values_list("attempts", flat=True)) == {1}


def test_a_batch_taken_up_again_leaves_out_what_was_settled():
    published(people=5)
    first = claimed()
    record(first, [(recipient, ACCEPTED) for recipient in first.recipients[:3]])
    end_leases()
    second = claim_batch(Lane.ROUTINE, Channel.EMAIL)
    assert second is not None
    assert [recipient.id for recipient in second.recipients] == [recipient.id for recipient in first.recipients[3:]]


def test_agencies_take_turns_however_much_one_of_them_has():
    large = published("water", people=RULES[Lane.ROUTINE].batch * 3)
    small = published("city", people=5)
    while expand_next(Lane.ROUTINE, Channel.EMAIL):
        pass
    order = []
    while claim := claim_batch(Lane.ROUTINE, Channel.EMAIL):
        order.append(claim.dispatch_id)
    assert order.index(small.pk) <= 1
    assert order.count(large.pk) >= 3


def test_a_small_bulletin_s_slice_does_not_wait_for_the_batches_of_a_large_one():
    published("water", people=RULES[Lane.ROUTINE].first_slice + 10)
    expand_next(Lane.ROUTINE, Channel.EMAIL)
    small = published("city", people=5)
    seen = [expand_next(Lane.ROUTINE, Channel.EMAIL) for _ in range(2)]
    assert small.pk in seen


def test_a_paused_dispatch_is_neither_expanded_nor_claimed():
    dispatch = published()
    Dispatch.objects.filter(pk=dispatch.pk).update(state=Dispatch.State.PAUSED)
    assert expand_next(Lane.ROUTINE, Channel.EMAIL) is None
    Dispatch.objects.filter(pk=dispatch.pk).update(state=Dispatch.State.SENDING)
    assert expand_next(Lane.ROUTINE, Channel.EMAIL) == dispatch.pk
    Dispatch.objects.filter(pk=dispatch.pk).update(state=Dispatch.State.PAUSED)
    assert claim_batch(Lane.ROUTINE, Channel.EMAIL) is None


def test_a_dispatch_is_finished_only_when_nothing_of_it_waits():
    dispatch = published(people=2)
    claim = claimed()
    assert expand_next(Lane.ROUTINE, Channel.WEBHOOK) == dispatch.pk
    one, two = claim.recipients
    record(claim, [(one, ACCEPTED)])
    assert not finish(dispatch.pk)
    record(claim, [(two, LATER)], done=True)
    assert not finish(dispatch.pk), "one delivery waits for its next attempt"
