"""Digests come at each person's own hour; whoever changes it misses nothing and gets nothing twice."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.engine.digests import start_due_runs
from alerts.engine.fanout import expand_next
from alerts.lanes import Channel, Lane
from alerts.models import Batch, Bulletin, Delivery, DigestItem, Dispatch
from alerts.partitions import ensure_month
from subscriptions.models import Frequency, ReadingTime, Subscriber, Timetable, Topic
from subscriptions.reading_times import set_times
from tests.integration.subscriptions.cast import Town, a_bulletin, a_subscriber, a_town

pytestmark = pytest.mark.django_db
DAILY, WEEKLY, AT_ONCE = Frequency.DAILY, Frequency.WEEKLY, Frequency.IMMEDIATE
# A Sunday in winter; one week before clocks go forward in Europe, and two after they did in America.
NOON = datetime(2026, 3, 22, 12, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def town() -> Town:
    return a_town()


class World:
    """The platform's clock in the test's hand."""

    def __init__(self, clock: time_machine.Traveller, town: Town) -> None:
        self.clock, self.town = clock, town

    @property
    def now(self) -> datetime:
        return datetime.now(UTC)

    def publish(self, topic: Topic | None = None) -> Bulletin:
        bulletin = a_bulletin(topic or self.town.floods)
        sent_at_once(bulletin)
        return bulletin

    def until(self, moment: datetime, every: timedelta = timedelta(minutes=15)) -> None:
        """Housekeeping at the quarter hours and a little after, as beat would have it."""
        while self.now < moment:
            self.clock.move_to(min(self.now + every, moment))
            keep_house()


def sent_at_once(bulletin: Bulletin) -> Dispatch:
    assert bulletin.published_at is not None
    month = bulletin.published_at.date().replace(day=1)
    ensure_month(month)
    return Dispatch.objects.create(
        bulletin=bulletin, agency=bulletin.agency, lane=Lane.ROUTINE, month=month, cut_off=bulletin.published_at,
        state=Dispatch.State.DONE, expanded_at=bulletin.published_at,
    )  # fmt: skip


def keep_house() -> None:
    """What beat asks for, until there is nothing left: a run waits for the one before it, whose batches are sent."""
    while start_due_runs():
        while expand_next(Lane.DIGEST, Channel.EMAIL):
            Batch.objects.all().delete()


@contextmanager
def a_world(start: datetime = NOON, town: Town | None = None) -> Iterator[World]:
    with time_machine.travel(start, tick=False) as clock:
        keep_house()  # the platform's own timetables begin here
        yield World(clock, town or a_town())


def digests(person: Subscriber) -> list[tuple[datetime, list[int]]]:
    """When each digest was made for the person, and its bulletins."""
    runs = {run.pk: run for run in Dispatch.objects.filter(bulletin=None)}
    found: dict[int, list[int]] = {}
    for item in DigestItem.objects.filter(recipient_id=person.pk).order_by("bulletin_id"):
        found.setdefault(item.dispatch_id, []).append(item.bulletin_id)
    return sorted((runs[run].cut_off, bulletins) for run, bulletins in found.items())


def reads_at(person: Subscriber, zone: str, hour: int, weekday: int = 0) -> None:
    set_times(subscriber_id=person.pk, zone=zone, hour=hour, weekday=weekday, quiet=None)


def test_each_gets_the_digest_at_the_hour_of_their_zone(town: Town) -> None:
    with a_world(town=town) as world:
        own = a_subscriber("own@example.org", floods=DAILY)
        people = {
            zone: a_subscriber(f"{zone.rpartition('/')[2].lower()}@example.org", floods=DAILY)
            for zone in ("Asia/Kathmandu", "Europe/Paris", "America/St_Johns", "Australia/Lord_Howe")
        }
        for zone, person in people.items():
            reads_at(person, zone, 9)
        bulletin = world.publish()
        world.until(NOON + timedelta(days=3))
        times = {zone: [f"{at:%d %H:%M}" for at, _ in digests(person)] for zone, person in people.items()}
        assert times == {
            "Asia/Kathmandu": ["23 03:15"],
            "Europe/Paris": ["23 08:00"],
            "America/St_Johns": ["23 11:30"],
            "Australia/Lord_Howe": ["22 22:00"],
        }
        assert digests(own) == [(datetime(2026, 3, 23, 7, tzinfo=UTC), [bulletin.pk])]


def test_weekly_digests_come_on_the_chosen_day(town: Town) -> None:
    with a_world(town=town) as world:
        monday = a_subscriber("monday@example.org", floods=WEEKLY)
        friday = a_subscriber("friday@example.org", floods=WEEKLY)
        reads_at(friday, "Europe/Paris", 18, weekday=4)
        first = world.publish()
        world.until(NOON + timedelta(days=6))
        second = world.publish()
        world.until(NOON + timedelta(days=14), every=HOUR)
        assert digests(monday) == [
            (datetime(2026, 3, 23, 7, tzinfo=UTC), [first.pk]), (datetime(2026, 3, 30, 7, tzinfo=UTC), [second.pk]),
        ]  # fmt: skip
        assert digests(friday) == [  # clocks went forward in between
            (datetime(2026, 3, 27, 17, tzinfo=UTC), [first.pk]), (datetime(2026, 4, 3, 16, tzinfo=UTC), [second.pk]),
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("start", "hour", "expected"),
    [
        (datetime(2026, 3, 28, 12, tzinfo=UTC), 2, ["29 01:00", "30 00:00"]),  # 02:00 is skipped on the 29th
        (datetime(2026, 10, 24, 12, tzinfo=UTC), 2, ["25 00:00", "26 01:00"]),  # and comes twice on the 25th
    ],
)
def test_an_hour_that_is_skipped_or_comes_twice_makes_one_digest(
    start: datetime, hour: int, expected: list[str], town: Town
) -> None:
    with a_world(start, town) as world:
        person = a_subscriber(floods=DAILY)
        reads_at(person, "Europe/Paris", hour)
        published = []
        for _ in range(40):
            published.append(world.publish().pk)
            world.until(world.now + HOUR)
        assert [f"{at:%d %H:%M}" for at, _ in digests(person)] == expected
        had = [number for _, numbers in digests(person) for number in numbers]
        assert had == published[: len(had)]


def test_who_moves_to_a_later_hour_gets_one_digest_of_a_longer_day(town: Town) -> None:
    with a_world(town=town) as world:
        person = a_subscriber(floods=DAILY)
        first = world.publish()
        world.until(datetime(2026, 3, 23, 8, tzinfo=UTC))
        reads_at(person, "UTC", 20)
        second = world.publish()
        world.until(datetime(2026, 3, 23, 19, tzinfo=UTC))
        third = world.publish()
        world.until(datetime(2026, 3, 25, 12, tzinfo=UTC))
        assert digests(person) == [
            (datetime(2026, 3, 23, 7, tzinfo=UTC), [first.pk]),
            (datetime(2026, 3, 23, 20, tzinfo=UTC), [second.pk, third.pk]),
        ]


def test_who_changes_after_the_hour_and_before_the_run_gets_both_their_digests(town: Town) -> None:
    """The run of seven o'clock is made late: it is for whoever read at seven when it was due."""
    with a_world(town=town) as world:
        a_subscriber("another@example.org", floods=DAILY)
        person = a_subscriber(floods=DAILY)
        first = world.publish()
        world.clock.move_to(datetime(2026, 3, 23, 7, 30, tzinfo=UTC))
        reads_at(person, "UTC", 9)
        second = world.publish()
        keep_house()
        world.until(datetime(2026, 3, 24, 12, tzinfo=UTC))
        assert digests(person) == [
            (datetime(2026, 3, 23, 7, tzinfo=UTC), [first.pk]), (datetime(2026, 3, 23, 9, tzinfo=UTC), [second.pk]),
        ]  # fmt: skip


