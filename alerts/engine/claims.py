"""Claiming work: a lease on a batch of first attempts, or on deliveries whose next attempt is due.

A claim is one statement, so no lock outlives it. At the claim each recipient is looked at again: who has unsubscribed,
is suppressed or erased is marked to be skipped, with the reason. Who takes a break is skipped by all lanes but the
emergency's.
"""

import time
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple

from alerts.engine.admission import PAYING, Hold, admission
from alerts.lanes import ADMIT_SECONDS, KIND_OF, LAST_WORD_SECONDS, RULES, Channel, Lane, RecipientKind
from alerts.models import Dispatch
from govnotify.lib.database import bigints, query


class Recipient(NamedTuple):
    """One delivery to attempt, as the database has it at this moment."""

    id: int
    address: str  # e-mail address as typed, or the endpoint's URL
    language: str
    secret: str  # of an endpoint, sealed
    topics: list[int]  # that matched, in the bulletin's order
    attempts: int  # made before this one
    skip: str  # why not to write to this recipient any more; empty: go on


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


# Agencies that have batches, read from the index with one look for each, however many agencies and batches there are;
# then whose turn it is, then that agency's oldest batch; it goes to the end of the queue. The subquery keeps the
# order of turns and LIMIT stops at the first batch found, so that only that one is locked.
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
        SELECT b.id, b.size FROM alerts_batch b JOIN alerts_dispatch d ON d.id = b.dispatch_id AND d.state = 'sending'
        WHERE b.lane = %(lane)s AND b.channel = %(channel)s AND b.destination = t.destination
          AND b.agency_id = t.agency_id AND b.done_at IS NULL
          AND (b.leased_until IS NULL OR b.leased_until < clock_timestamp())
        ORDER BY b.id LIMIT 1 FOR UPDATE OF b SKIP LOCKED
    ) b
    {lock}
    LIMIT 1
){paid}, turn AS (
    INSERT INTO alerts_turn AS t (lane, channel, destination, agency_id, served_at)
    SELECT %(lane)s, %(channel)s, destination, agency_id, clock_timestamp() FROM next
    ON CONFLICT (lane, channel, destination, agency_id) DO UPDATE SET served_at = excluded.served_at
)
UPDATE alerts_batch b SET token = b.token + 1, leased_until = clock_timestamp() + %(lease)s
FROM next, alerts_dispatch d WHERE b.id = next.id AND d.id = b.dispatch_id
RETURNING b.id, b.token, b.dispatch_id, d.month, b.kind, b.first_id, b.last_id, b.destination, {held_until},
          b.ended < b.token - 1
"""

# Of one destination at a time: the one whose oldest has waited longest. The time is the statement's, so that the index
# is read up to it; with the clock's, which may move, all that is still to become due was read.
DUE = """
    FROM alerts_delivery d JOIN alerts_dispatch o ON o.id = d.dispatch_id AND o.state = 'sending'
    WHERE d.lane = %(lane)s AND d.channel = %(channel)s AND d.destination = {destination} AND d.status = 2
      AND d.next_attempt_at <= statement_timestamp()
    ORDER BY d.next_attempt_at
"""
DUE_OF = {"due_of_f": DUE.format(destination="f.destination"), "due": DUE.format(destination="next.destination")}
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
        LIMIT CASE WHEN next.rate IS NULL THEN %(batch)s
                   ELSE greatest(1, least(round(next.rate * %(seconds)s), %(batch)s)) END FOR UPDATE OF d SKIP LOCKED
    ) d
), counted AS (
    SELECT destination, count(*) AS size FROM due GROUP BY destination
){paid}, until AS (SELECT clock_timestamp() + %(lease)s AS moment)
UPDATE alerts_delivery d SET next_attempt_at = until.moment, doubts = d.doubts + 1 FROM due, until
WHERE d.month = due.month AND d.dispatch_id = due.dispatch_id AND d.recipient_kind = due.recipient_kind
  AND d.recipient_id = due.recipient_id AND d.channel = %(channel)s
RETURNING d.dispatch_id, d.month, d.recipient_id, until.moment, d.doubts > 1, d.destination, {held_until}
"""

