"""A dispatch under way is paused, resumed or cancelled: it stops, says who got it, and nobody gets it twice."""

import time
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from agencies.models import Agency, AuditEntry, Role, User
from alerts.acts.stopping import cancel_dispatch, pause_dispatch, resume_dispatch
from alerts.engine.claims import claim_batch, claim_retries
from alerts.engine.fanout import ENOUGH, expand_next
from alerts.engine.lifetime import end_of
from alerts.engine.outcomes import record
from alerts.engine.recovery import keep_house
from alerts.engine.runtime import runtime
from alerts.lanes import RECORD_SECONDS, RULES, Channel, Lane
from alerts.models import Batch, Bulletin, Delivery, Dispatch
from alerts.refusals import NotAllowed, NotPossible
from alerts.reports import progress
from channels.outcome import ACCEPTED, Outcome, Verdict
from channels.smtp.slowness import STRETCH
from govnotify.lib.queues import Queue
from tests.integration.engine.stopping import at_message, everybody, told, work_off
from tests.integration.faults.scenes import a_bulletin_sent, a_crowd, an_alert_sent, somebody
from tests.integration.staff.cast import an_agency, listeners

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = 1_500
LATER = Outcome(Verdict.TRANSIENT, code="451", detail="try later")
NO_ANSWER = Outcome(Verdict.TRANSIENT, detail="no verdict", in_doubt=True)


def a_dispatch(people: int = 5) -> tuple[Dispatch, User]:
    topic, _ = a_crowd("water", people)
    return a_bulletin_sent(topic), somebody(topic.agency, Role.PUBLISHER)


def bulletin_of(dispatch: Dispatch) -> Bulletin:
    assert dispatch.bulletin is not None
    return dispatch.bulletin


def keep_house_through() -> None:
    while keep_house():
        pass


def is_quiet(dispatch: Dispatch) -> bool:
    before = progress(dispatch).sent
    time.sleep(4 * RECORD_SECONDS)
    return before == progress(dispatch).sent > 0


def end_leases() -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE alerts_batch SET leased_until = now() - interval '1 s' WHERE leased_until IS NOT NULL")


def test_a_paused_dispatch_stops_and_goes_on_without_a_duplicate(inbox):
    dispatch, publisher = a_dispatch(PEOPLE)
    at_message(inbox, 100, lambda: pause_dispatch(dispatch=dispatch, by=publisher))
    work_off(Queue.ROUTINE)
    arrived = set(inbox.recipients())
    paused = progress(dispatch)
    assert 100 < len(arrived) < PEOPLE
    assert (paused.state, paused.sent, paused.finished) == ("paused", len(arrived), False)
    assert told(bulletin_of(dispatch), "got") == arrived
    keep_house_through()
    assert told(bulletin_of(dispatch), "waiting") == everybody() - arrived, "the whole audience is known"
    assert progress(dispatch).pending == PEOPLE - len(arrived)
    work_off()
    assert len(inbox.mails) == len(arrived), "paused means paused"
    resume_dispatch(dispatch=dispatch, by=publisher)
    work_off()
    assert inbox.recipients() == dict.fromkeys(everybody(), 1)
    done = progress(dispatch)
    assert (done.state, done.sent, done.cancelled) == ("done", PEOPLE, 0)


def test_a_paused_dispatch_does_not_hold_up_the_next_of_its_agency(inbox):
    topic, _ = a_crowd("water", (ENOUGH + 1) * RULES[Lane.ROUTINE].batch)
    first = a_bulletin_sent(topic)
    pause_dispatch(dispatch=first, by=somebody(topic.agency, Role.PUBLISHER))
    keep_house_through()
    assert first.batches.filter(done_at=None).count() > ENOUGH, "more wait than a slice is expanded behind"
    a_bulletin_sent(topic)
    work_off(Queue.ROUTINE)
    assert inbox.recipients() == dict.fromkeys(everybody(), 1)


