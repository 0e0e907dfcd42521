"""What was said is taken back or put right: what is unsent is dropped, and who got the first gets the correction."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone
from django.utils.formats import date_format

from agencies.models import Agency, AuditEntry, Role
from alerts.acts.alerting import approve_alert, content_hash
from alerts.acts.content import ContentRefused, VariantText
from alerts.acts.correcting import count_corrected, create_correction
from alerts.acts.publishing import publish_bulletin
from alerts.acts.withdrawing import withdraw_bulletin
from alerts.engine.claims import claim_batch
from alerts.engine.digests import start_run
from alerts.engine.fanout import expand_next
from alerts.engine.hooking import payload
from alerts.engine.outcomes import record
from alerts.engine.recovery import keep_house
from alerts.lanes import Channel, Lane
from alerts.models import Bulletin, Delivery, Dispatch
from alerts.refusals import NotAllowed, NotPossible
from alerts.reports import progress
from channels.outcome import ACCEPTED
from govnotify.lib.queues import Queue
from subscriptions.models import Frequency, Subscriber, Subscription, Topic
from tests.inbox import Inbox
from tests.integration.engine.stopping import at_message, everybody, told, work_off
from tests.integration.faults.scenes import a_bulletin_sent, a_crowd, an_alert_sent, somebody
from tests.integration.staff.cast import a_topic, an_alert, listeners

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = 1_200
RIGHT = VariantText("en", "River rising: Friday", "It is **Friday**, not Thursday.")
TYPE = re.compile(rb'"type":"([a-z.]+)"')


def bulletin_of(dispatch: Dispatch) -> Bulletin:
    assert dispatch.bulletin is not None
    return dispatch.bulletin


def a_correction(first: Bulletin) -> Dispatch:
    publisher = somebody(first.agency, Role.PUBLISHER)
    correction = create_correction(first=first, variants=[RIGHT], author=publisher)
    return publish_bulletin(bulletin=correction, publisher=publisher)


def withdraw(bulletin: Bulletin, reason: str = "The figure was wrong.") -> None:
    withdraw_bulletin(bulletin=bulletin, by=somebody(bulletin.agency, Role.PUBLISHER), reason=reason)


def subjects(inbox: Inbox) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for mail in inbox.mails:
        found.setdefault(mail.recipient, []).append(str(mail.message["Subject"]))
    return found


def follow_up(alert_dispatch: Dispatch, kind: str, topic: Topic) -> Dispatch:
    first = bulletin_of(alert_dispatch).alert
    triple = [first.sender, first.identifier, first.sent.isoformat()]
    author, approver = somebody(topic.agency, Role.OPERATOR), somebody(topic.agency, Role.APPROVER)
    later = an_alert(topic, author, msg_type=kind, references=[triple])
    return approve_alert(alert=later, approver=approver, seen_hash=content_hash(later))


def digest(inbox: Inbox) -> Dispatch:
    run = start_run(period=Frequency.DAILY, cut_off=timezone.now())
    assert run is not None
    work_off(Queue.DIGEST)
    return run


def test_a_correction_goes_to_those_who_got_the_first_and_drops_what_was_unsent(inbox):
    topic, _ = a_crowd("water", PEOPLE)
    dispatch = a_bulletin_sent(topic)
    corrections = []
    at_message(inbox, 100, lambda: corrections.append(a_correction(bulletin_of(dispatch))))
    work_off()
    while keep_house():
        pass
    work_off()
    first, second = progress(dispatch), progress(corrections[0])
    assert 100 < first.sent < PEOPLE
    assert (first.state, first.cancelled, first.pending) == ("cancelled", PEOPLE - first.sent, 0)
    assert (second.state, second.recipients, second.sent) == ("done", first.sent, first.sent)
    got = subjects(inbox)
    assert set(got) == told(bulletin_of(dispatch), "got")
    assert all(found == ["River rising", "Correction: River rising: Friday"] for found in got.values())
    text = inbox.mails[-1].text("plain")
    assert text.index("Correction: this replaces what we sent you on") < text.index("Friday, not Thursday")
    assert "Correction: this replaces" in inbox.mails[-1].text("html")


def test_a_correction_names_the_day_by_each_ones_clocks(inbox):
    """At 04:30 UTC it is still the day before in Lima, where the agency is; who chose no zone reads by its clocks."""
    topic, _ = a_crowd("water", 3)
    Agency.objects.filter(pk=topic.agency_id).update(time_zone="America/Lima")
    Subscriber.objects.filter(email="citizen1@example.org").update(time_zone="Pacific/Auckland")
    Subscriber.objects.filter(email="citizen2@example.org").update(time_zone="America/Bogota")
    first = bulletin_of(a_bulletin_sent(topic))
    work_off()
    Bulletin.objects.filter(pk=first.pk).update(published_at=datetime(2026, 3, 1, 4, 30, tzinfo=UTC))
    inbox.mails.clear()
    a_correction(Bulletin.objects.get(pk=first.pk))
    work_off()
    days = {
        mail.recipient: re.findall(r"sent\s+you\s+on\s+(.+?),\s+“", mail.text("plain"), re.DOTALL)
        for mail in inbox.mails
    }
    february, march = ([date_format(date(2026, *day), "DATE_FORMAT")] for day in ((2, 28), (3, 1)))
    assert days == {"citizen0@example.org": february, "citizen1@example.org": march, "citizen2@example.org": february}


def test_who_left_since_or_came_since_gets_no_correction(inbox):
    topic, _ = a_crowd("water", 4)
    dispatch = a_bulletin_sent(topic)
    work_off()
    listeners([topic], people=3)
    Subscription.objects.filter(subscriber__email="citizen0@example.org").update(ended_at=timezone.now())
    inbox.mails.clear()
    correction = a_correction(bulletin_of(dispatch))
    assert count_corrected(bulletin_of(dispatch)).people == 4
    work_off()
    assert set(inbox.recipients()) == {f"citizen{number}@example.org" for number in (1, 2, 3)}
    assert progress(correction).skipped == 1


def test_who_is_in_doubt_gets_the_correction_too(inbox):
    topic, _ = a_crowd("water", 3)
    dispatch = a_bulletin_sent(topic)
    expand_next(Lane.ROUTINE, Channel.EMAIL)
    claim_batch(Lane.ROUTINE, Channel.EMAIL)  # its worker is killed: nobody knows how far it came
    with connection.cursor() as cursor:
        cursor.execute("UPDATE alerts_batch SET leased_until = now() - interval '1 s'")
    withdraw(bulletin_of(dispatch))
    correction = a_correction(bulletin_of(dispatch))
    work_off(Queue.ROUTINE)
    assert progress(correction).sent == 3
    while keep_house():
        pass
    assert progress(dispatch).cancelled == 3
    assert told(bulletin_of(dispatch), "perhaps") == everybody()
    again = a_correction(bulletin_of(dispatch))
    work_off(Queue.ROUTINE)
    assert progress(again).sent == 3


def test_a_correction_waits_for_those_who_still_send_what_it_corrects(inbox):
    topic, _ = a_crowd("water", 3)
    dispatch = a_bulletin_sent(topic)
    expand_next(Lane.ROUTINE, Channel.EMAIL)
    claim = claim_batch(Lane.ROUTINE, Channel.EMAIL)
    assert claim is not None
    correction = a_correction(bulletin_of(dispatch))
    assert expand_next(Lane.ROUTINE, Channel.EMAIL) is None
    assert not record(claim, [(claim.recipients[0], ACCEPTED)], closing=True)
    assert expand_next(Lane.ROUTINE, Channel.EMAIL) == correction.pk
    work_off(Queue.ROUTINE)
    assert set(inbox.recipients()) == {claim.recipients[0].address}


def test_but_not_for_ever(inbox):
    topic, _ = a_crowd("water", 3)
    dispatch = a_bulletin_sent(topic)
    expand_next(Lane.ROUTINE, Channel.EMAIL)
    claim_batch(Lane.ROUTINE, Channel.EMAIL)
    correction = a_correction(bulletin_of(dispatch))
    Dispatch.objects.filter(pk=correction.pk).update(created_at=timezone.now() - timedelta(seconds=6))
    work_off(Queue.ROUTINE)
    assert progress(correction).sent == 3, "all of them may have got it"


def test_a_correction_of_a_correction_reaches_all_who_got_either(inbox):
    topic, people = a_crowd("water", 5)
    first = bulletin_of(a_bulletin_sent(topic))
    work_off()
    second = a_correction(first)
    work_off()
    third = bulletin_of(a_correction(first))
    assert third.corrects == bulletin_of(second)
    work_off()
    assert {address: len(found) for address, found in subjects(inbox).items()} == dict.fromkeys(people, 3)
    assert [one.pk for one in third.earlier()] == [second.bulletin_id, first.pk]
    assert first.newest() == third


def test_machines_that_were_called_are_told_of_the_correction(inbox):
    topic, _ = a_crowd("water", 0)
    listeners([topic], people=1, machines=2)
    dispatch = a_bulletin_sent(topic)
    work_off()
    Delivery.objects.filter(recipient_kind=2).update(status=Delivery.Status.SENT, next_attempt_at=None)
    correction = a_correction(bulletin_of(dispatch))
    work_off()
    assert Delivery.objects.filter(dispatch_id=correction.pk, recipient_kind=2).count() == 2
    body = payload(correction.pk)
    found = TYPE.search(body)
    assert found is not None
    assert found[1] == b"bulletin.updated"
    assert f'"corrects":"{dispatch.bulletin_id}"'.encode() in body


def test_a_withdrawn_bulletin_is_dropped_and_says_why(inbox):
    topic, _ = a_crowd("water", PEOPLE)
    dispatch = a_bulletin_sent(topic)
    at_message(inbox, 100, lambda: withdraw(bulletin_of(dispatch), "The  figure\nwas wrong."))
    work_off()
    while keep_house():
        pass
    bulletin = Bulletin.objects.get()
    assert (bulletin.status, bulletin.withdrawal_reason) == ("withdrawn", "The figure was wrong.")
    done = progress(dispatch)
    assert (done.state, done.sent + done.cancelled, done.sent) == ("cancelled", PEOPLE, len(inbox.mails))
    assert AuditEntry.objects.get(verb="bulletin.withdrawn").after["reason"] == "The figure was wrong."
    withdraw(bulletin, "Another reason.")
    bulletin.refresh_from_db()
    assert bulletin.withdrawal_reason == "The figure was wrong."


def test_a_withdrawn_bulletin_is_left_out_of_a_digest_and_only_who_read_it_is_told(inbox):
    topic, _ = a_crowd("water", 3)
    Subscription.objects.update(frequency=Frequency.DAILY)
    first = bulletin_of(a_bulletin_sent(topic))
    digest(inbox)
    assert len(inbox.mails) == 3
    inbox.mails.clear()

    other = a_topic(topic.agency, "roads")
    for email in ("citizen0@example.org", "citizen1@example.org"):
        Subscription.objects.create(
            topic=other,
            subscriber_id=Subscription.objects.get(subscriber__email=email).subscriber_id,
            frequency=Frequency.DAILY,
            started_at=timezone.now(),
        )
    second, roads = bulletin_of(a_bulletin_sent(topic)), bulletin_of(a_bulletin_sent(other))
    run = start_run(period=Frequency.DAILY, cut_off=timezone.now())
    expand_next(Lane.DIGEST, Channel.EMAIL)
    withdraw(second)
    work_off(Queue.DIGEST)
    assert set(inbox.recipients()) == {"citizen0@example.org", "citizen1@example.org"}, "the third has nothing to read"
    assert all(f"/bulletins/{second.pk}/" not in mail.text("plain") for mail in inbox.mails)
    assert all(f"/bulletins/{roads.pk}/" in mail.text("plain") for mail in inbox.mails)
    assert told(second, "got", "perhaps") == set()
    assert told(second, "not") == everybody()
    inbox.mails.clear()
    a_correction(second)
    work_off()
    assert not inbox.mails
    a_correction(first)
    work_off()
    assert set(inbox.recipients()) == everybody()
    assert run is not None


def test_a_digest_that_has_not_gone_out_carries_the_corrected_text(inbox):
    topic, people = a_crowd("water", 2)
    Subscription.objects.update(frequency=Frequency.DAILY)
    first = bulletin_of(a_bulletin_sent(topic))
    correction = bulletin_of(a_correction(first))
    work_off()
    assert not inbox.mails
    digest(inbox)
    assert set(inbox.recipients()) == people
    text = inbox.mails[0].text("plain")
    assert "River rising: Friday" in text
    assert f"/bulletins/{correction.pk}/" in text
    assert f"/bulletins/{first.pk}/" not in text


@pytest.mark.parametrize("kind", ["Update", "Cancel"])
def test_an_update_reaches_everybody_and_a_cancel_those_who_got_the_alert(inbox, kind):
    topic, people = a_crowd("rescue", 600)
    dispatch = an_alert_sent(topic)
    later = []
    at_message(inbox, 100, lambda: later.append(follow_up(dispatch, kind, topic)))
    work_off()
    while keep_house():
        pass
    work_off()
    got = subjects(inbox)
    reached = {address for address, found in got.items() if found[0].startswith("EMERGENCY ALERT")}
    assert 100 < len(reached) < 600
    assert progress(dispatch).cancelled == 600 - len(reached)
    if kind == "Cancel":
        assert set(got) == reached
        assert all(found[1:] == ["CANCELLED: Flash flood, Lower town"] for found in got.values())
    else:
        assert set(got) == people
        assert all(found[-1].startswith("EMERGENCY UPDATE") for found in got.values())
        assert all(len(found) == 1 + (address in reached) for address, found in got.items())


def test_an_update_on_another_topic_reaches_who_got_the_alert_as_well(inbox):
    topic, first = a_crowd("rescue", 3)
    dispatch = an_alert_sent(topic)
    work_off()
    other = a_topic(topic.agency, "coast")
    listeners([other], people=2)
    inbox.mails.clear()
    follow_up(dispatch, "Update", other)
    work_off()
    assert inbox.recipients() == dict.fromkeys(everybody(), 1)
    assert len(first) == 3


def test_what_can_t_be_withdrawn_or_corrected(inbox):
    topic, _ = a_crowd("water", 1)
    agency = Agency.objects.get()
    publisher = somebody(agency, Role.PUBLISHER)
    bulletin = bulletin_of(a_bulletin_sent(topic))
    draft = create_correction(first=bulletin, variants=[RIGHT], author=publisher)
    with pytest.raises(NotPossible, match="not been published"):
        withdraw(draft)
    with pytest.raises(NotPossible, match="edit the draft"):
        create_correction(first=draft, variants=[RIGHT], author=publisher)
    with pytest.raises(ContentRefused, match="Say why"):
        withdraw(bulletin, " \n")
    with pytest.raises(NotAllowed, match="publisher"):
        withdraw_bulletin(bulletin=bulletin, by=somebody(agency, Role.AUTHOR), reason="No")
    alert = bulletin_of(an_alert_sent(topic))
    with pytest.raises(NotPossible, match="send a cancel"):
        withdraw(alert)
    with pytest.raises(NotPossible, match="update or a cancel"):
        create_correction(first=alert, variants=[RIGHT], author=publisher)
