"""Admission: how fast a lane may send to a destination, kept in one row per lane and destination.

The generic cell rate algorithm: `free_at` is when the next may go, and each claim moves it on by its size over the
rate. A batch holds about half a second of its destination's rate and the claim that takes it pays for it, so nothing is
counted per message. A lane without limits has no rows here, and pays for one look into an empty table.

One claim at a time is under way to a limited destination: a receiver that stalls holds up one worker at most and never
the lane.
"""

import json
from dataclasses import dataclass
from datetime import datetime

from alerts.lanes import ADMIT_SECONDS, ADMIT_SLACK, LEASE, RULES, Channel, Lane
from govnotify.lib.database import query, query_in_index_order

# Of an allowance `a`: nothing holds its destination back at this moment.
IS_FREE = "(a.rate IS NULL OR (a.free_at <= clock_timestamp() AND coalesce(a.held_until <= clock_timestamp(), true)))"
# Destination 0 is everything that no limit of the lane names.
FREE = f"""
    SELECT 0::smallint AS destination, NULL::float8 AS rate
    UNION ALL
    SELECT a.destination_id, a.rate FROM alerts_allowance a WHERE a.lane = {{lane}} AND {IS_FREE}
"""  # noqa: S608  of constants
# One row where the destination is admitted, and its allowance is then locked; none where somebody else was faster.
_LOCK = """
    CROSS JOIN LATERAL (
        SELECT 1 WHERE {destination} = 0
        UNION ALL
        SELECT 1 FROM (
            SELECT 1 FROM alerts_allowance a
            WHERE a.lane = %(lane)s AND a.destination_id = {destination} AND {is_free}
            FOR UPDATE SKIP LOCKED
        ) AS locked
    ) AS admitted
"""
_PAID = """, paid AS (
    UPDATE alerts_allowance a
    SET free_at = greatest(a.free_at, clock_timestamp() - %(slack)s) + p.size / a.rate * interval '1 second',
        held_until = clock_timestamp() + %(lease)s
    FROM {claimed} p WHERE a.lane = %(lane)s AND a.destination_id = p.destination AND a.rate IS NOT NULL
    RETURNING a.held_until
)"""
PAYING = {"slack": ADMIT_SLACK, "lease": LEASE}


# For a lane without limits, so that it is claimed as if there were none: the whole statement is planned at each claim,
# and with these in it that took half a millisecond more.
UNLIMITED = {
    "free": "SELECT 0::smallint AS destination, NULL::float8 AS rate",
    "lock": "",
    "paid": "",
    "held_until": "NULL::timestamptz",
}


def admission(lane: Lane, *, candidate: str, claimed: str) -> dict[str, str]:
    """The parts of a claim in SQL: `free` destinations, the `lock` of a candidate's, and what is then `paid` for it.

    `candidate` and `claimed` name relations of the claim with a `destination`, the latter also with a `size`.
    """
    if not query(HAS_LIMITS, {"lane": lane.value}):
        return UNLIMITED
    return {
        "free": FREE.format(lane="%(lane)s"),
        "lock": _LOCK.format(destination=f"{candidate}.destination", is_free=IS_FREE),
        "paid": _PAID.format(claimed=claimed),
        "held_until": "(SELECT held_until FROM paid)",
    }


HAS_LIMITS = "SELECT 1 FROM alerts_allowance WHERE lane = %(lane)s LIMIT 1"


@dataclass(slots=True)
class Hold:
    """A limited destination is this worker's to send to, until then; `until` is also what tells holders apart."""

    lane: Lane
    destination: int
    until: datetime
    dispatches: set[int]  # of which it has claims under way


LIMITS = """
SELECT m.domain, a.destination_id, a.rate FROM alerts_allowance a
JOIN alerts_destinationdomain m ON m.destination_id = a.destination_id
WHERE a.lane = %(lane)s AND a.rate IS NOT NULL
"""
# The domain as addresses are compared: it was typed in ASCII, or its A-labels are kept beside. One look at the primary
# key for each recipient whatever the statistics say, and the limits at hand: a join read all subscribers in between.
DESTINATION = """coalesce((
    SELECT (%(destination_of)s::jsonb ->> coalesce(p.ascii_domain, lower(split_part(p.email, '@', 2))))::smallint
    FROM subscriptions_subscriber p WHERE p.id = {subscriber}), 0::smallint)"""