def test_a_cancelled_dispatch_says_of_everybody_whether_they_got_it(inbox):
    dispatch, publisher = a_dispatch(PEOPLE)
    at_message(inbox, 100, lambda: cancel_dispatch(dispatch=dispatch, by=publisher, reason="wrong figure"))
    work_off(Queue.ROUTINE)
    keep_house_through()
    work_off()
    arrived = set(inbox.recipients())
    assert 100 < len(arrived) < PEOPLE
    done = progress(dispatch)
    assert (done.state, done.finished, done.pending, done.percent) == ("cancelled", True, 0, 100)
    assert (done.recipients, done.sent, done.cancelled) == (PEOPLE, len(arrived), PEOPLE - len(arrived))
    assert told(bulletin_of(dispatch), "got") == arrived
    assert told(bulletin_of(dispatch), "not") == everybody() - arrived
    entry = AuditEntry.objects.get(verb="dispatch.cancelled")
    assert (entry.actor_id, entry.after["reason"]) == (publisher.pk, "wrong figure")


def test_an_audience_of_many_slices_is_named_in_full_though_only_the_first_was_read(inbox):
    dispatch, publisher = a_dispatch(RULES[Lane.ROUTINE].first_slice + 20)
    expand_next(Lane.ROUTINE, Channel.EMAIL)
    cancel_dispatch(dispatch=dispatch, by=publisher)
    keep_house_through()
    assert progress(dispatch).cancelled == RULES[Lane.ROUTINE].first_slice + 20
    assert told(bulletin_of(dispatch), "not") == everybody()


def test_machines_are_not_called_any_more(inbox, settings):
    topic, _ = a_crowd("water", 0)
    listeners([topic], people=1, machines=3)
    dispatch = a_bulletin_sent(topic)
    cancel_dispatch(dispatch=dispatch, by=somebody(topic.agency, Role.PUBLISHER))
    work_off()
    keep_house_through()
    assert not inbox.mails
    assert set(Delivery.objects.values_list("status", flat=True)) == {Delivery.Status.CANCELLED}
    assert progress(dispatch).cancelled == 4


def test_retries_of_a_paused_dispatch_wait_and_those_of_a_cancelled_one_are_dropped(inbox):
    inbox.refusals["citizen1@example.org"] = "451 4.7.1 greylisted"
    dispatch, publisher = a_dispatch()
    work_off()
    assert progress(dispatch).deferred == 1
    pause_dispatch(dispatch=dispatch, by=publisher)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE alerts_delivery SET next_attempt_at = now() WHERE next_attempt_at IS NOT NULL")
    inbox.refusals.clear()
    work_off()
    assert (progress(dispatch).deferred, len(inbox.mails)) == (1, 4)
    cancel_dispatch(dispatch=dispatch, by=publisher)
    keep_house_through()
    work_off()
    done = progress(dispatch)
    assert (done.sent, done.deferred, done.cancelled, done.finished) == (4, 0, 1, True)
    assert told(bulletin_of(dispatch), "not") == {"citizen1@example.org"}, "a server that said no is no doubt"


def test_an_acceptance_that_comes_after_the_cancelling_wins(inbox):
    dispatch, publisher = a_dispatch(3)
    expand_next(Lane.ROUTINE, Channel.EMAIL)
    claim = claim_batch(Lane.ROUTINE, Channel.EMAIL)
    assert claim is not None
    cancel_dispatch(dispatch=dispatch, by=publisher)
    keep_house_through()
    assert progress(dispatch).pending == 3, "somebody still sends it"
    end_leases()
    keep_house_through()
    assert progress(dispatch).cancelled == 3
    assert len(told(bulletin_of(dispatch), "perhaps")) == 3
    assert not record(claim, [(claim.recipients[0], ACCEPTED), (claim.recipients[1], LATER)], closing=True)
    done = progress(dispatch)
    assert (done.sent, done.cancelled, done.deferred, done.pending) == (1, 2, 0, 0)
    assert told(bulletin_of(dispatch), "got") == {claim.recipients[0].address}


def test_so_does_one_of_a_retry(inbox):
    inbox.refusals["citizen1@example.org"] = "451 4.7.1 greylisted"
    dispatch, publisher = a_dispatch()
    work_off()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE alerts_delivery SET next_attempt_at = now() WHERE next_attempt_at IS NOT NULL")
    (claim,) = claim_retries(Lane.ROUTINE, Channel.EMAIL)
    cancel_dispatch(dispatch=dispatch, by=publisher)
    keep_house_through()
    assert progress(dispatch).deferred == 1, "a worker has it in hand"
    with connection.cursor() as cursor:
        cursor.execute("UPDATE alerts_delivery SET next_attempt_at = now() WHERE next_attempt_at IS NOT NULL")
    keep_house_through()
    assert told(bulletin_of(dispatch), "perhaps") == {"citizen1@example.org"}
    record(claim, [(claim.recipients[0], ACCEPTED)], closing=True)
    done = progress(dispatch)
    assert (done.sent, done.cancelled, done.deferred) == (5, 0, 0)


