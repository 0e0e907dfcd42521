"""Who wants it: set-based, in slices of ascending ids, under the dispatch's cut-off time."""

from dataclasses import dataclass

from alerts.engine import browser_audience, topic_audience
from alerts.engine.admission import Limits, limits_of
from alerts.engine.digest_audience import DigestReaders
from alerts.engine.sources import Source
from alerts.engine.told import Told
from alerts.lanes import CHANNEL_OF, RULES, Lane, RecipientKind
from alerts.models import Dispatch, Slice
from govnotify.lib.database import in_index_order, query

# The recipients of each destination that is limited have batches of their own; the others share theirs.
CUT = """
, numbered AS (
    SELECT recipient_id, destination,
           (row_number() OVER (PARTITION BY destination ORDER BY recipient_id) - 1) / {size} AS number
    FROM added
), cut AS (
    INSERT INTO alerts_batch (dispatch_id, kind, channel, lane, agency_id, destination, first_id, last_id, size,
                              token, sent, failed, deferred, skipped)
    SELECT %(dispatch)s, %(kind)s, %(channel)s, %(lane)s, %(agency)s, destination,
           min(recipient_id), max(recipient_id), count(*), 0, 0, 0, 0, 0
    FROM numbered GROUP BY destination, number ORDER BY destination, number
)
SELECT count(*) FROM added
"""
LAST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Expanded:
    recipients: int  # rows that this slice added
    through_id: int
    is_last: bool


def expand(*, slice_: Slice, dispatch: Dispatch) -> Expanded:
    """Turn the slice into deliveries and batches, in the caller's transaction. O(slice), not O(audience)."""
    lane, kind = Lane(slice_.lane), RecipientKind(slice_.kind)
    rules = RULES[lane]
    source = _source(dispatch, kind)
    with in_index_order():
        end = source.upper_end(slice_.after_id, rules.first_slice if slice_.after_id == 0 else rules.slice)
    through_id = LAST_ID if end is None else end
    limits = limits_of(lane) if kind is RecipientKind.SUBSCRIBER else Limits({})
    add, whom = source.addition(slice_.after_id, through_id, limits)
    each = {
        "month": dispatch.month,
        "dispatch": dispatch.pk,
        "kind": kind.value,
        "channel": CHANNEL_OF[kind].value,
        "lane": lane.value,
    }
    batches = {"agency": slice_.agency_id, "batch": rules.batch}
    [(added,)] = query(add + CUT.format(size=limits.size), each | whom | batches | limits.values)
    return Expanded(recipients=added, through_id=through_id, is_last=end is None)


def _source(dispatch: Dispatch, kind: RecipientKind) -> Source:
    """Where the recipients of a kind are read from."""
    if dispatch.bulletin_id is None:
        return DigestReaders(dispatch)
    if kind is RecipientKind.BROWSER:
        followers = browser_audience.followers(dispatch)
    else:
        followers = topic_audience.followers(dispatch, kind)
    return Told(dispatch, kind, followers) if dispatch.corrects else followers
