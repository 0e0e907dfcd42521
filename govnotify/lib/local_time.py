"""Local times: which zones people can choose, and when the clocks of a zone show a time of day."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.utils.formats import date_format

DAY = timedelta(days=1)
# Names of regions and cities, which people know; not the database's older spellings, nor offsets without a place.
REGIONS = (
    "Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific",
)  # fmt: skip


@cache
def zones() -> tuple[str, ...]:
    """The names that can be chosen (IANA), by region and city, then UTC."""
    return (*sorted(name for name in available_timezones() if name.startswith(tuple(f"{r}/" for r in REGIONS))), "UTC")


def is_zone(name: str) -> bool:
    """Whether it is one of those that can be chosen; the platform's own always is, whatever it is called."""
    return name in zones() or name == settings.TIME_ZONE


def zone_of(name: str | None) -> ZoneInfo:
    """The zone of this name; the platform's for none, or for one that the time zone database has dropped since."""
    return ZoneInfo(name if name and is_zone(name) else settings.TIME_ZONE)


def clock_time(moment: datetime, zone: ZoneInfo) -> str:
    """The moment for a sentence, in the language in use and with the name of the zone: “1 March 2026, 20:00 EET”.

    What the zone's calendar has no day for, at the ends of the years 1 to 9999, is in UTC.
    """
    try:
        shown = moment.astimezone(zone)
    except OverflowError:
        shown = moment.astimezone(UTC)
    return f"{date_format(shown, 'DATETIME_FORMAT')} {date_format(shown, 'T')}"


def moment(zone: ZoneInfo, day: date, at: time) -> datetime:
    """When the clocks there show this time on this day, in UTC: exactly one moment for each day.

    The first, where it comes twice. Where it is skipped (clocks are set forward over it) it is as long after midnight
    as on any other day (PEP 495, fold=0): 02:30 then is what is shown as 03:30.
    """
    return datetime.combine(day, at, zone).astimezone(UTC)


def last_moment(zone: ZoneInfo, at: time, now: datetime, weekday: int | None = None) -> datetime:
    """The last such moment that is not after `now`; with a weekday (0: Monday) only on that one."""
    today = now.astimezone(zone).date()
    return max(
        moment
        for moment in _moments(zone, at, (today + DAY * number for number in range(-8, 2)), weekday)
        if moment <= now
    )


def next_moment(zone: ZoneInfo, at: time, now: datetime, weekday: int | None = None) -> datetime:
    """The first such moment after `now`."""
    today = now.astimezone(zone).date()
    return min(
        moment
        for moment in _moments(zone, at, (today + DAY * number for number in range(-1, 9)), weekday)
        if moment > now
    )


def end_of_quiet(zone: ZoneInfo, begins: time, until: time, now: datetime) -> datetime | None:
    """When the quiet hours end that `now` falls in, else None. They pass midnight where `until` is the earlier."""
    local = now.astimezone(zone)
    shown, day = local.time(), local.date()
    if begins < until:
        is_quiet = begins <= shown < until
    else:
        is_quiet = shown >= begins or shown < until
        day += DAY if shown >= begins else timedelta(0)
    end = moment(zone, day, until)
    return end if is_quiet and end > now else None  # it is over where their end comes twice


def _moments(zone: ZoneInfo, at: time, days: Iterator[date], weekday: int | None) -> Iterator[datetime]:
    return (moment(zone, day, at) for day in days if weekday is None or day.weekday() == weekday)
