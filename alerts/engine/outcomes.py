"""Recording what became of deliveries: in bulk, one statement for up to a window of them, fenced by the claim.

That a message was accepted is a fact and is always recorded, even by a worker whose lease has run out. Anything else
(deferred, failed, skipped) is a decision, and only the holder of the claim decides. Every record also tells the sender
whether to go on: not with a lease that is lost, and not with a dispatch that was paused or cancelled meanwhile.
"""

from collections.abc import Sequence
from contextlib import nullcontext
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone

from alerts.engine.admission import extend, release
from alerts.engine.claims import Claim
from alerts.engine.consequences import Result, alarm, end_recipients, said_without_address
from alerts.engine.eligibility import Recipient
from alerts.engine.local_hours import QUIET
from alerts.engine.records import RECORD_RETRIES, RELEASE_RETRIES, record_batch
from alerts.lanes import LEASE, retry_delay
from alerts.models import Delivery, Dispatch
from channels.outcome import Outcome, Reason, Verdict
from govnotify.lib.database import bigints, query

SKIPPED = Outcome(Verdict.PERMANENT)  # of a recipient that is not to be sent to: its `skip` says why
ENDED = Outcome(Verdict.PERMANENT, Reason.NONE, "", "its time was over before it could be sent")


class Decision(NamedTuple):
    """What is written to a row that was not accepted."""

    recipient_id: int
    status: int
    next_attempt_at: datetime | None
    detail: str
    doubt: int  # 1: it was handed over whole and nobody said what became of it


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
    values = _values(claim, results) | {"first": first_accepted}
    # Nearly always one statement is all, and spares two more trips to the database.
    alone = claim.batch_id is not None and not any(outcome.ends_recipient for _, outcome in results)
    with nullcontext() if alone else transaction.atomic():
        if claim.batch_id is None:
            [(go_on,)] = query(RECORD_RETRIES, values | {"until": claim.leased_until})
            if closing and not (done and go_on):
                query(RELEASE_RETRIES, values | {"claimed": _ids_of(claim.recipients), "until": claim.leased_until})
        else:
            values |= {"batch": claim.batch_id, "token": claim.token, "lease": LEASE, "closing": closing, "done": done}
            [(go_on,)] = query(record_batch(claim.month, has_decisions="ids" in values), values)
        end_recipients(claim, results)
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
        "ids": _ids_of(claim.recipients),
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


def _values(claim: Claim, results: Sequence[Result]) -> dict[str, object]:
    """What the statements need of the results."""
    sent = [recipient for recipient, outcome in results if outcome.accepted]
    decisions = [_decide(claim, *result) for result in results if not result[1].accepted]
    ids = [recipient.id for recipient, _ in results] or [0]
    values: dict[str, object] = {
        "month": claim.month,
        "dispatch": claim.dispatch_id,
        "kind": claim.kind.value,
        "channel": claim.channel.value,
        "low": min(ids),
        "high": max(ids),
        "all": bigints(ids),
        # Nobody is 0. From an empty array the planner concludes anything: that all that is due may be read instead.
        "sent": _ids_of(sent) if sent else bigints([0]),
        "any_sent": bool(sent),
    }
    if decisions or claim.batch_id is None:
        values |= {
            "ids": bigints(decision.recipient_id for decision in decisions),
            "statuses": [decision.status for decision in decisions],
            "nexts": [decision.next_attempt_at for decision in decisions],
            "details": [decision.detail for decision in decisions],
            "doubts": [decision.doubt for decision in decisions],
        }
    return values


def _ids_of(recipients: Sequence[Recipient]) -> str:
    return bigints(recipient.id for recipient in recipients)


def _decide(claim: Claim, recipient: Recipient, outcome: Outcome) -> Decision:
    if recipient.skip == QUIET:
        return _hold(claim, recipient)
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


def _hold(claim: Claim, recipient: Recipient) -> Decision:
    """Until quiet hours end; what can't be tried any more by then is given up, unless it has never been tried."""
    until = claim.quiet_until[recipient.id]
    if until < claim.ends_at or (recipient.attempts == 0 and timezone.now() < claim.ends_at):
        return Decision(recipient.id, Delivery.Status.DEFERRED, until, QUIET, 0)
    return Decision(recipient.id, Delivery.Status.FAILED, None, "its time was over before quiet hours ended", 0)