SIZE = "coalesce((%(sizes)s::jsonb ->> destination::text)::int, %(batch)s)"


@dataclass(frozen=True, slots=True)
class Limits:
    """A lane's limits while its audience is cut, as expressions in SQL and the values that these need."""

    values: dict[str, str]  # empty: no limits

    def destination(self, subscriber: str) -> str:
        """By which destination the subscriber with this id is limited."""
        return DESTINATION.format(subscriber=subscriber) if self.values else "0::smallint"

    @property
    def size(self) -> str:
        """How large a batch of `destination` is: its piece, or the lane's own size `batch`."""
        return SIZE if self.values else "%(batch)s"


def limits_of(lane: Lane) -> Limits:
    """The lane's limits on mail as they are now."""
    found = query(LIMITS, {"lane": lane.value})
    if not found:
        return Limits({})
    largest = RULES[lane].batch
    destinations = {domain: destination for domain, destination, _ in found}
    sizes = {destination: max(1, min(round(rate * ADMIT_SECONDS), largest)) for _, destination, rate in found}
    return Limits({"destination_of": json.dumps(destinations), "sizes": json.dumps(sizes)})


EXTEND = """
UPDATE alerts_allowance SET held_until = clock_timestamp() + %(lease)s
WHERE lane = %(lane)s AND destination_id = %(destination)s AND held_until = %(until)s
RETURNING held_until
"""
RELEASE = """
UPDATE alerts_allowance SET held_until = NULL
WHERE lane = %(lane)s AND destination_id = %(destination)s AND held_until = %(until)s
"""


def extend(hold: Hold) -> None:
    """Keep the destination while its server is slow. Who has lost it has paid all the same, so may end."""
    moved = query(EXTEND, _named(hold) | {"lease": LEASE})
    if moved:
        hold.until = moved[0][0]


def release(hold: Hold, dispatch_id: int) -> None:
    """Let others send there when the last claim is given back. Who dies or fails before lets it run out."""
    hold.dispatches.discard(dispatch_id)
    if not hold.dispatches:
        query(RELEASE, _named(hold))


# One look for each destination, in the order of an index and dispatch by dispatch: EXISTS was made a read of all that
# is due, and a join one of all dispatches.
WAIT = """
SELECT extract(epoch FROM min(greatest(a.free_at, a.held_until)) - clock_timestamp()) FROM alerts_allowance a
WHERE a.lane = %(lane)s AND a.rate IS NOT NULL AND coalesce(
    (SELECT 1 FROM alerts_batch b
     WHERE b.lane = %(lane)s AND b.channel = %(channel)s AND b.destination = a.destination_id
       AND b.done_at IS NULL AND (b.leased_until IS NULL OR b.leased_until < clock_timestamp())
       AND (SELECT d.state = 'sending' FROM alerts_dispatch d WHERE d.id = b.dispatch_id)
     ORDER BY b.agency_id, b.id LIMIT 1),
    (SELECT 1 FROM alerts_delivery d
     WHERE d.lane = %(lane)s AND d.channel = %(channel)s AND d.destination = a.destination_id
       AND d.status = 2 AND d.next_attempt_at <= statement_timestamp()
       AND (SELECT o.state = 'sending' FROM alerts_dispatch o WHERE o.id = d.dispatch_id)
     ORDER BY d.next_attempt_at LIMIT 1)
) IS NOT NULL
"""


def seconds_to_wait(lane: Lane) -> float | None:
    """Until the first destination that something waits for may be sent to; None when nothing waits for one."""
    [(seconds,)] = query_in_index_order(WAIT, {"lane": lane.value, "channel": Channel.EMAIL.value})
    return None if seconds is None else max(float(seconds), 0.0)


def _named(hold: Hold) -> dict[str, object]:
    return {"lane": hold.lane.value, "destination": hold.destination, "until": hold.until}