def test_a_sender_to_which_its_server_says_nothing_asks_by_itself(inbox):
    """The server is silent from before the pause until it was heard: all that comes is what it had in hand."""
    dispatch, publisher = a_dispatch(200)
    carried = STRETCH * settings.EMAIL_CONNECTIONS  # more are opened beside silent ones

    def pause_in_silence() -> None:
        while not is_quiet(dispatch):  # a record would tell the sender too, so nothing may be left to record
            pass
        pause_dispatch(dispatch=dispatch, by=publisher)
        while runtime().unrecorded > carried:  # all that no connection carries has been given back
            time.sleep(0.05)

    at_message(inbox, 50, pause_in_silence)
    work_off(Queue.ROUTINE)
    assert 50 <= len(inbox.mails) <= 50 + carried
    assert progress(dispatch).sent == len(inbox.mails)


def test_a_sender_that_records_is_told_to_stop_and_gives_its_batch_back(inbox):
    dispatch, publisher = a_dispatch(4)
    expand_next(Lane.ROUTINE, Channel.EMAIL)
    claim = claim_batch(Lane.ROUTINE, Channel.EMAIL)
    assert claim is not None
    one, two, *_ = claim.recipients
    assert record(claim, [(one, ACCEPTED)])
    pause_dispatch(dispatch=dispatch, by=publisher)
    assert not record(claim, [(two, ACCEPTED)], closing=True)
    batch = Batch.objects.get()
    assert (batch.leased_until, batch.done_at, batch.ended) == (None, None, batch.token)
    resume_dispatch(dispatch=dispatch, by=publisher)
    again = claim_batch(Lane.ROUTINE, Channel.EMAIL)
    assert again is not None
    assert [recipient.id for recipient in again.recipients] == [recipient.id for recipient in claim.recipients[2:]]


def test_retries_that_were_claimed_and_not_attempted_are_due_again_and_in_no_doubt(inbox):
    inbox.refusals |= {f"citizen{number}@example.org": "451 4.7.1 greylisted" for number in (1, 2)}
    dispatch, publisher = a_dispatch()
    work_off()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE alerts_delivery SET next_attempt_at = now() WHERE next_attempt_at IS NOT NULL")
    (claim,) = claim_retries(Lane.ROUTINE, Channel.EMAIL)
    pause_dispatch(dispatch=dispatch, by=publisher)
    assert not record(claim, [(claim.recipients[0], NO_ANSWER)], closing=True)
    assert told(bulletin_of(dispatch), "perhaps") == {"citizen1@example.org"}
    assert told(bulletin_of(dispatch), "waiting") == {"citizen2@example.org"}
    resume_dispatch(dispatch=dispatch, by=publisher)
    inbox.refusals.clear()
    work_off()
    assert inbox.recipients()["citizen2@example.org"] == 1


def test_what_a_killed_sender_had_in_hand_is_in_doubt_until_another_has_sent_it(inbox):
    dispatch, publisher = a_dispatch(3)
    expand_next(Lane.ROUTINE, Channel.EMAIL)
    claim_batch(Lane.ROUTINE, Channel.EMAIL)  # and never heard of again
    pause_dispatch(dispatch=dispatch, by=publisher)
    assert told(bulletin_of(dispatch), "perhaps") == everybody()
    resume_dispatch(dispatch=dispatch, by=publisher)
    end_leases()
    work_off()
    assert told(bulletin_of(dispatch), "got") == everybody()


