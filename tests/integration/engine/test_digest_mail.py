"""What stands in a digest, for whom, in which language and order; and times in mails, where each reader is."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from pytest_django import Settings

from agencies.models import Role
from alerts.acts.content import VariantText
from alerts.acts.drafting import create_bulletin
from alerts.acts.publishing import publish_bulletin
from alerts.engine.digests import start_run
from alerts.models import Bulletin, DigestItem
from channels.tokens import read_unsubscribe_token
from govnotify.lib.queues import Queue
from subscriptions.keys import signer
from subscriptions.models import Frequency, Subscriber, Topic
from subscriptions.reading_times import set_times
from tests.engine import work_through
from tests.inbox import Inbox, Mail
from tests.integration.faults.scenes import an_alert_sent, somebody
from tests.integration.subscriptions.cast import Town, a_subscriber, a_town

pytestmark = pytest.mark.django_db(transaction=True)
DAILY = Frequency.DAILY


@pytest.fixture
def town() -> Town:
    return a_town()


def published(*topics: Topic, **titles: str) -> Bulletin:
    """A bulletin whose title in each language is given."""
    texts = [VariantText(language=tag, title=title, body=f"{title}. More.") for tag, title in titles.items()]
    author = somebody(topics[0].agency, Role.PUBLISHER)
    bulletin = create_bulletin(agency=topics[0].agency, topics=list(topics), variants=texts, author=author)
    publish_bulletin(bulletin=bulletin, publisher=author)
    return bulletin


def digests(inbox: Inbox) -> dict[str, Mail]:
    """The mail of the day's run, by address."""
    work_through(Queue.ROUTINE)
    inbox.mails.clear()
    assert start_run(period=DAILY, cut_off=timezone.now() + timedelta(seconds=1))
    work_through(Queue.DIGEST)
    return {mail.recipient: mail for mail in inbox.mails}


def places(text: str, *words: str) -> list[int]:
    return [text.index(word) for word in words]


def test_items_stand_by_agency_and_topic_each_under_its_heading_once(town: Town, inbox: Inbox) -> None:
    a_subscriber("carla@example.org", floods=DAILY, drought=DAILY, roads=DAILY)
    published(town.floods, en="Flood one")
    published(town.roads, es="Road one")
    published(town.drought, en="Drought one")
    published(town.floods, en="Flood two")
    mail = digests(inbox)["carla@example.org"]
    order = [
        "City of Brook", "Road works", "Road one",
        "Ministry of Water", "Drought notices", "Drought one", "Flood warnings", "Flood one", "Flood two",
    ]  # fmt: skip
    for part in ("plain", "html"):
        text = mail.text(part)
        assert places(text, *order) == sorted(places(text, *order)), part
        for heading in ("City of Brook", "Ministry of Water"):
            assert text.count(heading) == 1


def test_each_reader_gets_each_item_in_the_nearest_language_and_the_mail_in_theirs(town: Town, inbox: Inbox) -> None:
    Topic.objects.filter(pk=town.roads.pk).update(translations={"fr": {"name": "Travaux"}})
    for language in ("fr-CA", "es", "uk"):
        person = a_subscriber(f"{language.lower()}@example.org", roads=DAILY)
        Subscriber.objects.filter(pk=person.pk).update(language=language)
    published(town.roads, en="Closed", es="Cerrado", fr="Fermé")
    published(town.roads, en="Open", ar="مفتوح")
    mails = digests(inbox)
    found = {email: mail.text("html") for email, mail in mails.items()}
    assert '<div lang="fr" dir="ltr"' in found["fr-ca@example.org"]
    assert "Fermé" in found["fr-ca@example.org"]
    assert "Travaux" in found["fr-ca@example.org"]
    assert "Cerrado" in found["es@example.org"]
    assert "Cerrado" in found["uk@example.org"]  # the agency's own language
    assert all("Open" in text and '<div lang="en" dir="ltr"' in text for text in found.values())


