"""Fills the database of the web benchmark: the archive of the search benchmark, who follows its topics, alerts.

A few of the people are made as the platform makes them, with what the pages about one person need.
"""

import time
from dataclasses import dataclass
from datetime import timedelta
from math import ceil

from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.utils import timezone

from agencies.api_keys import create_api_key
from agencies.models import Agency
from agencies.models.api_key import Scope
from alerts.models import Alert, Bulletin, BulletinTopic, BulletinVariant
from bench.scale_country import SEED, SHARE, SKEW, SUBSCRIBERS, SUBSCRIPTIONS, bulk_load
from bench.search_archive import fill as fill_archive
from govnotify.lib.database import query
from subscriptions.address_key import address_key
from subscriptions.models import SignUp, Subscriber, Subscription, Topic

AGENCIES, TOPICS = 1_800, 20_000
FOLLOWED = 2_000  # topics, of which the largest has a fifth of everybody
ACQUAINTED = 300  # people who sign in or leave
FOLLOWS = 8  # topics of each of these
ASKED = 6_000  # sign-ups that wait for their confirmation
STANDING, PAST = 3, 50  # alerts
SEQUENCE = "SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"


@dataclass(frozen=True, slots=True)
class Acquainted:
    """Somebody with the session of a browser and the topics that they follow."""

    subscriber: Subscriber
    topics: list[int]
    session: str


def fill(subscribers: int, bulletins: int) -> dict[str, object]:
    began = time.perf_counter()
    filled = fill_archive(bulletins, AGENCIES, TOPICS)
    sizes = [ceil(subscribers * SHARE / rank**SKEW) for rank in range(1, FOLLOWED + 1)]
    topics = list(Topic.objects.public().order_by("pk").values_list("pk", flat=True)[:FOLLOWED])
    values = {"topics": topics, "sizes": sizes, "stretches": [subscribers / size for size in sizes]}
    with bulk_load("subscriptions_subscriber"):
        query(SUBSCRIBERS, {"subscribers": subscribers})
    with bulk_load("subscriptions_subscription"):
        query("SELECT setseed(%(seed)s)", {"seed": SEED})
        query(SUBSCRIPTIONS, values)
    for table in ("subscriptions_subscriber", "alerts_bulletin"):  # their rows came with ids
        query(SEQUENCE.format(table=table), {})
    _alerts()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")
    return {
        "subscribers": subscribers,
        "subscriptions": sum(sizes),
        "fill_s": round(time.perf_counter() - began),
        **{name: filled[name] for name in ("agencies", "topics", "bulletins")},
    }


def acquainted() -> list[Acquainted]:
    """People of whom each follows some of the topics and is signed in."""
    topics = list(Topic.objects.public().order_by("pk").values_list("pk", flat=True)[:FOLLOWED])
    now = timezone.now()
    people = Subscriber.objects.bulk_create(
        Subscriber(email=email, address_key=address_key(email), status="active", confirmed_at=now)
        for email in (f"known{number}@friends.example" for number in range(ACQUAINTED))
    )
    chosen = {person.pk: topics[number : number + FOLLOWS] for number, person in enumerate(people)}
    Subscription.objects.bulk_create(
        Subscription(subscriber_id=person, topic_id=topic, frequency="immediate", started_at=now)
        for person, followed in chosen.items()
        for topic in followed
    )
    return [Acquainted(person, chosen[person.pk], _session(person)) for person in people]


def sign_ups() -> list[SignUp]:
    """Requests of people who have not confirmed yet."""
    topic = Topic.objects.public().order_by("pk").values_list("pk", flat=True)[0]
    emails = [f"new{number}@newcomers.example" for number in range(ASKED)]
    people = Subscriber.objects.bulk_create(Subscriber(email=email, address_key=address_key(email)) for email in emails)
    return SignUp.objects.bulk_create(
        SignUp(subscriber=person, choices={str(topic): "immediate"}, language="en", page="/subscribe/")
        for person in people
    )


def api_key(agency: Agency) -> str:
    return create_api_key(agency=agency, name="bench", scopes=[Scope.BULLETINS], created_by=None)[1]


def _session(person: Subscriber) -> str:
    session = SessionStore()
    session["subscriber"], session["subscriber-until"] = person.pk, time.time() + 3_600
    session.create()
    return str(session.session_key)


def _alerts() -> None:
    """Some that stand, and more that are over."""
    topic = Topic.objects.public().select_related("agency").order_by("pk")[0]
    now = timezone.now()
    for number in range(STANDING + PAST):
        bulletin = Bulletin.objects.create(agency=topic.agency, status="published", published_at=now)
        BulletinTopic.objects.create(bulletin=bulletin, topic=topic, position=0)
        BulletinVariant.objects.create(
            bulletin=bulletin, language="en", title=f"Flash flood {number}", body="Go upstairs.",
            html="<p>Go upstairs.</p>", instruction="Go upstairs.", event="Flash flood",
        )  # fmt: skip
        Alert.objects.create(
            bulletin=bulletin, identifier=f"bench-{number}", sender="bench@agency.example", sent=now, status="Actual",
            category=["Met"], urgency="Immediate", severity="Severe", certainty="Observed",
            areas=[{"description": "Lower town"}], expires=now + timedelta(hours=6 if number < STANDING else -1),
        )  # fmt: skip
