"""Precedence: on what lanes can't avoid sharing (processor, disk, relay) routine and digest stop for an emergency.

The rule is derived from rows, so it holds on every host. It is capped in time: a stuck emergency can not stop the rest.
"""

import time
from collections.abc import Callable
from datetime import timedelta

from alerts.lanes import LEASE, YIELD_LONGEST, YIELD_SECONDS, Lane, RecipientKind
from govnotify.lib.database import query_in_index_order

GIVES_WAY = {Lane.ROUTINE, Lane.DIGEST}
LOOK_EVERY = 0.05  # seconds, of one process: a look costs 0.2 ms, and a sender that is fast records every 5 ms
NAP = 0.03
MOVING_SECONDS = 1.0  # since a batch of it was last claimed or recorded

# People; not machines, some of which take their time as a rule.
WAITED_FOR = (RecipientKind.SUBSCRIBER, RecipientKind.BROWSER)

# It is young, or it is being sent: a batch of it was claimed or recorded a moment ago, both of which move its lease.
# Slices and batches in the order of an index of what is open: EXISTS was made a read of all of them, and what an
# emergency has behind it grows with its audience.
UNDER_WAY = """
SELECT EXISTS (
    SELECT 1 FROM alerts_dispatch d
    WHERE d.state = 'sending' AND d.lane = %(lane)s AND d.created_at > clock_timestamp() - %(longest)s
      AND ((SELECT 1 FROM alerts_slice
            WHERE lane = %(lane)s AND kind = ANY(%(kinds)s) AND expanded_at IS NULL AND dispatch_id = d.id
            ORDER BY kind, agency_id, id LIMIT 1) IS NOT NULL
        OR (SELECT 1 FROM alerts_batch
            WHERE dispatch_id BETWEEN d.id AND d.id AND dispatch_id > 0 AND kind = ANY(%(kinds)s) AND done_at IS NULL
            ORDER BY dispatch_id, id LIMIT 1) IS NOT NULL)
      AND (d.created_at > clock_timestamp() - %(young)s
        OR (SELECT 1 FROM alerts_batch
            WHERE dispatch_id BETWEEN d.id AND d.id AND dispatch_id > 0 AND kind = ANY(%(kinds)s) AND done_at IS NULL
              AND leased_until > clock_timestamp() + %(fresh)s
            ORDER BY dispatch_id, id LIMIT 1) IS NOT NULL)
)
"""
VALUES = {
    "lane": Lane.EMERGENCY.value,
    "kinds": [kind.value for kind in WAITED_FOR],
    "longest": timedelta(seconds=YIELD_LONGEST),
    "young": timedelta(seconds=YIELD_SECONDS),
    "fresh": LEASE - timedelta(seconds=MOVING_SECONDS),
}
_looked_at = 0.0


def give_way(lane: Lane, *, wanted: Callable[[], bool] = lambda: True) -> bool:
    """Wait, at most YIELD_SECONDS, while first attempts of an emergency are to be made. Others than routine do not.

    False, and at once, when `wanted` says while this waits that the caller's own work is not to go on.

    Senders call this before each piece of work, and while they send after each record: a recorder that waits takes no
    more results, so at most UNRECORDED messages go out behind the emergency's approval. It waits less than a lease.
    """
    global _looked_at  # noqa: PLW0603  when this process last looked; it decides nothing
    if lane not in GIVES_WAY or time.monotonic() < _looked_at + LOOK_EVERY:
        return True
    end = time.monotonic() + YIELD_SECONDS
    goes_on = True
    while time.monotonic() < end and _emergency_is_under_way() and (goes_on := wanted()):
        time.sleep(NAP)
    _looked_at = time.monotonic()
    return goes_on


def _emergency_is_under_way() -> bool:
    """Whether there are people of an emergency to whom nobody has attempted to send yet, and it is not stuck."""
    [(is_under_way,)] = query_in_index_order(UNDER_WAY, VALUES)
    return bool(is_under_way)
