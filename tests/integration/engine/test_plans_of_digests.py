"""A digest's slice ends where its own readers do, with none of what else they follow read in between."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from alerts.engine.digest_audience import DigestReaders
from alerts.lanes import Lane
from alerts.models import Dispatch
from govnotify.lib.database import in_index_order, query
from subscriptions.models import Frequency, Timetable
from tests.integration.engine.people import PEOPLE
from tests.integration.engine.reading import forget_statistics, reading_few
from tests.integration.staff.cast import a_topic, an_agency

pytestmark = pytest.mark.django_db
READERS, SIZE = 2_500, 300
ENTRIES = 4 * SIZE
# Five topics of each, one of them in digests and each changed twice: in the order in which people come.
SUBSCRIPTIONS = """
INSERT INTO subscriptions_subscription (subscriber_id, topic_id, frequency, started_at)
SELECT id, topic, CASE WHEN topic = %(read)s THEN 'daily' ELSE 'immediate' END, now()
FROM generate_series(1, %(people)s) AS id, unnest(%(topics)s::bigint[]) AS topic ORDER BY id, topic
"""
CONSENTS = """
INSERT INTO subscriptions_consentrecord (subscriber_id, topic_id, act, way, frequency, page, at)
SELECT id, topic, CASE WHEN topic = %(read)s THEN 'changed' ELSE 'given' END, 'managed', 'daily', '', now()
FROM generate_series(1, %(people)s) AS id, unnest(%(topics)s::bigint[]) AS topic ORDER BY id, topic
"""
READING_TIMES = """
INSERT INTO subscriptions_readingtime (subscriber_id, daily_id, weekly_id, from_at, until_at, daily_since, weekly_since)
SELECT id, daily, %(weekly)s, now(), now() + daily * interval '1 hour', now(), now()
FROM generate_series(1, %(people)s) AS id, unnest(%(dailies)s::bigint[]) AS daily ORDER BY id, daily
"""
NOBODY = """
DELETE FROM subscriptions_subscription; DELETE FROM subscriptions_consentrecord; DELETE FROM subscriptions_readingtime
"""
MOMENTS = ["never", "when empty", "at first", "now"]


@pytest.fixture(params=MOMENTS)
def run(request) -> Dispatch:
    """A run of digests, of readers who follow other topics too and have chosen other timetables before."""
    forget_statistics(as_empty=request.param == "when empty")
    agency = an_agency("water", "Water")
    topics = [a_topic(agency, f"topic-{number}").pk for number in range(5)]
    now = timezone.now()
    dailies = [_timetable(Frequency.DAILY, hour, now) for hour in range(5)]
    weekly = _timetable(Frequency.WEEKLY, 7, now)
    values = {"topics": topics, "read": topics[2], "dailies": dailies, "weekly": weekly}
    query(PEOPLE, {"people": READERS})
    for people in (10, READERS):
        query(NOBODY, {})
        for statement in (SUBSCRIPTIONS, CONSENTS, READING_TIMES):
            query(statement, values | {"people": people})
        if request.param == ("at first" if people == 10 else "now"):
            query("ANALYZE", {})
    return Dispatch.objects.create(
        period=Frequency.DAILY, lane=Lane.DIGEST, month=now.date().replace(day=1), since=now, cut_off=now
    )


def test_a_slice_of_the_platforms_own_readers_ends(run):
    assert _end(run, reads=ENTRIES) == 7 + ENTRIES


def test_a_slice_of_a_timetables_readers_ends(run):
    [timetable] = Timetable.objects.filter(period=Frequency.DAILY, hour=3)
    run.timetables, run.sinces = [timetable.pk], [run.since]
    assert _end(run, reads=SIZE) == 7 + SIZE


def _end(run: Dispatch, *, reads: int) -> int | None:
    with in_index_order(), reading_few(reads):
        return DigestReaders(run).upper_end(7, SIZE)


def _timetable(period: Frequency, hour: int, now: datetime) -> int:
    through, following = now - timedelta(days=1), now + timedelta(days=1)
    one = Timetable.objects.create(
        period=period, zone="Europe/Kyiv", hour=hour, weekday=0, through=through, next_at=following
    )
    return one.pk
