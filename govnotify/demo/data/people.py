"""2,000 citizens of Tarnmark, what they follow, and the proof that they agreed."""

import random
import tomllib
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from django.utils import timezone

from govnotify.demo.data.agencies import EMERGENCY_TOPIC, ROUTINE_TOPIC
from govnotify.demo.data.places import CAPITAL
from subscriptions.address_key import address_key
from subscriptions.models import ConsentRecord, Frequency, Place, Subscriber, SubscriberArea, Subscription, Topic
from subscriptions.reading_times import set_times

PEOPLE = 2_000
JOINED_WITHIN_DAYS = 20  # younger than every published bulletin of the demo: nobody missed one
EMERGENCY_SHARE = 0.75
PLACED_SHARE = 0.4  # chose places: one, or home and work
CAPITAL_SHARE = 0.3  # of these choose the capital first
LANGUAGES = {"en": 58, "ro": 12, "es": 9, "uk": 9, "fr": 7, "ar": 5}  # read by so many in a hundred
FREQUENCIES = {Frequency.IMMEDIATE: 7, Frequency.DAILY: 2, Frequency.WEEKLY: 1}
ABROAD = 24  # of the people
ZONES = ("Europe/Paris", "America/Toronto", "Asia/Kathmandu", "Australia/Adelaide")  # where they live then
BATCH = 5_000  # rows of one INSERT


def make_people(number: int = PEOPLE) -> None:
    """The subscribers, confirmed, with their subscriptions and one consent record for each of these."""
    chance = random.Random(1881)  # noqa: S311  the same people in every demo
    people = Subscriber.objects.bulk_create(_people(chance, timezone.now(), number), batch_size=BATCH)
    topics = list(Topic.objects.public().order_by("pk"))
    subscriptions = [one for person in people for one in _choices(chance, person, topics)]
    Subscription.objects.bulk_create(subscriptions, batch_size=BATCH)
    ConsentRecord.objects.bulk_create([consent(one, "/subscribe/") for one in subscriptions], batch_size=BATCH)
    SubscriberArea.objects.bulk_create(_areas(people), batch_size=BATCH)
    _choose_times(people[:: len(people) // ABROAD])


def _choose_times(people: Sequence[Subscriber]) -> None:
    """Some live elsewhere and read at their own hour. None has quiet hours: the main job is to reach everybody now."""
    for number, person in enumerate(people):
        zone = ZONES[number % len(ZONES)]
        set_times(subscriber_id=person.pk, zone=zone, hour=6 + number % 5, weekday=number % 7, quiet=None)


def _areas(people: Sequence[Subscriber]) -> Iterator[SubscriberArea]:
    """Towns, and now and then a county."""
    chance = random.Random(1902)  # noqa: S311  the same places in every demo
    places = list(Place.objects.exclude(kind=Place.Kind.REGION).order_by("code"))
    capital = next(place for place in places if place.code == CAPITAL)
    for person in people:
        if chance.random() < PLACED_SHARE:
            first = capital if chance.random() < CAPITAL_SHARE else chance.choice(places)
            for place in {first.pk, chance.choice(places).pk} if chance.random() < PLACED_SHARE else {first.pk}:
                yield SubscriberArea(subscriber=person, place_id=place)


def _people(chance: random.Random, now: datetime, number: int) -> Iterator[Subscriber]:
    for email in _addresses(chance, number):
        yield Subscriber(
            email=email,
            address_key=address_key(email),
            status=Subscriber.Status.ACTIVE,
            language=chance.choices(list(LANGUAGES), list(LANGUAGES.values()))[0],
            confirmed_at=now - timedelta(days=chance.uniform(0.1, JOINED_WITHIN_DAYS)),
        )


def _addresses(chance: random.Random, number: int) -> Iterator[str]:
    names = tomllib.loads((Path(__file__).parent / "names.toml").read_text())
    yield from names["unusual"]
    for position in range(len(names["unusual"]), number):
        first, last = chance.choice(names["first"]), chance.choice(names["last"])
        yield f"{first}.{last}{position}@{chance.choice(names['domains'])}"


def _choices(chance: random.Random, person: Subscriber, topics: Sequence[Topic]) -> Iterator[Subscription]:
    """Announcements for everybody; the rest falls off as one over the rank, as such lists do."""
    weights = [1 / rank for rank in range(1, len(topics) + 1)]
    wanted = chance.choices(topics, weights, k=chance.randint(1, 8))
    frequencies = {
        topic: chance.choices(list(FREQUENCIES), list(FREQUENCIES.values()))[0] for topic in dict.fromkeys(wanted)
    }
    by_slug = {topic.slug: topic for topic in topics}
    frequencies[by_slug[ROUTINE_TOPIC]] = Frequency.IMMEDIATE
    if chance.random() < EMERGENCY_SHARE:
        frequencies[by_slug[EMERGENCY_TOPIC]] = Frequency.IMMEDIATE
    for topic, frequency in frequencies.items():
        assert person.confirmed_at is not None  # noqa: S101  for the type checker: all of them are confirmed
        yield Subscription(subscriber=person, topic=topic, frequency=frequency, started_at=person.confirmed_at)


def consent(subscription: Subscription, page: str) -> ConsentRecord:
    """The record that a confirmed subscription of a person begins with; `page` is where it was asked for."""
    return ConsentRecord(
        subscriber_id=subscription.subscriber_id,  # type: ignore[misc]  # these are all of people, none of machines
        topic_id=subscription.topic_id,
        act=ConsentRecord.Act.GIVEN,
        way=ConsentRecord.Way.CONFIRMED,
        frequency=subscription.frequency,
        page=page,
        at=subscription.started_at,
    )
