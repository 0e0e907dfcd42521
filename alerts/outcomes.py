"""Recording what became of deliveries: in bulk, one statement for up to a window of them, fenced by the claim.

That a message was accepted is a fact and is always recorded, even by a worker whose lease has run out. Anything else
(deferred, failed, skipped) is a decision, and only the holder of the claim decides. Every record also tells the sender
whether to go on: not with a lease that is lost, and not with a dispatch that was paused or cancelled meanwhile.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone

from alerts.admission import extend, release
from alerts.claims import Claim, Recipient
from alerts.consequences import Result, alarm, said_without_address, suppress_hard_bounces
from alerts.lanes import LEASE, retry_delay
from alerts.models import Delivery, Dispatch
from channels.outcome import Outcome, Verdict
from govnotify.lib.database import bigints, query


class Decision(NamedTuple):
    """What is written to a row that was not accepted."""

    recipient_id: int
    status: int
    next_attempt_at: datetime | None
    detail: str
    doubt: int  # 1: it was handed over whole and nobody said what became of it


# `late`: accepted by a worker that had lost its lease, of rows that the next one has decided otherwise meanwhile. The
# fact wins, and what was counted for the decision is taken back.
# The range holds every plan to the few rows of this record: without it, on statistics from before the dispatch, one of
# them read the whole dispatch for each record, 44 ms instead of 0.6.
RECORD_BATCH = """
WITH overtaken AS (
    SELECT recipient_id, status FROM alerts_delivery
    WHERE month = %(month)s AND dispatch_id = %(dispatch)s AND recipient_kind = %(kind)s AND channel = %(channel)s
      AND recipient_id BETWEEN %(low)s AND %(high)s
      AND recipient_id = ANY(%(sent)s::bigint[]) AND status NOT IN (0, 1) FOR UPDATE
), late AS (
    UPDATE alerts_delivery d SET status = 1, attempts = attempts + 1, changed_at = clock_timestamp(), detail = NULL,
           next_attempt_at = NULL
    FROM overtaken o
    WHERE d.month = %(month)s AND d.dispatch_id = %(dispatch)s AND d.recipient_kind = %(kind)s
      AND d.recipient_id BETWEEN %(low)s AND %(high)s AND d.channel = %(channel)s AND d.recipient_id = o.recipient_id
    RETURNING o.status
), sent AS (
    UPDATE alerts_delivery SET status = 1, attempts = attempts + 1, changed_at = clock_timestamp(), detail = NULL
    WHERE month = %(month)s AND dispatch_id = %(dispatch)s AND recipient_kind = %(kind)s AND channel = %(channel)s
      AND recipient_id BETWEEN %(low)s AND %(high)s AND recipient_id = ANY(%(sent)s::bigint[]) AND status = 0
    RETURNING 1
), decided AS (
    UPDATE alerts_delivery d SET status = v.status, attempts = attempts + 1, changed_at = clock_timestamp(),
           next_attempt_at = v.next_attempt_at, detail = v.detail,
           doubts = doubts + v.doubt + (b.ended < b.token - 1)::int  -- who had it before may have handed it over
    FROM unnest(%(ids)s::bigint[], %(statuses)s::smallint[], %(nexts)s::timestamptz[], %(details)s::text[],
                %(doubts)s::smallint[]) AS v(id, status, next_attempt_at, detail, doubt), alerts_batch b
    WHERE d.month = %(month)s AND d.dispatch_id = %(dispatch)s AND d.recipient_kind = %(kind)s
      AND d.recipient_id BETWEEN %(low)s AND %(high)s AND d.channel = %(channel)s AND d.recipient_id = v.id
      AND d.status = 0
      AND b.id = %(batch)s AND b.token = %(token)s
    RETURNING d.status
)
UPDATE alerts_batch SET
    sent = sent + (SELECT count(*) FROM sent) + (SELECT count(*) FROM late),
    deferred = deferred + (SELECT count(*) FROM decided WHERE status = 2)
               - (SELECT count(*) FROM late WHERE status = 2),
    failed = failed + (SELECT count(*) FROM decided WHERE status = 3) - (SELECT count(*) FROM late WHERE status = 3),
    skipped = skipped + (SELECT count(*) FROM decided WHERE status = 6) - (SELECT count(*) FROM late WHERE status = 6),
    cancelled = cancelled - (SELECT count(*) FROM late WHERE status = 7),
    ended = least(ended + %(closing)s::int, token),
    first_sent_at = coalesce(first_sent_at, %(first)s::timestamptz),
    last_sent_at = CASE WHEN %(any_sent)s THEN clock_timestamp() ELSE last_sent_at END,
    leased_until = CASE WHEN token <> %(token)s THEN leased_until
                        WHEN %(closing)s THEN NULL ELSE clock_timestamp() + %(lease)s END,
    done_at = CASE WHEN token = %(token)s AND %(done)s THEN clock_timestamp() ELSE done_at END
