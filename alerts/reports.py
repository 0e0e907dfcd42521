"""What has become of a dispatch so far: counts from its batches and retries, rate, time to first, time left."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from alerts.lanes import Channel
from alerts.models import Dispatch
from govnotify.lib.database import BY_INDEX, bigints, query

COUNTS = """
SELECT b.dispatch_id, b.channel,
       sum(b.size), sum(b.sent), sum(b.failed), sum(b.skipped), sum(b.cancelled), sum(b.deferred),
       min(b.first_sent_at), max(b.last_sent_at),
       coalesce(max(r.sent), 0), coalesce(max(r.failed), 0), coalesce(max(r.skipped), 0), coalesce(max(r.cancelled), 0)
FROM alerts_batch b LEFT JOIN alerts_retrytally r ON r.dispatch_id = b.dispatch_id AND r.channel = b.channel
WHERE b.dispatch_id = ANY (%(dispatches)s::bigint[]) GROUP BY b.dispatch_id, b.channel ORDER BY b.channel
"""
# Asked while there is something to wait for; read off the index of what is due, of which the sum keeps it when the
# statistics do not know yet how few that is.
HELD = """
SELECT d.id, held.number FROM alerts_dispatch d CROSS JOIN LATERAL (
    SELECT count(*) AS number FROM alerts_delivery v
    WHERE v.month = d.month AND v.lane = d.lane AND v.channel = %(channel)s AND v.dispatch_id + 0 = d.id
      AND v.status = 2 AND v.next_attempt_at IS NOT NULL AND v.detail = 'quiet'
) AS held WHERE d.id = ANY (%(dispatches)s::bigint[])
"""


@dataclass(frozen=True, slots=True)
class ChannelProgress:
    """Counts of deliveries; `recipients` grows while the audience is still being read."""

    name: str
    recipients: int
    sent: int
    failed: int
    deferred: int
    skipped: int
    cancelled: int
    first_at: datetime | None
    last_at: datetime | None

    @property
    def pending(self) -> int:
        return self.recipients - self.sent - self.failed - self.deferred - self.skipped - self.cancelled

    @property
    def percent(self) -> int:
        """Of the recipients that are settled, rounded down: 100 means all of them."""
        settled = self.recipients - self.pending - self.deferred
        return 100 * settled // self.recipients if self.recipients else 0


@dataclass(frozen=True, slots=True)
class Progress(ChannelProgress):
    """The whole dispatch. `rate` is accepted messages per second since the first."""

    state: str
    expanded: bool
    rate: float
    first_ms: int | None  # from publishing (an alert: from approval) to the first acceptance
    seconds: float  # from publishing until now, or until the last was settled
    seconds_left: float | None  # None when it can't be known yet
    finished: bool  # no count moves any more; one that was cancelled is cleared first
    held: int  # of the deferred: these wait for the end of their readers' quiet hours …
    held_until: datetime | None  # … the last of which is this
    channels: tuple[ChannelProgress, ...]

    @property
    def stopped(self) -> bool:
        return self.state in {Dispatch.State.PAUSED, Dispatch.State.CANCELLED}


def progress(dispatch: Dispatch) -> Progress:
    """The dispatch as it stands, in one query over its batches (a thousandth of its deliveries)."""
    return progress_by_dispatch([dispatch])[dispatch.pk]


def progress_by_dispatch(dispatches: Iterable[Dispatch]) -> dict[int, Progress]:
    """The same for each, by its id, in as many queries as for one."""
    fresh = Dispatch.objects.in_bulk([dispatch.pk for dispatch in dispatches])
    channels, held = _channels(fresh), _held(fresh.values())
    return {pk: _progress(dispatch, channels[pk], held.get(pk, 0)) for pk, dispatch in fresh.items()}


def _progress(fresh: Dispatch, channels: Sequence[ChannelProgress], held: int) -> Progress:
    total = _sum(channels)
    now = timezone.now()
    until = fresh.finished_at or now
    lasted = ((total.last_at or now) - total.first_at).total_seconds() if total.first_at else 0.0
    rate = total.sent / max(lasted, 0.001) if total.sent > 1 else 0.0
    known = fresh.expanded_at is not None and (rate or not total.pending) and fresh.state == Dispatch.State.SENDING
    return Progress(
        name=total.name,
        recipients=total.recipients,
        sent=total.sent,
        failed=total.failed,
        deferred=total.deferred,
        skipped=total.skipped,
        cancelled=total.cancelled,
        first_at=total.first_at,
        last_at=total.last_at,
        state=fresh.state,
        expanded=fresh.expanded_at is not None,
        rate=rate,
        first_ms=round((total.first_at - fresh.cut_off).total_seconds() * 1000) if total.first_at else None,
        seconds=(until - fresh.cut_off).total_seconds(),
        finished=fresh.finished_at is not None,
        held=held,
        held_until=fresh.held_until,
        seconds_left=(total.pending / rate if total.pending else 0.0) if known else None,
        channels=tuple(channels),
    )


def _channels(dispatches: Iterable[int]) -> dict[int, list[ChannelProgress]]:
    """By the dispatch's id; nothing for one without batches."""
    found: dict[int, list[ChannelProgress]] = defaultdict(list)
    rows = query(COUNTS, {"dispatches": bigints(dispatches)})
    for dispatch, channel, size, sent, failed, skipped, cancelled, deferred, first, last, *retried in rows:
        sent_later, failed_later, skipped_later, cancelled_later = retried
        now = ChannelProgress(
            name=Channel(channel).label,
            recipients=size,
            sent=sent + sent_later,
            failed=failed + failed_later,
            deferred=deferred - sum(retried),
            skipped=skipped + skipped_later,
            cancelled=cancelled + cancelled_later,
            first_at=first,
            last_at=last,
        )
        found[dispatch].append(now)
    return found


def _held(dispatches: Iterable[Dispatch]) -> dict[int, int]:
    """By the dispatch's id, of those that may still have any."""
    waiting = [dispatch.pk for dispatch in dispatches if dispatch.held_until and not dispatch.finished_at]
    if not waiting:
        return {}
    with transaction.atomic():
        query(BY_INDEX, {})
        return dict(query(HELD, {"dispatches": bigints(waiting), "channel": Channel.EMAIL.value}))


def _sum(channels: Sequence[ChannelProgress]) -> ChannelProgress:
    firsts = [channel.first_at for channel in channels if channel.first_at]
    lasts = [channel.last_at for channel in channels if channel.last_at]
    return ChannelProgress(
        name="all",
        recipients=sum(channel.recipients for channel in channels),
        sent=sum(channel.sent for channel in channels),
        failed=sum(channel.failed for channel in channels),
        deferred=sum(channel.deferred for channel in channels),
        skipped=sum(channel.skipped for channel in channels),
        cancelled=sum(channel.cancelled for channel in channels),
        first_at=min(firsts, default=None),
        last_at=max(lasts, default=None),
    )
