"""Claiming work: a lease on a batch of first attempts, or on deliveries whose next attempt is due.

A claim is one statement, so no lock outlives it. At the claim each recipient is looked at again (eligibility); whose
quiet hours it is has the routine mail of that time set aside until they end.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from django.utils import timezone

from alerts.engine.admission import PAYING, Hold, admission
from alerts.engine.eligibility import OF_BATCH, OF_RETRIES, Recipient, look_again
from alerts.engine.lifetime import begin_anew, end_of, end_of_held
from alerts.engine.runtime import runtime
from alerts.lanes import (
    ADMIT_SECONDS,
    KIND_OF,
    LAST_WORD_LONGEST,
    LAST_WORD_SECONDS,
    RULES,
    Channel,
    Lane,
    RecipientKind,
)
from govnotify.lib.database import bigints, query, query_in_index_order


@dataclass(slots=True)
class Claim:
    """Deliveries that this worker alone may attempt until the lease ends.

    A claim of a batch is fenced by the batch's token, a claim of retries by the very time until which it leased them.
    """

    dispatch_id: int
    month: date
    lane: Lane
    channel: Channel
    kind: RecipientKind
    recipients: list[Recipient]
    ends_at: datetime  # after this nothing of it is sent any more
    batch_id: int | None = None
    token: int = 0
    leased_until: datetime | None = None
    hold: Hold | None = None  # on the destination that they are limited by
    quiet_until: dict[int, datetime] = field(default_factory=dict)  # when the quiet hours end of whom they hold back


# Agencies that have batches, read from the index with one look for each, however many agencies and batches there are;
# then whose turn it is, then that agency's oldest batch; it goes to the end of the queue. The subquery keeps the
# order of turns and LIMIT stops at the first batch found, so that only that one is locked. Batch and dispatch are found
# by their ids: with joins, on statistics from before there were many, all batches that ever were had to be read. The
# agency is BETWEEN itself and itself: were it equal, its batches by id could be looked for in the table's key.
CLAIM_BATCH = """
WITH RECURSIVE free AS ({free}), waiting (destination, agency_id) AS (
    SELECT f.destination, n.agency_id FROM free f CROSS JOIN LATERAL (
        SELECT b.agency_id FROM alerts_batch b
        WHERE b.lane = %(lane)s AND b.channel = %(channel)s AND b.destination = f.destination AND b.done_at IS NULL
        ORDER BY b.agency_id LIMIT 1
    ) n
    UNION ALL
    SELECT w.destination, n.agency_id FROM waiting w CROSS JOIN LATERAL (
        SELECT b.agency_id FROM alerts_batch b
        WHERE b.lane = %(lane)s AND b.channel = %(channel)s AND b.destination = w.destination AND b.done_at IS NULL
          AND b.agency_id > w.agency_id
        ORDER BY b.agency_id LIMIT 1
    ) n
), next AS (
    SELECT b.id, b.size, t.destination, t.agency_id FROM (
        SELECT w.destination, w.agency_id FROM waiting w ORDER BY (
            SELECT t.served_at FROM alerts_turn t
            WHERE t.lane = %(lane)s AND t.channel = %(channel)s AND t.destination = w.destination
              AND t.agency_id = w.agency_id
        ) NULLS FIRST
    ) t
    CROSS JOIN LATERAL (
        SELECT b.id, b.size FROM alerts_batch b
        WHERE b.lane = %(lane)s AND b.channel = %(channel)s AND b.destination = t.destination
          AND b.agency_id BETWEEN t.agency_id AND t.agency_id AND b.done_at IS NULL
          AND (b.leased_until IS NULL OR b.leased_until < clock_timestamp())
          AND (SELECT d.state = 'sending' FROM alerts_dispatch d WHERE d.id = b.dispatch_id)
        ORDER BY b.agency_id, b.id LIMIT 1 FOR UPDATE OF b SKIP LOCKED
    ) b
    {lock}
    LIMIT 1
){paid}, turn AS (
    INSERT INTO alerts_turn AS t (lane, channel, destination, agency_id, served_at)
    SELECT %(lane)s, %(channel)s, destination, agency_id, clock_timestamp() FROM next
    ON CONFLICT (lane, channel, destination, agency_id) DO UPDATE SET served_at = excluded.served_at
)
UPDATE alerts_batch b SET token = b.token + 1, leased_until = clock_timestamp() + %(lease)s
WHERE b.id = (SELECT id FROM next)
RETURNING b.id, b.token, b.dispatch_id, (SELECT d.month FROM alerts_dispatch d WHERE d.id = b.dispatch_id), b.kind,
          b.first_id, b.last_id, b.destination, {held_until}, b.ended < b.token - 1
