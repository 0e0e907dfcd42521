"""What housekeeping does with a dispatch that was stopped: it says of every single recipient what is to become of them.

The rest of the audience is read, so that a report of a paused or cancelled dispatch names everybody. What waits of a
cancelled one becomes cancelled, a batch at a time: never one that somebody still sends, so that what a server has in
hand is recorded first. Acceptances that come later still win (alerts.engine.outcomes).
"""

import time

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from alerts.engine.fanout import expand_slice
from alerts.lanes import KIND_OF, LEASE, Channel
from alerts.models import Batch, Dispatch, Slice
from govnotify.lib.database import BY_INDEX, query

CLEAR_SECONDS = 1.0  # at a time: housekeeping has other work

NEXT_BATCH = """
SELECT id, kind, channel, destination, first_id, last_id, token > ended FROM alerts_batch
WHERE dispatch_id = %(dispatch)s AND done_at IS NULL AND (leased_until IS NULL OR leased_until < clock_timestamp())
ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
"""
# In a batch that was not given back in good order any of them may have been handed over.
CANCEL_WAITING = """
WITH cancelled AS (
    UPDATE alerts_delivery SET status = 7, changed_at = clock_timestamp(), doubts = doubts + %(doubtful)s::int
    WHERE month = %(month)s AND dispatch_id = %(dispatch)s AND recipient_kind = %(kind)s AND channel = %(channel)s
      AND recipient_id BETWEEN %(first)s AND %(last)s AND destination = %(destination)s AND status = 0
    RETURNING 1
)
SELECT count(*) FROM cancelled
"""
# Those that a worker has claimed this moment are left until it has recorded them or its lease is over.
# Read off the index of what is due, and then by their ids: on statistics from before the dispatch both went through
# all of it, and once for each that was found (600,000 deliveries with 300 deferred: 37 s instead of 6 ms). The sum
# keeps the primary key out of the first.
CANCEL_DEFERRED = """
WITH waiting AS (
    SELECT recipient_id FROM alerts_delivery
    WHERE month = %(month)s AND lane = %(lane)s AND channel = %(channel)s AND dispatch_id + 0 = %(dispatch)s
      AND status = 2 AND next_attempt_at IS NOT NULL AND (doubts = 0 OR next_attempt_at <= clock_timestamp()
                                                          OR next_attempt_at > clock_timestamp() + %(lease)s)
    ORDER BY destination, next_attempt_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
), cancelled AS (
    UPDATE alerts_delivery SET status = 7, changed_at = clock_timestamp(), next_attempt_at = NULL
    WHERE month = %(month)s AND dispatch_id = %(dispatch)s AND recipient_kind = %(kind)s AND channel = %(channel)s
      AND recipient_id = ANY(ARRAY(SELECT recipient_id FROM waiting))
    RETURNING 1
), counted AS (SELECT count(*) AS rows FROM cancelled)
INSERT INTO alerts_retrytally AS t (dispatch_id, channel, sent, failed, skipped, cancelled)
SELECT %(dispatch)s, %(channel)s, 0, 0, 0, rows FROM counted WHERE rows > 0
ON CONFLICT (dispatch_id, channel) DO UPDATE SET cancelled = t.cancelled + excluded.cancelled
RETURNING 1
"""
AT_ONCE = 5_000

FINISH = """
UPDATE alerts_dispatch SET finished_at = clock_timestamp()
WHERE id = %(dispatch)s AND state = 'cancelled' AND finished_at IS NULL AND expanded_at IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM alerts_batch WHERE dispatch_id = %(dispatch)s AND done_at IS NULL)
  AND (SELECT coalesce(sum(deferred), 0) FROM alerts_batch WHERE dispatch_id = %(dispatch)s)
    = (SELECT coalesce(sum(sent + failed + skipped + cancelled), 0) FROM alerts_retrytally
       WHERE dispatch_id = %(dispatch)s)
RETURNING id
"""


def clear_stopped() -> bool:
    """Go on clearing stopped dispatches for about CLEAR_SECONDS. True where there is more that can be done now."""
    end = time.monotonic() + CLEAR_SECONDS
    while time.monotonic() < end:
        if not any(_clear(dispatch) for dispatch in Dispatch.objects.stopped().order_by("pk")):
            return False
    return True


def _clear(dispatch: Dispatch) -> bool:
    """One step; False where nothing can be done at this moment."""
    if _expand(dispatch):
        return True
    if dispatch.state == Dispatch.State.PAUSED:
        return False
    if _cancel_batch(dispatch):
        return True
    if query(FINISH, {"dispatch": dispatch.pk}):
        return False
    return any(_cancel_deferred(dispatch, channel) for channel in Channel)


@transaction.atomic
def _expand(dispatch: Dispatch) -> bool:
    if dispatch.expanded_at is not None:
        return False
    slices = Slice.objects.select_for_update(skip_locked=True, of=["self"]).select_related("dispatch")
    slice_ = slices.filter(dispatch=dispatch, expanded_at=None).first()
    if slice_ is not None:
        expand_slice(slice_)
    return slice_ is not None


@transaction.atomic
def _cancel_batch(dispatch: Dispatch) -> bool:
    found = query(NEXT_BATCH, {"dispatch": dispatch.pk})
    if not found:
        return False
    names = ("batch", "kind", "channel", "destination", "first", "last", "doubtful")
    values = dict(zip(names, found[0], strict=True)) | {"month": dispatch.month, "dispatch": dispatch.pk}
    [(count,)] = query(CANCEL_WAITING, values)
    batch = Batch.objects.filter(pk=values["batch"])
    batch.update(cancelled=F("cancelled") + count, leased_until=None, done_at=timezone.now())
    return True


@transaction.atomic
def _cancel_deferred(dispatch: Dispatch, channel: Channel) -> bool:
    values = {
        "month": dispatch.month,
        "dispatch": dispatch.pk,
        "lane": dispatch.lane,
        "channel": channel.value,
        "kind": KIND_OF[channel].value,
        "lease": LEASE,
        "limit": AT_ONCE,
    }
    query(BY_INDEX, {})
    return bool(query(CANCEL_DEFERRED, values))
