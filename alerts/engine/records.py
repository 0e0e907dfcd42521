"""The statements that record what became of deliveries: one for up to a window of them, whatever their outcomes."""

from datetime import date
from functools import lru_cache

from alerts.engine.local_hours import QUIET
from alerts.partitions import partition_name


@lru_cache(maxsize=64)
def record_batch(month: date, *, has_decisions: bool) -> str:
    """The statement for results of a batch, with no more in it than there is to write, as it is planned each time."""
    deliveries = partition_name("alerts_delivery", month)
    decided, moved = "", "sent"
    if has_decisions:
        decided = _DECIDED_OF_BATCH.format(these=_THESE, decisions=_DECISIONS, deliveries=deliveries, attempt=_ATTEMPT)
        moved = "(SELECT * FROM sent UNION ALL SELECT * FROM decided) moved"
    return _RECORD_BATCH.format(these=_THESE, deliveries=deliveries, decided=decided, moved=moved)


# The range holds every plan to the few rows of this record: without it, on statistics from before the dispatch, one of
# them read the whole dispatch for each record, 44 ms instead of 0.6.
_THESE = """d.month = %(month)s AND d.dispatch_id = %(dispatch)s AND d.recipient_kind = %(kind)s
      AND d.recipient_id BETWEEN %(low)s AND %(high)s AND d.channel = %(channel)s"""
_DECISIONS = """unnest(%(ids)s::bigint[], %(statuses)s::smallint[], %(nexts)s::timestamptz[], %(details)s::text[],
                %(doubts)s::smallint[]) AS v(id, status, next_attempt_at, detail, doubt)"""
# What waits for the end of quiet hours was not attempted.
_ATTEMPT = f"(v.detail <> '{QUIET}')::int"

# An acceptance wins over whatever the next worker has decided meanwhile, and what was counted for that is taken back:
# `old` is the row as it was replaced, also where it changed while this waited for it. The batch is locked before any
# row, as by who clears it (alerts.engine.clearing): so nobody waits for a row of somebody who waits for the batch.
_RECORD_BATCH = """
WITH held AS (
    SELECT token, ended FROM alerts_batch WHERE id = %(batch)s FOR NO KEY UPDATE
), sent AS (
    UPDATE {deliveries} d SET status = 1, attempts = attempts + 1, changed_at = clock_timestamp(), detail = NULL,
           next_attempt_at = NULL
    FROM held
    WHERE {these} AND d.recipient_id = ANY(%(sent)s::bigint[]) AND d.status <> 1
    RETURNING old.status AS was, 1 AS status
){decided}, counted AS (
    SELECT count(*) FILTER (WHERE status = 1) AS sent,
           count(*) FILTER (WHERE status = 2) - count(*) FILTER (WHERE was = 2) AS deferred,
           count(*) FILTER (WHERE status = 3) - count(*) FILTER (WHERE was = 3) AS failed,
           count(*) FILTER (WHERE status = 6) - count(*) FILTER (WHERE was = 6) AS skipped,
           count(*) FILTER (WHERE was = 7) AS revived
    FROM {moved}
)
UPDATE alerts_batch b SET
    sent = b.sent + c.sent, deferred = b.deferred + c.deferred, failed = b.failed + c.failed,
    skipped = b.skipped + c.skipped, cancelled = b.cancelled - c.revived,
    -- once, however often this is repeated: closing ends the lease, and who has lost it leaves the doubt to the next
    ended = b.ended + (%(closing)s AND b.token = %(token)s AND b.leased_until IS NOT NULL)::int,
    settled_token = CASE WHEN %(closing)s THEN greatest(b.settled_token, %(token)s) ELSE b.settled_token END,
    first_sent_at = coalesce(b.first_sent_at, %(first)s::timestamptz),
    last_sent_at = CASE WHEN %(any_sent)s THEN clock_timestamp() ELSE b.last_sent_at END,
    leased_until = CASE WHEN b.token <> %(token)s THEN b.leased_until
                        WHEN %(closing)s THEN NULL ELSE clock_timestamp() + %(lease)s END,
    done_at = CASE WHEN b.token = %(token)s AND %(done)s THEN clock_timestamp() ELSE b.done_at END
FROM counted c WHERE b.id = %(batch)s
RETURNING b.token = %(token)s AND (SELECT state = 'sending' FROM alerts_dispatch WHERE id = %(dispatch)s)
"""
_DECIDED_OF_BATCH = """, decided AS (
    UPDATE {deliveries} d SET status = v.status, attempts = attempts + {attempt}, changed_at = clock_timestamp(),
           next_attempt_at = v.next_attempt_at, detail = v.detail,
           doubts = doubts + v.doubt + (held.ended < held.token - 1)::int  -- who had it before may have handed it over
    FROM held, {decisions}
    WHERE {these} AND d.recipient_id = v.id AND d.status = 0 AND held.token = %(token)s
    RETURNING 0 AS was, d.status
)"""