def test_an_outage_of_days_ends_with_one_digest_each_of_all_that_was_missed(town: Town) -> None:
    with a_world(town=town) as world:
        own = a_subscriber("own@example.org", floods=DAILY)
        other = a_subscriber("other@example.org", floods=DAILY)
        reads_at(other, "Asia/Tokyo", 12)
        numbers = []
        for _ in range(4):
            numbers.append(world.publish().pk)
            world.clock.shift(timedelta(days=1))
        keep_house()
        keep_house()
        assert [bulletins for _, bulletins in digests(own)] == [numbers]
        assert [bulletins for _, bulletins in digests(other)] == [numbers]


def test_moments_without_news_or_without_readers_leave_no_run(town: Town) -> None:
    with a_world(town=town) as world:
        person = a_subscriber(floods=DAILY)
        reads_at(person, "Asia/Tokyo", 12)
        world.until(NOON + timedelta(days=2))
        assert not Dispatch.objects.exists()
        bulletin = world.publish(world.town.roads)
        world.until(NOON + timedelta(days=3))
        assert [run.cut_off.hour for run in Dispatch.objects.filter(bulletin=None)] == [3]  # noon in Tokyo, nobody else
        assert digests(person) == []
        assert bulletin.published_at


def test_a_bulletin_on_a_daily_and_a_weekly_topic_comes_once(town: Town) -> None:
    with a_world(town=town) as world:
        people = [a_subscriber(f"p{number}@example.org", floods=DAILY, drought=WEEKLY) for number in range(2)]
        reads_at(people[1], "America/New_York", 6, weekday=2)
        world.until(NOON + timedelta(hours=1))
        bulletin = a_bulletin(town.floods, town.drought)
        sent_at_once(bulletin)
        world.until(NOON + timedelta(days=9), every=HOUR)
        for person in people:
            assert [bulletins for _, bulletins in digests(person)] == [[bulletin.pk]]