SUBSCRIBERS = """
SELECT d.recipient_id, s.email, s.language, '', d.topics, d.attempts,
       CASE WHEN s.id IS NULL THEN 'erased'
            WHEN s.status <> 'active' THEN 'ended'
            WHEN EXISTS (SELECT 1 FROM subscriptions_suppression p WHERE p.address_key = s.address_key)
                 THEN 'suppressed'
            WHEN NOT EXISTS (SELECT 1 FROM subscriptions_subscription c WHERE c.subscriber_id = d.recipient_id
                             AND c.topic_id = ANY(d.topics) AND c.ended_at IS NULL) THEN 'unsubscribed'
            WHEN s.paused_until > (statement_timestamp() AT TIME ZONE 'UTC')::date AND d.lane <> 1 THEN 'paused'
            ELSE '' END
FROM alerts_delivery d LEFT JOIN subscriptions_subscriber s ON s.id = d.recipient_id
WHERE d.month = %(month)s AND d.dispatch_id = %(dispatch)s AND d.recipient_kind = 1 AND d.channel = %(channel)s
"""
ENDPOINTS = """
SELECT d.recipient_id, e.url, '', e.sealed_secret, d.topics, d.attempts,
       CASE WHEN e.id IS NULL THEN 'erased'
            WHEN e.status <> 'active' THEN 'disabled'
            WHEN NOT EXISTS (SELECT 1 FROM subscriptions_subscription c WHERE c.endpoint_id = d.recipient_id
                             AND c.topic_id = ANY(d.topics) AND c.ended_at IS NULL) THEN 'unsubscribed'
            ELSE '' END
FROM alerts_delivery d LEFT JOIN subscriptions_endpoint e ON e.id = d.recipient_id
WHERE d.month = %(month)s AND d.dispatch_id = %(dispatch)s AND d.recipient_kind = 2 AND d.channel = %(channel)s
"""
READ = {RecipientKind.SUBSCRIBER: SUBSCRIBERS, RecipientKind.ENDPOINT: ENDPOINTS}
# Named by their ids, so that the read follows the primary key whatever the statistics say.
OF_BATCH = """
  AND d.recipient_id BETWEEN %(first)s AND %(last)s AND d.status = 0 AND d.destination = %(destination)s
  AND EXISTS (SELECT 1 FROM alerts_batch WHERE id = %(batch)s AND token = %(token)s)
ORDER BY d.recipient_id
"""
OF_RETRIES = "AND d.recipient_id = ANY(%(ids)s::bigint[]) AND d.next_attempt_at = %(until)s ORDER BY d.recipient_id"


def claim_batch(lane: Lane, channel: Channel) -> Claim | None:
    """The next batch of first attempts, or None when none waits. Deliveries in it that are settled are left out."""
    parts = admission(lane, candidate="t", claimed="next")
    found = query(CLAIM_BATCH.format(**parts), {"lane": lane.value, "channel": channel.value} | PAYING)
    if not found:
        return None
    batch_id, token, dispatch_id, month, kind, first, last, destination, held_until, is_taken_over = found[0]
    if is_taken_over:
        # Who had it may be alive: the clock was set forward, the database was away for longer than a lease. It hears of
        # its loss with its next record, and what it has recorded by then is not sent again (200 each time, measured).
        # Where somebody takes it from us meanwhile, we read nobody.
        time.sleep(LAST_WORD_SECONDS)
    ends_at = end_of(dispatch_id)
    claim = Claim(dispatch_id, month, lane, channel, RecipientKind(kind), [], ends_at, batch_id=batch_id, token=token)
    claim.hold = Hold(lane, destination, held_until, {dispatch_id}) if held_until else None
    claim.recipients = _read(
        claim, OF_BATCH, {"first": first, "last": last, "destination": destination, "batch": batch_id, "token": token}
    )
    return claim


def claim_retries(lane: Lane, channel: Channel) -> list[Claim]:
    """Deliveries whose next attempt is due, one claim for each dispatch among them; all have the same hold."""
    values = {"lane": lane.value, "channel": channel.value, "batch": RULES[lane].batch, "seconds": ADMIT_SECONDS}
    parts = admission(lane, candidate="f", claimed="counted")
    found = query(CLAIM_RETRIES.format(**parts, **DUE_OF), values | PAYING)
    kind = KIND_OF[channel]
    destination, held_until = found[0][-2:] if found else (0, None)
    hold = Hold(lane, destination, held_until, {row[0] for row in found}) if held_until else None
    claims: dict[int, tuple[Claim, list[int]]] = {}
    for dispatch_id, month, recipient_id, until, *_ in found:
        if dispatch_id not in claims:
            claim = Claim(
                dispatch_id, month, lane, channel, kind, [], end_of(dispatch_id), leased_until=until, hold=hold
            )
            claims[dispatch_id] = claim, []
        claims[dispatch_id][1].append(recipient_id)
    if lane is not Lane.EMERGENCY and any(row[4] for row in found):
        # Claimed before and never decided, it may be: as with a batch that is taken over. In doubt are also those whose
        # server hung up without a verdict, and an emergency does not wait for a second mail's sake.
        time.sleep(LAST_WORD_SECONDS)
    for claim, ids in claims.values():
        claim.recipients = _read(claim, OF_RETRIES, {"ids": bigints(ids), "until": claim.leased_until})
    return [claim for claim, _ in claims.values()]


def _read(claim: Claim, which: str, values: dict[str, object]) -> list[Recipient]:
    values |= {"month": claim.month, "dispatch": claim.dispatch_id, "channel": claim.channel.value}
    return [Recipient._make(row) for row in query(READ[claim.kind] + which, values)]


@lru_cache(maxsize=256)
def end_of(dispatch_id: int) -> datetime:
    """When the dispatch's lifetime is over. Neither its beginning nor an approved alert's end ever changes."""
    dispatch = Dispatch.objects.select_related("approval__alert").get(pk=dispatch_id)
    lifetime = RULES[Lane(dispatch.lane)].lifetime
    if lifetime is not None:
        # A digest's cut-off may lie far back: its run is made when the platform is up again.
        return (dispatch.cut_off if dispatch.bulletin_id else dispatch.created_at) + lifetime
    assert dispatch.approval is not None  # noqa: S101  the database's check constraint
    expires = dispatch.approval.alert.expires
    assert expires is not None  # noqa: S101  approve_alert has checked it
    return expires
