"""Digests: one mail per person and period, with what they follow that way, and nothing that they had already."""

from datetime import timedelta

import pytest
from django.utils import timezone

from alerts.engine.digests import start_run
from alerts.engine.fanout import expand_next
from alerts.lanes import Channel, Lane
from alerts.models import Bulletin, Delivery, DigestItem, Dispatch
from alerts.reports import progress
from channels.tokens import read_unsubscribe_token
from govnotify.lib.queues import Queue
from subscriptions.keys import signer
from subscriptions.managing import change_topics
from subscriptions.models import Frequency, Subscriber, Subscription, Topic
from tests.engine import work_through
from tests.inbox import Inbox
from tests.integration.faults.scenes import a_bulletin_sent, an_alert_sent
from tests.integration.subscriptions.cast import Town, a_subscriber, a_town
from tests.journeys import body_rules

pytestmark = pytest.mark.django_db(transaction=True)
DAILY, WEEKLY, AT_ONCE = Frequency.DAILY, Frequency.WEEKLY, Frequency.IMMEDIATE


@pytest.fixture
def town() -> Town:
    return a_town()


def published(topic: Topic) -> Bulletin:
    bulletin = a_bulletin_sent(topic).bulletin
    assert bulletin is not None
    return bulletin


def a_run(period: Frequency = DAILY) -> Dispatch:
    run = start_run(period=period, cut_off=timezone.now())
    assert run is not None
    work_through(Queue.DIGEST)
    return Dispatch.objects.get(pk=run.pk)


def items(run: Dispatch) -> dict[str, list[int]]:
    """Bulletins by address, as recorded."""
    people = dict(Subscriber.objects.values_list("pk", "email"))
    found: dict[str, list[int]] = {}
    for item in DigestItem.objects.filter(month=run.month, dispatch_id=run.pk).order_by("recipient_id", "bulletin_id"):
        found.setdefault(people[item.recipient_id], []).append(item.bulletin_id)
    return found


def test_a_daily_reader_gets_the_bulletins_of_two_agencies_in_one_mail(town: Town, inbox: Inbox, settings) -> None:
    settings.SITE_URL = "https://news.gov.example"
    carla = a_subscriber("carla@example.org", floods=DAILY, roads=DAILY)
    a_subscriber("ana@example.org", floods=AT_ONCE)
    a_subscriber("ben@example.org", floods=WEEKLY)
    bulletins = [published(topic) for topic in (town.floods, town.floods, town.roads)]
    published(town.drought)  # which nobody follows
    work_through(Queue.ROUTINE)
    assert dict(inbox.recipients()) == {"ana@example.org": 2}
    inbox.mails.clear()

    run = a_run()
    assert dict(inbox.recipients()) == {"carla@example.org": 1}
    assert items(run) == {"carla@example.org": [bulletin.pk for bulletin in bulletins]}
    assert (progress(run).sent, progress(run).state) == (1, "done")
    mail = inbox.mails[0]
    text, html = body_rules.check_parts(mail)
    body_rules.check_text(text)
    body_rules.check_html(html, "en", preview=False)  # inboxes show the first titles
    for bulletin in bulletins:
        body_rules.check_links(text, html, f"{settings.SITE_URL}/bulletins/{bulletin.pk}/")
    for words in ("Ministry of Water", "City of Brook", "Flood warnings", "Road works"):
        assert words in text
        assert words in html
    message = mail.message
    assert settings.DIGEST_ADDRESS in str(message["From"])
    assert (message["Precedence"], message["List-Unsubscribe-Post"]) == ("bulk", "List-Unsubscribe=One-Click")
    assert str(message["Feedback-ID"]).split(":")[2] == "digest"
    address = str(message["List-Unsubscribe"]).strip("<>")
    body_rules.check_links(text, html, address)
    token = read_unsubscribe_token(signer(), address.rpartition("/")[2])
    assert (token.subscriber_id, token.topic_ids) == (carla.pk, ())  # it ends digests
    for topic in (town.floods, town.roads):
        body_rules.check_links(text, html, f"{address}?topic={topic.pk}")
    places = [text.index(words) for words in ("City of Brook", "Road works", "Ministry of Water", "Flood warnings")]
    assert places == sorted(places)