# Rows are locked by ascending ids: two that record the same ones wait for one another and never in a ring. The ids of
# the decisions are named twice, as those of a record lie anywhere in the dispatch, and its range is no bound here.
_RECORD_RETRIES = """
WITH held AS (
    SELECT 1 FROM alerts_delivery d
    WHERE {these} AND d.recipient_id = ANY(%(all)s::bigint[]) ORDER BY d.recipient_id FOR NO KEY UPDATE
), all_held AS (
    SELECT count(*) FROM held
), sent AS (
    UPDATE alerts_delivery d SET status = 1, attempts = attempts + 1, changed_at = clock_timestamp(), detail = NULL,
           next_attempt_at = NULL
    FROM all_held
    WHERE {these} AND d.recipient_id = ANY(%(sent)s::bigint[]) AND d.status <> 1
    RETURNING old.status AS was, 1 AS status
), decided AS (
    UPDATE alerts_delivery d SET status = v.status, attempts = attempts + {attempt}, changed_at = clock_timestamp(),
           next_attempt_at = v.next_attempt_at, detail = v.detail, doubts = greatest(doubts - 1 + v.doubt, 0)
    FROM all_held, {decisions}
    WHERE {these} AND d.recipient_id = ANY(%(ids)s::bigint[]) AND d.recipient_id = v.id
      AND d.next_attempt_at = %(until)s
    RETURNING 2 AS was, d.status
), moved AS (
    SELECT * FROM sent UNION ALL SELECT * FROM decided
)
INSERT INTO alerts_retrytally AS t (dispatch_id, channel, sent, failed, skipped, cancelled)
SELECT %(dispatch)s, %(channel)s, count(*) FILTER (WHERE status = 1),
       count(*) FILTER (WHERE status = 3) - count(*) FILTER (WHERE was = 3),
       count(*) FILTER (WHERE status = 6) - count(*) FILTER (WHERE was = 6),
       - count(*) FILTER (WHERE was = 7)
FROM moved
ON CONFLICT (dispatch_id, channel) DO UPDATE SET
    sent = t.sent + excluded.sent, failed = t.failed + excluded.failed, skipped = t.skipped + excluded.skipped,
    cancelled = t.cancelled + excluded.cancelled
RETURNING (SELECT state = 'sending' FROM alerts_dispatch WHERE id = %(dispatch)s)
"""
RECORD_RETRIES = _RECORD_RETRIES.format(these=_THESE, decisions=_DECISIONS, attempt=_ATTEMPT)

# Retries that were claimed and not attempted, as their dispatch was stopped: due again, and in no doubt for the claim.
RELEASE_RETRIES = """
UPDATE alerts_delivery SET next_attempt_at = clock_timestamp(), doubts = greatest(doubts - 1, 0)
WHERE month = %(month)s AND dispatch_id = %(dispatch)s AND recipient_kind = %(kind)s AND channel = %(channel)s
  AND recipient_id = ANY(%(claimed)s::bigint[]) AND next_attempt_at = %(until)s
"""
