"""What a server's answer does to the delivery, to the address and to the dispatch."""

import logging

import pytest
from django.db import connection
from django.utils import timezone

from agencies.models import Role
from alerts.acts.drafting import VariantText, create_bulletin
from alerts.acts.publishing import publish_bulletin
from alerts.engine.claims import claim_batch
from alerts.engine.fanout import expand_next
from alerts.engine.lifetime import end_of
from alerts.engine.outcomes import record
from alerts.lanes import ROUTINE_MAIL, Channel, Lane
from alerts.models import Delivery, Dispatch
from alerts.reports import progress
from channels.outcome import Outcome, Reason, Verdict
from subscriptions.address_key import address_key
from subscriptions.models import Subscriber, Suppression
from tests.engine import work_through
from tests.integration.staff.cast import a_person, a_topic, an_agency, listeners

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def publish():
    agency = an_agency()
    topic = a_topic(agency)
    listeners([topic], people=3)
    editor = a_person(agency, Role.PUBLISHER)

    def one() -> Dispatch:
        text = VariantText(language="en", title="T", body="B")
        bulletin = create_bulletin(agency=agency, topics=[topic], variants=[text], author=editor)
        return publish_bulletin(bulletin=bulletin, publisher=editor)

    return one


def make_due() -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE alerts_delivery SET next_attempt_at = now() WHERE next_attempt_at IS NOT NULL")


def test_an_unknown_mailbox_is_suppressed_on_the_first_answer_and_never_written_to_again(inbox, publish):
    inbox.refusals["citizen1@example.org"] = "550 5.1.1 no such user"
    first = progress_after(publish)
    assert (first.sent, first.failed) == (2, 1)
    assert Suppression.objects.get().code == "5.1.1"
    inbox.refusals.clear()
    inbox.mails.clear()
    second = progress_after(publish)
    assert (second.sent, second.skipped) == (2, 1)
    assert "citizen1@example.org" not in inbox.recipients()
    assert Delivery.objects.get(status=Delivery.Status.SKIPPED).detail == "suppressed"


def test_who_changes_the_address_while_the_old_one_is_refused_is_still_written_to(inbox, publish):
    publish()
    while expand_next(Lane.ROUTINE, Channel.EMAIL) is not None:
        pass
    claim = claim_batch(Lane.ROUTINE, Channel.EMAIL)
    assert claim is not None
    mover = next(one for one in claim.recipients if one.address == "citizen1@example.org")
    Subscriber.objects.filter(pk=mover.id).update(email="new@example.org", address_key=address_key("new@example.org"))
    refused = Outcome(Verdict.PERMANENT, Reason.BAD_ADDRESS, "5.1.1")
    record(claim, [(recipient, refused) for recipient in claim.recipients], done=True)
    assert Suppression.objects.count() == len(claim.recipients) - 1
    assert not Suppression.objects.filter(address_key=address_key("new@example.org")).exists()


def test_a_refusal_by_policy_never_suppresses_the_citizen_and_calls_the_operator(inbox, publish, caplog):
    inbox.refusals["citizen1@example.org"] = "550 5.7.1 <Citizen1@example.org> is on a list"
    with caplog.at_level(logging.ERROR):
        done = progress_after(publish)
    assert done.failed == 1
    assert not Suppression.objects.exists()
    assert "the fault is ours" in caplog.text
    assert "citizen1@" not in caplog.text.lower()
    failed = Delivery.objects.get(status=Delivery.Status.FAILED)
    assert failed.detail == "5.7.1 RCPT: 550 5.7.1 <the address> is on a list"


def test_a_busy_mailbox_is_tried_again_by_the_lane_s_table_and_counted_once(inbox, publish):
    inbox.refusals["citizen1@example.org"] = "451 4.7.1 greylisted"
    waiting = progress_after(publish)
    assert (waiting.sent, waiting.deferred, waiting.state) == (2, 1, "sending")
    row = Delivery.objects.get(status=Delivery.Status.DEFERRED)
    assert row.next_attempt_at is not None
    wait = (row.next_attempt_at - timezone.now()).total_seconds()
    assert 0.7 * ROUTINE_MAIL[0] < wait <= 1.2 * ROUTINE_MAIL[0]
    inbox.refusals.clear()
    work_through()
    assert len(inbox.mails) == 2, "not before it is due"
    make_due()
    work_through()
    done = progress(Dispatch.objects.get())
    assert (done.sent, done.deferred, done.failed, done.state) == (3, 0, 0, "done")
    assert set(inbox.recipients().values()) == {1}
    assert Delivery.objects.get(recipient_id=row.recipient_id).attempts == 2


def test_a_delivery_is_given_up_at_the_end_of_the_lane_s_time(inbox, publish):
    inbox.refusals["citizen1@example.org"] = "451 4.3.0 try later"
    dispatch = publish()
    end_of.cache_clear()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE alerts_dispatch SET cut_off = cut_off - interval '23 hours 59 minutes'")
        cursor.execute("UPDATE subscriptions_subscription SET started_at = started_at - interval '2 days'")
    work_through()
    assert progress(dispatch).failed == 1
    assert "given up after 1 attempts" in str(Delivery.objects.get(status=Delivery.Status.FAILED).detail)


def test_a_server_that_is_away_loses_nothing(inbox, publish):
    inbox.close()
    dispatch = publish()
    work_through()
    assert progress(dispatch).deferred == 3
    inbox.open()
    make_due()
    work_through()
    assert progress(dispatch).state == "done"
    assert set(inbox.recipients().values()) == {1}
    assert len(inbox.mails) == 3


def progress_after(publish):
    dispatch = publish()
    work_through()
    return progress(dispatch)