"""

# Of one destination at a time: the one whose oldest has waited longest. The time is the statement's, so that the index
# is read up to it; with the clock's, which may move, all that is still to become due was read. The dispatch is looked
# up for one delivery after another: with a join, and no statistics of the dispatches, the planner expected that hardly
# any delivery is of one that is being sent, and read the month whole.
DUE = """
    FROM alerts_delivery d
    WHERE d.lane = %(lane)s AND d.channel = %(channel)s AND d.destination = {destination} AND d.status = 2
      AND d.next_attempt_at <= statement_timestamp()
      AND (SELECT o.state = 'sending' FROM alerts_dispatch o WHERE o.id = d.dispatch_id)
    ORDER BY d.next_attempt_at
"""
DUE_OF = {"due_of_f": DUE.format(destination="f.destination"), "due": DUE.format(destination="next.destination")}
# The inner LIMIT of `due` is a number that the planner sees: of an expression it took a tenth of all that are deferred,
# and read the month whole to find a thousand again.
CLAIM_RETRIES = """
WITH free AS ({free}), next AS (
    SELECT f.destination, f.rate FROM (
        SELECT f.destination, f.rate FROM free f CROSS JOIN LATERAL (
            SELECT d.next_attempt_at {due_of_f} LIMIT 1
        ) oldest
        ORDER BY oldest.next_attempt_at
    ) f
    {lock}
    LIMIT 1
), due AS (
    SELECT d.* FROM next CROSS JOIN LATERAL (
        SELECT d.month, d.dispatch_id, d.recipient_kind, d.recipient_id, d.destination
        {due}
        LIMIT %(batch)s FOR UPDATE OF d SKIP LOCKED
    ) d
    LIMIT (SELECT greatest(1, coalesce(round(next.rate * %(seconds)s), %(batch)s)) FROM next)
), counted AS (
    SELECT destination, count(*) AS size FROM due GROUP BY destination
){paid}, until AS (SELECT clock_timestamp() + %(lease)s AS moment)
UPDATE alerts_delivery d SET next_attempt_at = until.moment, doubts = d.doubts + 1 FROM due, until
WHERE d.month = due.month AND d.dispatch_id = due.dispatch_id AND d.recipient_kind = due.recipient_kind
  AND d.recipient_id = due.recipient_id AND d.channel = %(channel)s
RETURNING d.dispatch_id, d.month, d.recipient_id, until.moment, d.doubts > 1,
          (SELECT o.held_until FROM alerts_dispatch o WHERE o.id = d.dispatch_id), d.destination, {held_until}
