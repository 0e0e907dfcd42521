"""When digests come: the timetables, and who read by which of them from when until when."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models

from govnotify.lib.local_time import last_moment, next_moment, zone_of
from subscriptions.models.subscriber import Subscriber
from subscriptions.models.subscription import Frequency

MONDAY = 0
WEEKDAY = MONDAY  # of the platform's own weekly digests


class TimetableQuerySet(models.QuerySet["Timetable"]):
    def own(self) -> "TimetableQuerySet":
        """The platform's, of everybody who chose nothing: one for each period."""
        return self.filter(zone="")


class Timetable(models.Model):
    """A zone's local time at which digests of a period come; all who chose the same share it.

    The one without a zone is the platform's own: its zone and hour are those of the settings.
    """

    period = models.CharField(max_length=9, choices=Frequency)
    zone = models.CharField(max_length=64, blank=True)
    hour = models.SmallIntegerField()
    weekday = models.SmallIntegerField()  # of weekly digests, 0 is Monday; 0 of daily ones
    through = models.DateTimeField()  # its readers' digests have been made until this …
    next_at = models.DateTimeField(db_index=True)  # … and are next made at this

    objects = TimetableQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["period", "zone", "hour", "weekday"], name="timetable_once")]

    def __str__(self) -> str:
        return f"{self.period} at {self.local_hour:%H:%M} in {self.zone or 'the platform’s zone'}"

    @property
    def is_own(self) -> bool:
        return not self.zone

    @property
    def local_zone(self) -> ZoneInfo:
        return zone_of(self.zone)

    @property
    def local_hour(self) -> time:
        return time(settings.DIGEST_HOUR if self.is_own else self.hour)

    def last(self, now: datetime) -> datetime:
        """The last moment, not after `now`, at which its digests are due."""
        return last_moment(self.local_zone, self.local_hour, now, self._weekday)

    def following(self, now: datetime) -> datetime:
        """The first such moment after `now`."""
        return next_moment(self.local_zone, self.local_hour, now, self._weekday)

    @property
    def _weekday(self) -> int | None:
        if self.period == Frequency.DAILY:
            return None
        return WEEKDAY if self.is_own else self.weekday


class ReadingTime(models.Model):
    """Which timetables somebody reads by, or read by until `until_at`. Who has none reads by the platform's own.

    `…_since`: until when their digests had been made when it began. From there on the first by the new timetable goes.
    """

    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="reading_times", db_index=False)
    daily = models.ForeignKey(Timetable, on_delete=models.PROTECT, related_name="+", db_index=False)
    weekly = models.ForeignKey(Timetable, on_delete=models.PROTECT, related_name="+", db_index=False)
    from_at = models.DateTimeField()
    until_at = models.DateTimeField(null=True)
    daily_since = models.DateTimeField()
    weekly_since = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subscriber"], condition=models.Q(until_at=None), name="one_reading_time_at_a_time"
            )
        ]
        indexes = [
            models.Index(fields=["subscriber", "from_at"], name="reading_time_of_person"),
            models.Index(fields=["daily", "subscriber"], name="reading_time_daily"),
            models.Index(fields=["weekly", "subscriber"], name="reading_time_weekly"),
            models.Index(fields=["from_at"], name="reading_time_recent"),
        ]

    def __str__(self) -> str:
        return f"reading time of subscriber {self.subscriber_id}"
