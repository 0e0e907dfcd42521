"""The moment at which a zone's clocks show an hour: one for every day, also where clocks are set."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from govnotify.lib.local_time import DAY, clock_time, is_zone, last_moment, moment, next_moment, zone_of, zones

HOURS = st.builds(time, st.integers(0, 23))
MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))
SOMEWHERE = st.sampled_from(zones()).map(ZoneInfo)


@pytest.mark.parametrize(
    ("zone", "at", "expected"),
    [
        ("Europe/Paris", datetime(2026, 7, 1, 7), "05:00"),
        ("Europe/Paris", datetime(2026, 12, 1, 7), "06:00"),
        ("Asia/Kathmandu", datetime(2026, 7, 1, 7), "01:15"),
        ("America/St_Johns", datetime(2026, 12, 1, 7), "10:30"),
        ("Australia/Lord_Howe", datetime(2026, 12, 1, 7), "20:00"),
        # Skipped: clocks are set from 02:00 to 03:00. Twice: they are set from 03:00 to 02:00.
        ("Europe/Paris", datetime(2026, 3, 29, 2), "01:00"),
        ("Europe/Paris", datetime(2026, 10, 25, 2), "00:00"),
    ],
)
def test_the_hour_of_a_zone_is_one_moment(zone: str, at: datetime, expected: str) -> None:
    assert f"{moment(ZoneInfo(zone), at.date(), at.time()):%H:%M}" == expected


@given(zone=SOMEWHERE, at=HOURS, now=MOMENTS)
def test_between_the_last_moment_and_the_next_lies_about_a_day(zone: ZoneInfo, at: time, now: datetime) -> None:
    last, following = last_moment(zone, at, now), next_moment(zone, at, now)
    assert last <= now < following
    assert timedelta(hours=21) <= following - last <= timedelta(hours=27)
    assert next_moment(zone, at, last) == following
    assert last_moment(zone, at, following) == following


@given(zone=SOMEWHERE, at=HOURS, now=MOMENTS, weekday=st.integers(0, 6))
def test_weekly_moments_are_a_week_apart_and_among_the_daily_ones(
    zone: ZoneInfo, at: time, now: datetime, weekday: int
) -> None:
    last, following = last_moment(zone, at, now, weekday), next_moment(zone, at, now, weekday)
    assert last <= now < following
    assert 7 * DAY - timedelta(hours=3) <= following - last <= 7 * DAY + timedelta(hours=3)
    assert last_moment(zone, at, last) == last


@given(zone=SOMEWHERE, at=HOURS, day=st.dates(date(2025, 1, 1), date(2028, 1, 1)))
def test_the_clocks_show_the_hour_unless_they_skip_it(zone: ZoneInfo, at: time, day: date) -> None:
    shown = moment(zone, day, at).astimezone(zone)
    skipped = shown.replace(tzinfo=None) - datetime.combine(day, at)
    assert skipped in {timedelta(0), timedelta(minutes=30), timedelta(hours=1)}


def test_every_zone_on_offer_is_known_and_nothing_else_is() -> None:
    assert {"Europe/Bucharest", "Asia/Kathmandu", "UTC"} <= set(zones())
    assert all(ZoneInfo(name) for name in zones())
    for name in ("", "Etc/GMT+3", "posixrules", "../../etc/passwd", "Europe/Atlantis", "europe/paris"):
        assert not is_zone(name)


def test_without_a_zone_or_with_one_that_is_gone_the_platform_s_counts(settings) -> None:
    settings.TIME_ZONE = "Europe/Kyiv"
    assert [zone_of(name).key for name in (None, "", "US/Nowhere", "Asia/Tokyo")] == [
        "Europe/Kyiv", "Europe/Kyiv", "Europe/Kyiv", "Asia/Tokyo",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("language", "zone", "written"),
    [
        ("en", "Europe/Bucharest", "1 March 2026, 22:00 EET"),
        ("fr", "Asia/Kathmandu", "2 mars 2026 à 01:45 +0545"),
        ("uk", "UTC", "1 березня 2026 р., 20:00 UTC"),
    ],
)
def test_a_moment_is_said_in_the_language_and_by_the_clocks(language: str, zone: str, written: str) -> None:
    with translation.override(language):
        assert clock_time(datetime(2026, 3, 1, 20, tzinfo=UTC), ZoneInfo(zone)) == written


def test_the_last_hours_of_all_years_can_be_said() -> None:
    assert clock_time(datetime(9999, 12, 31, 23, tzinfo=UTC), ZoneInfo("Asia/Kathmandu")).endswith("23:00 UTC")