WHERE id = %(batch)s
RETURNING token = %(token)s AND (SELECT state = 'sending' FROM alerts_dispatch WHERE id = %(dispatch)s)
"""

RECORD_RETRIES = """
WITH overtaken AS (
    SELECT recipient_id, status FROM alerts_delivery
    WHERE month = %(month)s AND dispatch_id = %(dispatch)s AND recipient_kind = %(kind)s AND channel = %(channel)s
      AND recipient_id BETWEEN %(low)s AND %(high)s
      AND recipient_id = ANY(%(sent)s::bigint[]) AND status NOT IN (1, 2) FOR UPDATE
), late AS (
    UPDATE alerts_delivery d SET status = 1, attempts = attempts + 1, changed_at = clock_timestamp(), detail = NULL
    FROM overtaken o
    WHERE d.month = %(month)s AND d.dispatch_id = %(dispatch)s AND d.recipient_kind = %(kind)s
      AND d.recipient_id BETWEEN %(low)s AND %(high)s AND d.channel = %(channel)s AND d.recipient_id = o.recipient_id
    RETURNING o.status
), sent AS (
    UPDATE alerts_delivery SET status = 1, attempts = attempts + 1, changed_at = clock_timestamp(), detail = NULL,
           next_attempt_at = NULL
    WHERE month = %(month)s AND dispatch_id = %(dispatch)s AND recipient_kind = %(kind)s AND channel = %(channel)s
      AND recipient_id BETWEEN %(low)s AND %(high)s AND recipient_id = ANY(%(sent)s::bigint[]) AND status = 2
    RETURNING 1
), decided AS (
    UPDATE alerts_delivery d SET status = v.status, attempts = attempts + 1, changed_at = clock_timestamp(),
           next_attempt_at = v.next_attempt_at, detail = v.detail, doubts = greatest(doubts - 1 + v.doubt, 0)
    FROM unnest(%(ids)s::bigint[], %(statuses)s::smallint[], %(nexts)s::timestamptz[], %(details)s::text[],
                %(doubts)s::smallint[]) AS v(id, status, next_attempt_at, detail, doubt)
    WHERE d.month = %(month)s AND d.dispatch_id = %(dispatch)s AND d.recipient_kind = %(kind)s
      AND d.recipient_id BETWEEN %(low)s AND %(high)s AND d.channel = %(channel)s AND d.recipient_id = v.id
      AND d.next_attempt_at = %(until)s
    RETURNING d.status
)
INSERT INTO alerts_retrytally AS t (dispatch_id, channel, sent, failed, skipped, cancelled)
SELECT %(dispatch)s, %(channel)s, (SELECT count(*) FROM sent) + (SELECT count(*) FROM late),
       (SELECT count(*) FROM decided WHERE status = 3) - (SELECT count(*) FROM late WHERE status = 3),
       (SELECT count(*) FROM decided WHERE status = 6) - (SELECT count(*) FROM late WHERE status = 6),
       - (SELECT count(*) FROM late WHERE status = 7)
ON CONFLICT (dispatch_id, channel) DO UPDATE SET
    sent = t.sent + excluded.sent, failed = t.failed + excluded.failed, skipped = t.skipped + excluded.skipped,
    cancelled = t.cancelled + excluded.cancelled
RETURNING (SELECT state = 'sending' FROM alerts_dispatch WHERE id = %(dispatch)s)
"""

# Retries that were claimed and not attempted, as their dispatch was stopped: due again, and in no doubt for the claim.
RELEASE_RETRIES = """
UPDATE alerts_delivery SET next_attempt_at = clock_timestamp(), doubts = greatest(doubts - 1, 0)
WHERE month = %(month)s AND dispatch_id = %(dispatch)s AND recipient_kind = %(kind)s AND channel = %(channel)s
  AND recipient_id = ANY(%(claimed)s::bigint[]) AND next_attempt_at = %(until)s