def test_retries_in_hand_over_a_pause_and_a_resume_are_due_again(inbox):
    dispatch, publisher = a_dispatch()
    expand_next(Lane.ROUTINE, Channel.EMAIL)
    claim = claim_batch(Lane.ROUTINE, Channel.EMAIL)
    assert claim is not None
    record(claim, [(recipient, LATER) for recipient in claim.recipients], done=True)
    Delivery.objects.update(next_attempt_at=timezone.now())
    [again] = claim_retries(Lane.ROUTINE, Channel.EMAIL)
    pause_dispatch(dispatch=dispatch, by=publisher)
    assert not record(again, [(again.recipients[0], ACCEPTED)])
    resume_dispatch(dispatch=dispatch, by=publisher)
    record(again, [], closing=True)
    waiting = Delivery.objects.filter(status=Delivery.Status.DEFERRED)
    assert waiting.count() == 4
    assert not waiting.exclude(doubts=0).exists()
    assert not waiting.filter(next_attempt_at__gt=timezone.now()).exists()


def test_doubt_about_a_killed_sender_outlives_what_the_next_one_hears(inbox):
    dispatch, publisher = a_dispatch()
    expand_next(Lane.ROUTINE, Channel.EMAIL)
    assert claim_batch(Lane.ROUTINE, Channel.EMAIL), "its sender hands over all, and is killed"
    end_leases()
    again = claim_batch(Lane.ROUTINE, Channel.EMAIL)
    assert again is not None
    record(again, [(recipient, LATER) for recipient in again.recipients], done=True)
    cancel_dispatch(dispatch=dispatch, by=publisher)
    keep_house_through()
    assert told(bulletin_of(dispatch), "perhaps") == everybody()


def test_a_dispatch_that_has_gone_out_can_t_be_stopped_and_a_cancelled_one_not_resumed(inbox):
    dispatch, publisher = a_dispatch()
    work_off()
    for verb in (pause_dispatch, cancel_dispatch, resume_dispatch):
        with pytest.raises(NotPossible, match="All of it has gone out"):
            verb(dispatch=dispatch, by=publisher)
    other = a_bulletin_sent(bulletin_of(dispatch).ordered_topics()[0])
    cancel_dispatch(dispatch=other, by=publisher)
    for verb in (pause_dispatch, resume_dispatch):
        with pytest.raises(NotPossible, match="for good"):
            verb(dispatch=other, by=publisher)
    assert cancel_dispatch(dispatch=other, by=publisher).state == "cancelled"
    assert AuditEntry.objects.filter(verb="dispatch.cancelled").count() == 1


def test_a_dispatch_whose_time_is_over_is_not_resumed(inbox):
    dispatch, publisher = a_dispatch()
    pause_dispatch(dispatch=dispatch, by=publisher)
    Dispatch.objects.filter(pk=dispatch.pk).update(cut_off=timezone.now() - timedelta(hours=25))
    end_of.cache_clear()
    with pytest.raises(NotPossible, match="time for sending this is over"):
        resume_dispatch(dispatch=dispatch, by=publisher)


def test_one_person_stops_an_alert_and_only_a_second_one_sends_it_on(inbox):
    topic, people = a_crowd("rescue", 5)
    dispatch = an_alert_sent(topic)
    operator, approver = somebody(topic.agency, Role.OPERATOR), somebody(topic.agency, Role.APPROVER)
    pause_dispatch(dispatch=dispatch, by=operator)
    work_off()
    assert not inbox.mails
    with pytest.raises(NotAllowed, match="emergency approver"):
        resume_dispatch(dispatch=dispatch, by=operator)
    operator.memberships.create(agency=topic.agency, role=Role.APPROVER)
    with pytest.raises(NotAllowed, match="You wrote this alert"):
        resume_dispatch(dispatch=dispatch, by=operator)
    resume_dispatch(dispatch=dispatch, by=approver)
    work_off()
    assert inbox.recipients() == dict.fromkeys(people, 1)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.AUTHOR, Role.OPERATOR, Role.APPROVER])
def test_other_roles_don_t_stop_a_bulletin(role):
    dispatch, _ = a_dispatch(0)
    for verb in (pause_dispatch, cancel_dispatch, resume_dispatch):
        with pytest.raises(NotAllowed, match="publisher"):
            verb(dispatch=dispatch, by=somebody(Agency.objects.get(slug="water"), role))


def test_another_agency_s_publisher_stops_nothing():
    dispatch, _ = a_dispatch(0)
    stranger = somebody(an_agency("brook", "City of Brook"), Role.PUBLISHER)
    with pytest.raises(NotAllowed):
        pause_dispatch(dispatch=dispatch, by=stranger)