def test_what_was_sent_at_once_is_not_said_again(town: Town, inbox: Inbox) -> None:
    """Neither what comes at once on another topic, nor what came before somebody changed to a digest."""
    a_subscriber("mixed@example.org", floods=AT_ONCE, roads=DAILY)
    changed = a_subscriber("changed@example.org", floods=AT_ONCE)
    at_once, in_digest = published(town.floods), published(town.roads)
    work_through(Queue.ROUTINE)
    assert set(inbox.recipients()) == {"mixed@example.org", "changed@example.org"}
    Subscription.objects.filter(subscriber=changed).update(frequency=DAILY)
    later = published(town.floods)
    work_through(Queue.ROUTINE)
    inbox.mails.clear()
    run = a_run()
    assert items(run) == {"mixed@example.org": [in_digest.pk], "changed@example.org": [later.pk]}
    assert set(inbox.recipients().values()) == {1}
    assert at_once.pk not in {number for numbers in items(run).values() for number in numbers}


def test_emergencies_are_not_kept_for_a_digest(town: Town, inbox: Inbox) -> None:
    a_subscriber("carla@example.org", floods=DAILY)
    an_alert_sent(town.floods)
    work_through(Queue.EMERGENCY)
    assert len(inbox.mails) == 1
    a_run()
    assert len(inbox.mails) == 1
    assert not DigestItem.objects.exists()


def test_without_news_there_is_no_digest(town: Town, inbox: Inbox) -> None:
    a_subscriber("carla@example.org", floods=DAILY)
    run = a_run()
    assert (inbox.mails, progress(run).recipients, run.state) == ([], 0, Dispatch.State.DONE)
    assert not Delivery.objects.exists()


def test_a_run_is_made_once_and_the_next_begins_where_it_ended(town: Town, inbox: Inbox) -> None:
    a_subscriber("carla@example.org", floods=DAILY)
    first = published(town.floods)
    run = a_run()
    assert start_run(period=DAILY, cut_off=run.cut_off) is None
    second = published(town.floods)
    following = a_run()
    assert following.since == run.cut_off
    assert [items(one) for one in (run, following)] == [
        {"carla@example.org": [first.pk]},
        {"carla@example.org": [second.pk]},
    ]
    assert len(inbox.mails) == 2


def test_a_weekly_reader_is_not_written_to_daily(town: Town, inbox: Inbox) -> None:
    a_subscriber("ben@example.org", floods=WEEKLY)
    bulletin = published(town.floods)
    a_run(DAILY)
    assert not inbox.mails
    run = a_run(WEEKLY)
    assert items(run) == {"ben@example.org": [bulletin.pk]}
    assert run.cut_off - run.since == timedelta(days=7)  # type: ignore[operator]  # a run has both


def test_who_unsubscribes_between_the_run_and_its_sending_gets_none(town: Town, inbox: Inbox) -> None:
    carla = a_subscriber("carla@example.org", floods=DAILY)
    published(town.floods)
    run = start_run(period=DAILY, cut_off=timezone.now())
    assert run is not None
    Subscription.objects.filter(subscriber=carla).update(ended_at=timezone.now())
    work_through(Queue.DIGEST)
    assert not inbox.mails


def reads(person: Subscriber, topic: Topic, frequency: Frequency) -> None:
    """What the person does on the page of their topics."""
    change_topics(subscriber=person, choices={topic: frequency}, page="/me/")


def test_who_changes_to_at_once_still_gets_the_days_news(town: Town, inbox: Inbox) -> None:
    carla = a_subscriber("carla@example.org", floods=DAILY)
    morning = published(town.floods)
    work_through(Queue.ROUTINE)
    reads(carla, town.floods, AT_ONCE)
    published(town.floods)
    work_through(Queue.ROUTINE)
    assert len(inbox.mails) == 1
    run = a_run()
    assert items(run) == {"carla@example.org": [morning.pk]}
    assert len(inbox.mails) == 2
    published(town.floods)
    assert items(a_run()) == {}