"""


UNSETTLED = "SELECT 1 FROM alerts_batch WHERE id = %(batch)s AND settled_token < %(token)s"
HEAR_EVERY = 0.1  # seconds


class Due(NamedTuple):
    """A row of CLAIM_RETRIES: a delivery that is tried again."""

    dispatch_id: int
    month: date
    recipient_id: int
    leased_until: datetime
    is_in_doubt: bool  # it was claimed before and never decided, or its server hung up without a verdict
    quiet_until: datetime | None  # the latest end of quiet hours that anybody of its dispatch has waited for
    destination: int
    hold_until: datetime | None  # on the destination; None where no limit names it


def claim_batch(lane: Lane, channel: Channel) -> Claim | None:
    """The next batch of first attempts, or None when none waits. Deliveries in it that are settled are left out."""
    parts = admission(lane, candidate="t", claimed="next")
    found = query_in_index_order(CLAIM_BATCH.format(**parts), {"lane": lane.value, "channel": channel.value} | PAYING)
    if not found:
        return None
    batch_id, token, dispatch_id, month, kind, first, last, destination, hold_until, is_taken_over = found[0]
    if is_taken_over:
        _hear_last_word(lane, batch_id, token - 1)
    ends_at = end_of(dispatch_id)
    claim = Claim(dispatch_id, month, lane, channel, RecipientKind(kind), [], ends_at, batch_id=batch_id, token=token)
    claim.hold = Hold(lane, destination, hold_until, {dispatch_id}) if hold_until else None
    claim.recipients = _read(
        claim, OF_BATCH, {"first": first, "last": last, "destination": destination, "batch": batch_id, "token": token}
    )
    return claim


def claim_retries(lane: Lane, channel: Channel) -> list[Claim]:
    """Deliveries whose next attempt is due, one claim for each dispatch among them; all have the same hold."""
    values = {"lane": lane.value, "channel": channel.value, "batch": RULES[lane].batch, "seconds": ADMIT_SECONDS}
    parts = admission(lane, candidate="f", claimed="counted")
    due = [Due(*row) for row in query_in_index_order(CLAIM_RETRIES.format(**parts, **DUE_OF), values | PAYING)]
    of_dispatches: dict[int, list[Due]] = {}
    for one in due:
        of_dispatches.setdefault(one.dispatch_id, []).append(one)
    if lane is not Lane.EMERGENCY and any(one.is_in_doubt for one in due):
        # As with a batch that is taken over: who had it may be alive. No emergency waits for a second mail's sake.
        runtime().wait(LAST_WORD_SECONDS)
    hold = _hold(lane, due)
    return [_claim_of(deliveries, lane, channel, hold) for deliveries in of_dispatches.values()]


def _hold(lane: Lane, due: Sequence[Due]) -> Hold | None:
    """The hold on their one destination, where that is limited."""
    if not due or due[0].hold_until is None:
        return None
    return Hold(lane, due[0].destination, due[0].hold_until, {one.dispatch_id for one in due})


def _claim_of(due: Sequence[Due], lane: Lane, channel: Channel, hold: Hold | None) -> Claim:
    """The claim of what is due of one dispatch."""
    first = due[0]
    ends_at = end_of_held(lane, end_of(first.dispatch_id), first.quiet_until)
    claim = Claim(first.dispatch_id, first.month, lane, channel, KIND_OF[channel], [], ends_at, hold=hold)
    claim.leased_until = first.leased_until
    ids = bigints(one.recipient_id for one in due)
    claim.recipients = _read(claim, OF_RETRIES, {"ids": ids, "until": claim.leased_until})
    return claim


def _hear_last_word(lane: Lane, batch_id: int, token: int) -> None:
    """Wait until whoever had the batch has recorded what it was sending; not for long, as it is probably dead.

    It may be alive: the clock was set forward, the database was away for longer than a lease. It hears of its loss with
    its next record, and what it has recorded by then is not sent again (200 each time, measured). On a machine with
    other work a second was not always enough for that. Where somebody takes the batch from us meanwhile, we read
    nobody. Our own messages that a server is slow about are recorded meanwhile, too: where all leases run out at once,
    two senders take over from each other.
    """
    end = time.monotonic() + (LAST_WORD_SECONDS if lane is Lane.EMERGENCY else LAST_WORD_LONGEST)
    while (rest := end - time.monotonic()) > 0 and query(UNSETTLED, {"batch": batch_id, "token": token}):
        runtime().wait(min(rest, HEAR_EVERY))


def _read(claim: Claim, which: str, values: dict[str, object]) -> list[Recipient]:
    values |= {"month": claim.month, "dispatch": claim.dispatch_id, "channel": claim.channel.value}
    recipients, quiet_until = look_again(claim.kind, claim.lane, which, values)
    if quiet_until:
        claim.quiet_until = quiet_until
        # Whom it was tried to reach by day has had that time: else a mailbox that is always full is tried for ever.
        firsts = [quiet_until[one.id] for one in recipients if one.id in quiet_until and not one.attempts]
        if firsts and claim.ends_at > timezone.now():
            begin_anew(claim.dispatch_id, max(firsts))
    return recipients
