"""Digest runs: one mail per person and period with everything published on the topics that they follow that way."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from alerts.engine.fanout import open_dispatch
from alerts.lanes import QUEUE_OF, Channel, Lane, RecipientKind
from alerts.models import Dispatch
from alerts.partitions import ensure_month
from govnotify.lib.queues import wake
from subscriptions.models import Frequency

HOUR = 6  # UTC, at which digests are made
WEEKDAY = 0  # Monday: the day of the weekly ones
SETTLED = timedelta(minutes=1)  # a bulletin published just before the hour may commit just after it
PERIODS = {Frequency.DAILY: timedelta(days=1), Frequency.WEEKLY: timedelta(days=7)}


def start_due_runs() -> list[Dispatch]:
    """Start the runs whose time has come and that nobody has started; asking again starts nothing twice."""
    now = timezone.now() - SETTLED
    return [run for period in PERIODS if (run := start_run(period=period, cut_off=_last_time(period, now)))]


@transaction.atomic
def start_run(*, period: Frequency, cut_off: datetime) -> Dispatch | None:
    """A run for what was published since the run before, until `cut_off`.

    None when there is one already, and as long as another one of the same time is still being expanded: only then is it
    known what its readers have had.
    """
    before = Dispatch.objects.filter(bulletin=None, period=period, cut_off__lt=cut_off).order_by("-cut_off").first()
    since = before.cut_off if before else cut_off - PERIODS[period]
    if _another_is_being_expanded(period, since, cut_off):
        return None
    month = cut_off.date().replace(day=1)
    ensure_month(month)
    run, created = Dispatch.objects.get_or_create(
        bulletin=None,
        period=period,
        cut_off=cut_off,
        defaults={
            "lane": Lane.DIGEST,
            "month": month,
            "since": since,
        },
    )
    if not created:
        return None
    open_dispatch(run, kinds=(RecipientKind.SUBSCRIBER,))
    transaction.on_commit(lambda: wake(QUEUE_OF[Lane.DIGEST, Channel.EMAIL]))
    return run


def _another_is_being_expanded(period: Frequency, since: datetime, cut_off: datetime) -> bool:
    runs = Dispatch.objects.unfinished().filter(bulletin=None, expanded_at=None).exclude(period=period)
    return runs.filter(since__lt=cut_off, cut_off__gt=since).exists()


def _last_time(period: Frequency, now: datetime) -> datetime:
    """The latest moment, not after now, at which a run of this period is made."""
    moment = now.replace(hour=HOUR, minute=0, second=0, microsecond=0)
    if moment > now:
        moment -= timedelta(days=1)
    if period is Frequency.WEEKLY:
        moment -= timedelta(days=(moment.weekday() - WEEKDAY) % 7)
    return moment