def test_a_weekly_digest_does_not_repeat_the_daily_ones(town: Town, inbox: Inbox) -> None:
    carla = a_subscriber("carla@example.org", floods=DAILY)
    first = published(town.floods)
    daily = a_run()
    reads(carla, town.floods, WEEKLY)
    second = published(town.floods)
    weekly = a_run(WEEKLY)
    assert [items(one) for one in (daily, weekly)] == [
        {"carla@example.org": [first.pk]},
        {"carla@example.org": [second.pk]},
    ]


def test_who_changes_from_weekly_to_daily_misses_nothing_of_the_week(town: Town, inbox: Inbox) -> None:
    carla = a_subscriber("carla@example.org", floods=WEEKLY)
    monday = published(town.floods)
    a_run()
    reads(carla, town.floods, DAILY)
    tuesday = published(town.floods)
    daily = a_run()
    weekly = a_run(WEEKLY)
    assert items(daily) == {"carla@example.org": [tuesday.pk]}
    assert items(weekly) == {"carla@example.org": [monday.pk]}


def test_who_changes_twice_gets_everything_once(town: Town, inbox: Inbox) -> None:
    carla = a_subscriber("carla@example.org", floods=DAILY, roads=WEEKLY)
    first, both = published(town.floods), published(town.roads)
    work_through(Queue.ROUTINE)
    reads(carla, town.floods, AT_ONCE)
    second = published(town.floods)
    work_through(Queue.ROUTINE)
    reads(carla, town.floods, WEEKLY)
    third = published(town.floods)
    daily, weekly = a_run(), a_run(WEEKLY)
    assert items(daily) == {"carla@example.org": [first.pk]}
    assert items(weekly) == {"carla@example.org": [both.pk, third.pk]}
    assert second.pk not in {number for run in (daily, weekly) for number in items(run)["carla@example.org"]}


def test_a_run_waits_until_the_other_one_of_its_time_is_expanded(town: Town, inbox: Inbox) -> None:
    """So that who changed on Monday morning does not get Sunday's news in both."""
    carla = a_subscriber("carla@example.org", floods=DAILY)
    bulletin = published(town.floods)
    reads(carla, town.floods, WEEKLY)
    now = timezone.now()
    daily = start_run(period=DAILY, cut_off=now)
    assert daily is not None
    assert start_run(period=WEEKLY, cut_off=now) is None
    work_through(Queue.DIGEST)
    weekly = start_run(period=WEEKLY, cut_off=now)
    assert weekly is not None
    work_through(Queue.DIGEST)
    assert items(daily) == {"carla@example.org": [bulletin.pk]}
    assert items(weekly) == {}
    assert len(inbox.mails) == 1


def test_what_was_withdrawn_before_the_digest_was_sent_is_not_in_it(town: Town, inbox: Inbox) -> None:
    a_subscriber("ana@example.org", floods=DAILY)
    a_subscriber("ben@example.org", floods=DAILY, roads=DAILY)
    withdrawn, kept = published(town.floods), published(town.roads)
    run = start_run(period=DAILY, cut_off=timezone.now())
    assert run is not None
    assert expand_next(Lane.DIGEST, Channel.EMAIL)  # the only slice
    Bulletin.objects.filter(pk=withdrawn.pk).update(status=Bulletin.Status.WITHDRAWN)
    work_through(Queue.DIGEST)
    assert set(inbox.recipients()) == {"ben@example.org"}
    assert f"/bulletins/{kept.pk}/" in inbox.mails[0].text("plain")
    assert f"/bulletins/{withdrawn.pk}/" not in inbox.mails[0].text("plain")
    skipped = Delivery.objects.get(dispatch_id=run.pk, status=Delivery.Status.SKIPPED)
    assert skipped.detail == "withdrawn"
