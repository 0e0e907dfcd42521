"""What beat starts every few seconds: repeat the hints that got lost, and keep house.

It moves no row: leases end by themselves and retries become due by the clock. It only wakes the queues that have work.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from agencies.audit import seal
from alerts.engine.admission import FREE, IS_FREE
from alerts.engine.clearing import clear_stopped
from alerts.engine.digests import start_due_runs
from alerts.engine.fanout import note_expanded
from alerts.engine.outcomes import finish
from alerts.engine.probes import make_probes_due
from alerts.finding.popularity import count_followers_when_due
from alerts.lanes import CHANNEL_OF, HANDS, QUEUE_OF, RULES, Channel, Lane, RecipientKind
from alerts.models import Dispatch
from alerts.partitions import ensure_months_ahead
from govnotify.lib.database import query
from govnotify.lib.queues import Queue, rally, wake
from subscriptions.models import Endpoint, OutboxMessage
from subscriptions.stocktaking import take_stock

STOCK_SECONDS = 0.3  # of each round

# Work that could be done: nobody's lease is on it.
WAITING = """
SELECT b.lane, b.channel, count(*)
FROM alerts_batch b JOIN alerts_dispatch d ON d.id = b.dispatch_id AND d.state = 'sending'
LEFT JOIN alerts_allowance a ON a.lane = b.lane AND a.destination_id = b.destination
WHERE b.done_at IS NULL AND (b.leased_until IS NULL OR b.leased_until < clock_timestamp()) AND {is_free}
GROUP BY b.lane, b.channel
"""
SLICES = """
SELECT DISTINCT s.lane, s.kind FROM alerts_slice s
JOIN alerts_dispatch d ON d.id = s.dispatch_id AND d.state = 'sending'
WHERE s.expanded_at IS NULL
"""
DUE = """
SELECT EXISTS (
    SELECT 1 FROM ({free}) free CROSS JOIN LATERAL (
        SELECT 1 FROM alerts_delivery d JOIN alerts_dispatch o ON o.id = d.dispatch_id AND o.state = 'sending'
        WHERE d.lane = %(lane)s AND d.channel = %(channel)s AND d.destination = free.destination AND d.status = 2
          AND d.next_attempt_at <= statement_timestamp() LIMIT 1
    ) due
)
"""


@dataclass(slots=True)
class LaneWork:
    """What waits on one lane and channel."""

    batches: int = 0
    slices: bool = False
    retries: bool = False


def keep_house() -> bool:
    """One round. True where stopped dispatches are not cleared yet: the next comes at once."""
    wake_lanes()
    make_probes_due()
    _finish_settled()
    ensure_months_ahead(timezone.now().date())
    start_due_runs()
    seal()
    count_followers_when_due()
    take_stock(seconds=STOCK_SECONDS)
    return clear_stopped()


def wake_lanes() -> None:
    """Send hints to the queues that have work, as many as there are pieces of it."""
    for (lane, channel), waiting in lane_work().items():
        if waiting.batches or waiting.slices:
            rally(QUEUE_OF[lane, channel], min(max(waiting.batches, RULES[lane].workers), HANDS))
        if waiting.retries:
            wake(_retry_queue(lane, channel))
    now = timezone.now()
    if OutboxMessage.objects.filter(next_attempt_at__lte=now).exists():
        wake(Queue.TRANSACTIONAL)
    if Endpoint.objects.awaiting_verification().exists():
        wake(Queue.WEBHOOK_RETRY)


def lane_work() -> dict[tuple[Lane, Channel], LaneWork]:
    """What waits on each lane and channel at this moment."""
    found = {key: LaneWork() for key in QUEUE_OF if key[0] is not Lane.TRANSACTIONAL}
    for lane, channel, batches in query(WAITING.format(is_free=IS_FREE), {}):
        found[Lane(lane), Channel(channel)].batches = batches
    for lane, kind in query(SLICES, {}):
        found[Lane(lane), CHANNEL_OF[RecipientKind(kind)]].slices = True
    for (lane, channel), waiting in found.items():
        [(waiting.retries,)] = query(DUE.format(free=FREE), {"lane": lane.value, "channel": channel.value})
    return found


def _retry_queue(lane: Lane, channel: Channel) -> Queue:
    return Queue.WEBHOOK_RETRY if (lane, channel) == (Lane.ROUTINE, Channel.WEBHOOK) else QUEUE_OF[lane, channel]


def _finish_settled() -> None:
    """Close dispatches whose worker died between its last record and closing them."""
    old = timezone.now() - timedelta(seconds=10)
    for pk in Dispatch.objects.unfinished().filter(created_at__lt=old).values_list("pk", flat=True):
        note_expanded(pk)
        finish(pk)
