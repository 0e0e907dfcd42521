"""Digest runs: one mail per person and period with everything published on the topics that they follow that way.

A run is made at each moment at which the clocks of somebody's time zone show the hour at which they read, for all who
are due then: the readers of its timetables (subscriptions.models.timetable).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, Min, OuterRef, Q
from django.utils import timezone

from alerts.engine.fanout import open_dispatch
from alerts.lanes import QUEUE_OF, Channel, Lane, RecipientKind
from alerts.models import Bulletin, Dispatch, Slice
from alerts.partitions import ensure_month
from govnotify.lib.queues import wake
from subscriptions.models import ConsentRecord, Frequency, ReadingTime, Subscription, Timetable

State = Dispatch.State
SETTLED = timedelta(minutes=1)  # a bulletin published just before the hour may commit just after it
PERIODS = {Frequency.DAILY: timedelta(days=1), Frequency.WEEKLY: timedelta(days=7)}


def start_due_runs() -> list[Dispatch]:
    """Start the runs whose time has come and that nobody has started; asking again starts nothing twice.

    The earliest first. After an outage each timetable has one run, for all that its readers have missed. Moments
    without readers or without news leave no run behind.
    """
    now = timezone.now() - SETTLED
    for period in PERIODS:
        _own(period, now)
    due: dict[tuple[datetime, Frequency], list[Timetable]] = {}
    for table in Timetable.objects.filter(next_at__lte=now).order_by("pk"):
        due.setdefault((table.last(now), Frequency(table.period)), []).append(table)
    runs = []
    for cut_off, period in sorted(due):
        if _must_wait(cut_off):
            break
        run = _start(period=period, cut_off=cut_off, tables=due[cut_off, period], even_if_empty=False)
        runs += [run] if run else []
    return runs


def start_run(*, period: Frequency, cut_off: datetime, tables: Sequence[Timetable] | None = None) -> Dispatch | None:
    """A run for those who read by these timetables, by default the platform's own: what was published since their last,
    until `cut_off`.

    None when there is one already, and as long as another is still being expanded: only then is it known what its
    readers have had.
    """
    wanted = [_own(period, cut_off)] if tables is None else tables
    return None if _must_wait(cut_off) else _start(period=period, cut_off=cut_off, tables=wanted, even_if_empty=True)


@transaction.atomic
def _start(
    *, period: Frequency, cut_off: datetime, tables: Sequence[Timetable], even_if_empty: bool
) -> Dispatch | None:
    ids = [table.pk for table in tables]
    locked = list(Timetable.objects.select_for_update().filter(pk__in=ids, through__lt=cut_off).order_by("pk"))
    if not locked:
        return None
    sinces = [table.through for table in locked]
    since = _earliest(period, locked, min(sinces))
    is_taken = Dispatch.objects.filter(bulletin=None, period=period, cut_off=cut_off).exists()
    for table in locked:  # where the moment is taken by a run for others, the next is for what these have missed
        table.through, table.next_at = table.through if is_taken else cut_off, table.following(cut_off)
    Timetable.objects.bulk_update(locked, ["through", "next_at"])
    if is_taken:
        return None
    if not even_if_empty and not (_has_news(since, cut_off) and _has_readers(period, locked, since)):
        return None
    month = cut_off.date().replace(day=1)
    ensure_month(month)
    run = Dispatch.objects.create(
        period=period,
        lane=Lane.DIGEST,
        month=month,
        since=since,
        cut_off=cut_off,
        timetables=[table.pk for table in locked],
        sinces=sinces,
    )
    open_dispatch(run, kinds=(RecipientKind.SUBSCRIBER,))
    transaction.on_commit(lambda: wake(QUEUE_OF[Lane.DIGEST, Channel.EMAIL]))
    return run


def _own(period: Frequency, now: datetime) -> Timetable:
    """The platform's own timetable, made where there is none: it goes on where the last run ended."""
    own = Timetable.objects.own().filter(period=period).first()
    if own is not None:
        return own
    new = Timetable(period=period, zone="", hour=0, weekday=0)
    before = Dispatch.objects.filter(bulletin=None, period=period, cut_off__lt=now).order_by("-cut_off").first()
    new.through = before.cut_off if before else now - PERIODS[period]
    new.next_at = new.following(new.through)
    defaults = {"through": new.through, "next_at": new.next_at}
    own, created = Timetable.objects.get_or_create(period=period, zone="", hour=0, weekday=0, defaults=defaults)
    if created:  # the runs from before there were timetables were for everybody
        earlier = Dispatch.objects.filter(bulletin=None, period=period, timetables=[], expanded_at__isnull=False)
        earlier.update(timetables=[own.pk])
    return own


def _must_wait(cut_off: datetime) -> bool:
    """Whether it is not known yet what the readers have had: of another run, or at once of an urgent bulletin."""
    open_slices = Slice.objects.filter(lane__gt=0, kind=RecipientKind.SUBSCRIBER, expanded_at=None)
    unknown = open_slices.filter(dispatch__state=State.SENDING)
    of_urgent = Q(dispatch__urgent=True, dispatch__cut_off__lte=cut_off)
    return unknown.filter(Q(dispatch__bulletin=None) | of_urgent).exists()


def _earliest(period: Frequency, tables: Sequence[Timetable], since: datetime) -> datetime:
    """When the news begins that somebody has not had: earlier than for the others for who has just changed to these."""
    changed = ReadingTime.objects.filter(**{f"{period}__in": [table.pk for table in tables]}, from_at__gt=since)
    earliest = changed.aggregate(earliest=Min(f"{period}_since"))["earliest"]
    return min(since, earliest) if earliest else since


def _has_news(since: datetime, cut_off: datetime) -> bool:
    published = Bulletin.objects.routine().filter(status=Bulletin.Status.PUBLISHED, corrects=None)
    return published.filter(published_at__gt=since, published_at__lte=cut_off).exists()


def _has_readers(period: Frequency, tables: Sequence[Timetable], since: datetime) -> bool:
    """Whether anybody may be due; a run for people who read no digests finds that out by itself."""
    if not any(table.is_own for table in tables):
        return ReadingTime.objects.filter(**{f"{period}__in": [table.pk for table in tables]}).exists()
    has_chosen = ReadingTime.objects.filter(subscriber=OuterRef("subscriber"), until_at=None)
    readers = Subscription.objects.current().filter(~Exists(has_chosen), frequency=period, subscriber__isnull=False)
    return readers.exists() or ConsentRecord.objects.filter(act=ConsentRecord.Act.CHANGED, at__gt=since).exists()
