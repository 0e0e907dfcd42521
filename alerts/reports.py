"""What has become of a dispatch so far: counts from its batches and retries, rate, time to first, time left."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from alerts.lanes import Channel
from alerts.models import Dispatch
from govnotify.lib.database import query

COUNTS = """
SELECT b.channel, sum(b.size), sum(b.sent), sum(b.failed), sum(b.skipped), sum(b.cancelled), sum(b.deferred),
       min(b.first_sent_at), max(b.last_sent_at),
       coalesce(max(r.sent), 0), coalesce(max(r.failed), 0), coalesce(max(r.skipped), 0), coalesce(max(r.cancelled), 0)
FROM alerts_batch b LEFT JOIN alerts_retrytally r ON r.dispatch_id = b.dispatch_id AND r.channel = b.channel
WHERE b.dispatch_id = %(dispatch)s GROUP BY b.channel ORDER BY b.channel
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
    channels: tuple[ChannelProgress, ...]

    @property
    def stopped(self) -> bool:
        return self.state in {Dispatch.State.PAUSED, Dispatch.State.CANCELLED}


def progress(dispatch: Dispatch) -> Progress:
    """The dispatch as it stands, in one query over its batches (a thousandth of its deliveries)."""
    fresh = Dispatch.objects.get(pk=dispatch.pk)
    channels = tuple(_channels(fresh.pk))
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
        seconds_left=(total.pending / rate if total.pending else 0.0) if known else None,
        channels=channels,
    )


def _channels(dispatch_id: int) -> Iterable[ChannelProgress]:
    rows = query(COUNTS, {"dispatch": dispatch_id})
    for channel, size, sent, failed, skipped, cancelled, deferred, first, last, *retried in rows:
        sent_later, failed_later, skipped_later, cancelled_later = retried
        yield ChannelProgress(
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


def _sum(channels: tuple[ChannelProgress, ...]) -> ChannelProgress:
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