"""


def record(
    claim: Claim,
    results: Sequence[Result],
    *,
    first_accepted: datetime | None = None,
    closing: bool = False,
    done: bool = False,
) -> bool:
    """Write the results and renew the lease. False: the lease is lost or the dispatch stopped, so take no more.

    `closing` gives the claim back: all that was taken has its result, and what was not taken waits for the next. With
    `done` nothing waits, and the batch is closed. `first_accepted` is when the first message of the claim was
    accepted, which is before it was recorded.
    """
    closing = closing or done
    decisions = [_decide(claim, *result) for result in results if not result[1].accepted]
    sent = [recipient.id for recipient, outcome in results if outcome.accepted]
    ids = [recipient.id for recipient, _ in results] or [0]
    values = {
        "month": claim.month,
        "dispatch": claim.dispatch_id,
        "kind": claim.kind.value,
        "channel": claim.channel.value,
        "low": min(ids),
        "high": max(ids),
        "sent": bigints(sent),
        "any_sent": bool(sent),
        "first": first_accepted,
        "ids": bigints(decision.recipient_id for decision in decisions),
        "statuses": [decision.status for decision in decisions],
        "nexts": [decision.next_attempt_at for decision in decisions],
        "details": [decision.detail for decision in decisions],
        "doubts": [decision.doubt for decision in decisions],
    }
    with transaction.atomic():
        if claim.batch_id is None:
            values["until"] = claim.leased_until
            [(go_on,)] = query(RECORD_RETRIES, values)
            if closing and not (done and go_on):
                query(RELEASE_RETRIES, values | {"claimed": bigints(recipient.id for recipient in claim.recipients)})
        else:
            fence = {"batch": claim.batch_id, "token": claim.token, "lease": LEASE, "closing": closing, "done": done}
            [(go_on,)] = query(RECORD_BATCH, values | fence)
        suppress_hard_bounces(claim, results)
    if closing and claim.hold is not None:
        release(claim.hold, claim.dispatch_id)
    alarm(claim, results)
    return bool(go_on)


def is_wanted(claim: Claim) -> bool:
    """Whether the claim's dispatch is still to be sent: asked by a sender that has nothing to record for a while."""
    return Dispatch.objects.unfinished().filter(pk=claim.dispatch_id).exists()


RENEW_BATCH = """
UPDATE alerts_batch SET leased_until = clock_timestamp() + %(lease)s WHERE id = %(batch)s AND token = %(token)s
RETURNING leased_until
"""
RENEW_RETRIES = """
UPDATE alerts_delivery SET next_attempt_at = until.moment
FROM (SELECT clock_timestamp() + %(lease)s AS moment) AS until
WHERE month = %(month)s AND dispatch_id = %(dispatch)s AND recipient_kind = %(kind)s AND channel = %(channel)s
  AND recipient_id = ANY(%(ids)s::bigint[]) AND next_attempt_at = %(until)s
RETURNING until.moment
"""


def renew(claim: Claim) -> bool:
    """Move the lease on while a server is slow, and the hold on its destination. False: the lease is lost."""
    if claim.hold is not None:
        extend(claim.hold)
    if claim.batch_id is not None:
        return bool(query(RENEW_BATCH, {"lease": LEASE, "batch": claim.batch_id, "token": claim.token}))
    values = {
        "lease": LEASE,
        "month": claim.month,
        "dispatch": claim.dispatch_id,
        "kind": claim.kind.value,
        "channel": claim.channel.value,
        "ids": bigints(recipient.id for recipient in claim.recipients),
        "until": claim.leased_until,
    }
    moved = query(RENEW_RETRIES, values)
    if moved:
        claim.leased_until = moved[0][0]
    return bool(moved)


FINISH = """
UPDATE alerts_dispatch SET state = 'done', finished_at = clock_timestamp()
WHERE id = %(dispatch)s AND state = 'sending'
  AND (SELECT coalesce(sum(deferred), 0) FROM alerts_batch WHERE dispatch_id = %(dispatch)s)
    = (SELECT coalesce(sum(sent + failed + skipped + cancelled), 0) FROM alerts_retrytally
       WHERE dispatch_id = %(dispatch)s)
RETURNING id
"""


def finish(dispatch_id: int) -> bool:
    """Close the dispatch when every delivery of it is settled. True when this call closed it."""
    dispatch = Dispatch.objects.unfinished().filter(pk=dispatch_id).exclude(expanded_at=None).first()
    if dispatch is None or dispatch.batches.filter(done_at=None).exists():
        return False
    return bool(query(FINISH, {"dispatch": dispatch_id}))


def _decide(claim: Claim, recipient: Recipient, outcome: Outcome) -> Decision:
    if recipient.skip:
        return Decision(recipient.id, Delivery.Status.SKIPPED, None, recipient.skip, 0)
    detail = said_without_address(outcome, recipient.address)
    if outcome.verdict is Verdict.TRANSIENT:
        delay = retry_delay(claim.lane, claim.channel, recipient.attempts + 1, outcome.retry_after)
        due = timezone.now() + delay
        if due < claim.ends_at:
            return Decision(recipient.id, Delivery.Status.DEFERRED, due, detail, int(outcome.in_doubt))
        detail = f"given up after {recipient.attempts + 1} attempts: {detail}"[:300]
    return Decision(recipient.id, Delivery.Status.FAILED, None, detail, int(outcome.in_doubt))