def test_the_postal_address_at_the_foot_is_in_the_reader_s_language(
    town: Town, inbox: Inbox, settings: Settings
) -> None:
    settings.SERVICE_TRANSLATIONS = {"fr": {"postal_address": "3 place de la Liberté"}}
    for language in ("fr-CA", "es"):
        person = a_subscriber(f"{language.lower()}@example.org", roads=DAILY)
        Subscriber.objects.filter(pk=person.pk).update(language=language)
    published(town.roads, en="Closed")
    mails = digests(inbox)
    for part in ("plain", "html"):
        assert "3 place de la Liberté" in mails["fr-ca@example.org"].text(part)
        assert "3 place de la Liberté" not in mails["es@example.org"].text(part)


def test_a_text_of_the_other_direction_says_so(town: Town, inbox: Inbox) -> None:
    a_subscriber("carla@example.org", roads=DAILY)
    published(town.roads, ar="مفتوح")
    assert '<div lang="ar" dir="rtl"' in digests(inbox)["carla@example.org"].text("html")


def test_the_link_beside_a_topic_is_the_reader_s_own(town: Town, inbox: Inbox) -> None:
    people = [a_subscriber(f"{name}@example.org", floods=DAILY) for name in ("ana", "ben")]
    published(town.floods, en="Flood")
    for person, mail in zip(people, digests(inbox).values(), strict=True):
        for part in ("plain", "html"):
            token = mail.text(part).partition(f"?topic={town.floods.pk}")[0].rpartition("/u/")[2]
            assert read_unsubscribe_token(signer(), token).subscriber_id == person.pk


def test_the_date_is_that_of_where_the_reader_is(town: Town, inbox: Inbox) -> None:
    zones = {"west@example.org": "Pacific/Pago_Pago", "east@example.org": "Pacific/Kiritimati"}  # 25 hours apart
    for email, zone in zones.items():
        Subscriber.objects.filter(pk=a_subscriber(email, floods=DAILY).pk).update(time_zone=zone)
    published(town.floods, en="Flood")
    mails = digests(inbox)
    now = timezone.now()
    for email, zone in zones.items():
        there = now.astimezone(ZoneInfo(zone))
        assert subject(mails[email]).endswith(f", {there.day} {there:%B %Y}")


def subject(mail: Mail) -> Any:
    return str(mail.message["Subject"])


def test_an_alert_names_its_times_as_each_reader_s_clock_shows_them(town: Town, inbox: Inbox) -> None:
    zones = {"kathmandu": "Asia/Kathmandu", "tokyo": "Asia/Tokyo", "seoul": "Asia/Seoul", "nowhere": None}
    for name, zone in zones.items():
        person = a_subscriber(f"{name}@example.org", floods=DAILY)
        if zone:
            set_times(subscriber_id=person.pk, zone=zone, hour=7, weekday=0, quiet=None)
    dispatch = an_alert_sent(town.floods)
    work_through(Queue.EMERGENCY)
    assert dispatch.bulletin is not None
    expires = dispatch.bulletin.alert.expires
    assert expires is not None
    for mail in inbox.mails:
        zone = zones[mail.recipient.partition("@")[0]] or "UTC"
        ends = expires.astimezone(ZoneInfo(zone))
        for part in ("plain", "html"):
            assert f"{ends.day} {ends:%B %Y}, {ends:%H:%M} {ends.tzname()}" in mail.text(part)


def test_a_digest_of_one_s_own_hour_is_recorded_and_sent_like_any_other(town: Town, inbox: Inbox) -> None:
    person = a_subscriber("carla@example.org", floods=DAILY)
    set_times(subscriber_id=person.pk, zone="Asia/Tokyo", hour=7, weekday=0, quiet=None)
    published(town.floods, en="Flood")
    assert digests(inbox) == {}
    assert not DigestItem.objects.exists()