def test_who_was_sent_it_at_once_finds_it_in_no_digest_of_their_own_hour(town: Town) -> None:
    with a_world(town=town) as world:
        person = a_subscriber(floods=DAILY)
        reads_at(person, "Europe/Paris", 9)
        ReadingTime.objects.update(from_at=NOON - timedelta(days=3))
        bulletin = world.publish()
        dispatch = Dispatch.objects.get(bulletin=bulletin)
        sent(dispatch, person)
        other = world.publish()
        world.until(NOON + timedelta(days=1))
        assert [bulletins for _, bulletins in digests(person)] == [[other.pk]]


def sent(dispatch: Dispatch, person: Subscriber) -> None:
    Delivery.objects.create(
        month=dispatch.month, dispatch_id=dispatch.pk, recipient_kind=1, recipient_id=person.pk, channel=1,
        lane=Lane.ROUTINE, topics=[1], status=Delivery.Status.SENT, attempts=1,
    )  # fmt: skip


def test_saving_the_same_times_again_changes_nothing(town: Town) -> None:
    person = a_subscriber(floods=DAILY)
    for _ in range(2):
        reads_at(person, "Europe/Paris", 9)
    assert ReadingTime.objects.count() == 1
    assert Timetable.objects.exclude(zone="").count() == 2


ZONES = ["UTC", "Europe/Paris", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia"]
# What happens, and how many quarter hours pass before it.
ACTS = st.one_of(
    st.just(("publish",)),
    st.just(("publish",)),
    st.tuples(st.just("move"), st.integers(0, 2), st.sampled_from(ZONES), st.integers(0, 23), st.integers(0, 6)),
    st.just(("house",)),
)
STORIES = st.lists(st.tuples(st.integers(0, 80), ACTS), min_size=4, max_size=14)
STARTS = st.sampled_from([NOON, NOON + timedelta(days=5), datetime(2026, 10, 23, 12, tzinfo=UTC)])


@given(start=STARTS, story=STORIES)
@settings(max_examples=20)
def test_whatever_people_change_and_whenever_everything_comes_exactly_once(start, story) -> None:
    """Zones with quarter and half hours, days on which clocks are set, housekeeping that is late or away for days."""
    with transaction.atomic():
        try:
            tell(start, story)
        finally:
            transaction.set_rollback(True)


def tell(start: datetime, story: list[tuple[int, tuple[Any, ...]]]) -> None:
    with a_world(start) as world:
        people = [
            a_subscriber("daily@example.org", floods=DAILY),
            a_subscriber("weekly@example.org", floods=WEEKLY),
            a_subscriber("both@example.org", floods=DAILY, drought=WEEKLY),
        ]
        published = []
        for quarters, (act, *more) in story:
            world.clock.shift(quarters * 15 * MINUTE + 7 * MINUTE)
            if act == "house":
                keep_house()
            elif act == "publish":
                bulletin = a_bulletin(world.town.floods, world.town.drought)
                sent_at_once(bulletin)
                published.append(bulletin.pk)
            else:
                who, zone, hour, weekday = more
                reads_at(people[who], zone, hour, weekday)
        for _ in range(3):
            keep_house()
            world.clock.shift(timedelta(days=8))
        for person in people:
            had = Counter(number for _, numbers in digests(person) for number in numbers)
            assert had == Counter(published), person.email
