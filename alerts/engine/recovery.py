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
from alerts.engine.retention import forget_when_due
from alerts.finding.popularity import count_followers_when_due
from alerts.lanes import HANDS, KIND_OF, QUEUE_OF, RULES, Channel, Lane
from alerts.models import Dispatch
from alerts.partitions import ensure_months_ahead
from govnotify.lib.database import query_in_index_order
from govnotify.lib.queues import Queue, rally, wake
from subscriptions.forgetting_browsers import forget_outdated
from subscriptions.models import Browser, Endpoint, OutboxMessage
from subscriptions.stocktaking import take_stock

STOCK_SECONDS = 0.3  # of each round

# Work that could be done: batches that nobody's lease is on, of which no more are counted than there are hints to give,
# and whether there is a slice. One look for each lane and channel.
WAITING = """
SELECT lanes.lane, lanes.channel, (
    SELECT count(*) FROM (
        SELECT 1 FROM alerts_batch b
        WHERE b.lane = lanes.lane AND b.channel = lanes.channel AND b.lane > 0 AND b.done_at IS NULL
          AND (b.leased_until IS NULL OR b.leased_until < clock_timestamp())
          AND (SELECT d.state = 'sending' FROM alerts_dispatch d WHERE d.id = b.dispatch_id)
          AND coalesce((SELECT {is_free} FROM alerts_allowance a
                        WHERE a.lane = b.lane AND a.destination_id = b.destination), true)
        ORDER BY b.destination, b.agency_id, b.id LIMIT %(most)s
    ) waiting
), (
    SELECT 1 FROM alerts_slice s
    WHERE s.lane = lanes.lane AND s.kind = lanes.kind AND s.lane > 0 AND s.expanded_at IS NULL
      AND (SELECT d.state = 'sending' FROM alerts_dispatch d WHERE d.id = s.dispatch_id)
    ORDER BY s.agency_id, s.id LIMIT 1
) IS NOT NULL
FROM unnest(%(lanes)s::smallint[], %(channels)s::smallint[], %(kinds)s::smallint[]) AS lanes (lane, channel, kind)
"""
# One look for each lane, channel and destination.
DUE = """
SELECT lanes.lane, lanes.channel
FROM unnest(%(lanes)s::smallint[], %(channels)s::smallint[]) AS lanes (lane, channel)
WHERE (
    SELECT 1 FROM ({free}) free CROSS JOIN LATERAL (
        SELECT 1 FROM alerts_delivery d
        WHERE d.lane = lanes.lane AND d.channel = lanes.channel AND d.destination = free.destination AND d.status = 2
          AND d.next_attempt_at <= statement_timestamp()
          AND (SELECT o.state = 'sending' FROM alerts_dispatch o WHERE o.id = d.dispatch_id)
        ORDER BY d.next_attempt_at LIMIT 1
    ) due
    LIMIT 1
) IS NOT NULL
"""


@dataclass(slots=True)
class LaneWork:
    """What waits on one lane and channel."""

    batches: int = 0  # up to HANDS
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
    forget_outdated()
    has_more = clear_stopped()
    forget_when_due()  # last: whatever happens to it, the rest is done
    return has_more


def wake_lanes() -> None:
    """Send hints to the queues that have work, as many as there are pieces of it."""
    for (lane, channel), waiting in lane_work().items():
        if waiting.batches or waiting.slices:
            rally(QUEUE_OF[lane, channel], min(max(waiting.batches, RULES[lane].workers), HANDS))
        if waiting.retries:
            wake(_retry_queue(lane, channel))
    now = timezone.now()
    if OutboxMessage.objects.filter(next_attempt_at__lte=now).order_by("next_attempt_at")[:1]:
        wake(Queue.TRANSACTIONAL)
    if Browser.objects.awaiting_welcome().exists():
        wake(Queue.ROUTINE_PUSH)
    if Endpoint.objects.awaiting_verification().exists():
        wake(Queue.WEBHOOK_RETRY)


def lane_work() -> dict[tuple[Lane, Channel], LaneWork]:
    """What waits on each lane and channel at this moment."""
    found = {key: LaneWork() for key in QUEUE_OF if key[0] is not Lane.TRANSACTIONAL}
    lanes, channels = ([one.value for one in column] for column in zip(*found, strict=True))
    kinds = [KIND_OF[channel].value for _, channel in found]
    values = {"lanes": lanes, "channels": channels, "kinds": kinds, "most": HANDS}
    for lane, channel, batches, has_slice in query_in_index_order(WAITING.format(is_free=IS_FREE), values):
        found[Lane(lane), Channel(channel)] = LaneWork(batches, has_slice)
    for lane, channel in query_in_index_order(DUE.format(free=FREE.format(lane="lanes.lane")), values):
        found[Lane(lane), Channel(channel)].retries = True
    return found


def _retry_queue(lane: Lane, channel: Channel) -> Queue:
    return Queue.WEBHOOK_RETRY if (lane, channel) == (Lane.ROUTINE, Channel.WEBHOOK) else QUEUE_OF[lane, channel]


def _finish_settled() -> None:
    """Close dispatches whose worker died between its last record and closing them."""
    old = timezone.now() - timedelta(seconds=10)
    for pk in Dispatch.objects.unfinished().filter(created_at__lt=old).values_list("pk", flat=True):
        note_expanded(pk)
        finish(pk)
