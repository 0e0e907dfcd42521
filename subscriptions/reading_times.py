"""When somebody's digests come, and their quiet hours, in their own time zone.

Who changes the hour or the zone misses nothing and gets nothing twice: what had been made for them until then is noted,
and the first digest by the new timetable begins there.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from govnotify.lib.local_time import is_zone
from subscriptions.models import Frequency, ReadingTime, Subscriber, Timetable

LONGEST_QUIET = timedelta(hours=16)
DAY_MINUTES = 24 * 60


class BadTimes(ValueError):  # noqa: N818  named as what happened
    """Times that can't be kept; `field` is the one at fault, the message is for the person and says what to do."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Quiet:
    """From when until when nothing routine is sent, in local time; over midnight where `until` is the earlier."""

    begins: time
    until: time


@transaction.atomic
def set_times(*, subscriber_id: int, zone: str, hour: int, weekday: int, quiet: Quiet | None) -> None:
    """Digests at this hour (0 to 23) of this zone, weekly ones on this weekday (0: Monday). Raises BadTimes."""
    check(zone=zone, quiet=quiet)
    subscriber = Subscriber.objects.select_for_update().filter(pk=subscriber_id).exclude(email="").first()
    if subscriber is None:
        return
    Subscriber.objects.filter(pk=subscriber.pk).update(
        time_zone=zone,
        digest_hour=hour,
        digest_weekday=weekday,
        quiet_from=quiet.begins if quiet else None,
        quiet_until=quiet.until if quiet else None,
    )
    now = timezone.now()
    daily = _timetable(Frequency.DAILY, zone, hour, 0, now)
    weekly = _timetable(Frequency.WEEKLY, zone, hour, weekday, now)
    former = subscriber.reading_times.filter(until_at=None).select_related("daily", "weekly").first()
    if former is not None and (former.daily, former.weekly) == (daily, weekly):
        return
    if former is not None:
        ReadingTime.objects.filter(pk=former.pk).update(until_at=now)
    # The others say which runs were theirs, as long as the digests of these are kept.
    kept = timedelta(days=31 * (settings.KEEP_MONTHS + 1))
    subscriber.reading_times.filter(until_at__lt=now - kept).delete()
    ReadingTime.objects.create(
        subscriber=subscriber,
        daily=daily,
        weekly=weekly,
        from_at=now,
        daily_since=_had_until(Frequency.DAILY, former, now),
        weekly_since=_had_until(Frequency.WEEKLY, former, now),
    )


def check(*, zone: str, quiet: Quiet | None) -> None:
    """Raise BadTimes unless these can be kept."""
    if not is_zone(zone):
        raise BadTimes("zone", _("Choose one of the places in the list."))
    if quiet is None:
        return
    if quiet.begins == quiet.until:
        raise BadTimes("quiet_until", _("Quiet hours need a beginning and another end. Or leave both empty."))
    minutes = (_minutes(quiet.until) - _minutes(quiet.begins)) % DAY_MINUTES
    if timedelta(minutes=minutes) > LONGEST_QUIET:
        raise BadTimes("quiet_until", _("Quiet hours can last 16 hours at most. Take a break to stop mail for longer."))


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute


def _timetable(period: Frequency, zone: str, hour: int, weekday: int, now: datetime) -> Timetable:
    given = {"period": period, "zone": zone, "hour": hour, "weekday": weekday}
    new = Timetable(**given)
    # Nobody has read by it: its first run is the next, and of those who join with what they have not had.
    defaults = {"through": new.last(now), "next_at": new.following(now)}
    return Timetable.objects.get_or_create(**given, defaults=defaults)[0]


def _had_until(period: Frequency, former: ReadingTime | None, now: datetime) -> datetime:
    """Until when this person's digests of the period have been made, at the latest; what is too early is told apart by
    what they have had (alerts.engine.digest_audience).
    """
    if former is None:
        table = Timetable.objects.own().filter(period=period).first()
        if table is None:  # no digest has ever been made
            return Timetable(period=period, zone="", hour=0, weekday=0).last(now) - timedelta(days=7)
        return min(table.last(now), table.through)
    table, since = (
        (former.daily, former.daily_since) if period is Frequency.DAILY else (former.weekly, former.weekly_since)
    )
    made = min(table.last(now), table.through)
    return made if made >= former.from_at else since
