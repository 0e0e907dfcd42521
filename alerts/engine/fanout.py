"""Slices become batches: each slice in one transaction, the next opened behind it, so that none is lost or doubled."""

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from alerts.engine.audience import expand
from alerts.engine.browser_audience import is_wanted
from alerts.lanes import KIND_OF, OVERTAKING_SECONDS, Channel, Lane, RecipientKind
from alerts.models import Dispatch, Slice
from govnotify.lib.database import query, query_in_index_order

FIRST = 0  # ids begin above this


def open_dispatch(dispatch: Dispatch, kinds: Iterable[RecipientKind]) -> None:
    """Give a new dispatch its first slices, one for each kind of recipient, in the caller's transaction."""
    agency_id = dispatch.agency_id or 0
    Slice.objects.bulk_create(
        Slice(dispatch=dispatch, kind=kind, lane=dispatch.lane, agency_id=agency_id, after_id=FIRST) for kind in kinds
    )


def kinds_of(dispatch: Dispatch) -> tuple[RecipientKind, ...]:
    """The kinds of recipients that a bulletin may have: people and machines always, browsers where one wants it."""
    always = (RecipientKind.SUBSCRIBER, RecipientKind.ENDPOINT)
    return (*always, RecipientKind.BROWSER) if is_wanted(dispatch) else always


# Said after the slice has been committed: the row is that of the agency's batches, whose claims must not wait so long.
SERVED = """
INSERT INTO alerts_turn AS t (lane, channel, destination, agency_id, expanded_at)
VALUES (%(lane)s, %(channel)s, 0, %(agency)s, clock_timestamp())
ON CONFLICT (lane, channel, destination, agency_id) DO UPDATE SET expanded_at = excluded.expanded_at
"""


def expand_next(lane: Lane, channel: Channel) -> int | None:
    """Expand the slice whose turn it is; the id of its dispatch, or None when there is none to expand."""
    slice_ = _expand_next(lane, channel)
    if slice_ is None:
        return None
    query(SERVED, {"lane": lane.value, "channel": channel.value, "agency": slice_.agency_id})
    return slice_.dispatch_id


@transaction.atomic
def _expand_next(lane: Lane, channel: Channel) -> Slice | None:
    slice_ = _claim(lane, channel)
    if slice_ is not None:
        expand_slice(slice_)
    return slice_


def expand_slice(slice_: Slice) -> None:
    """Expand a slice that the caller has locked, and open the next behind it, in the caller's transaction."""
    dispatch = slice_.dispatch
    found = expand(slice_=slice_, dispatch=dispatch)
    slice_.through_id, slice_.recipients, slice_.expanded_at = found.through_id, found.recipients, timezone.now()
    slice_.save(update_fields=["through_id", "recipients", "expanded_at"])
    if not found.is_last:
        Slice.objects.create(
            dispatch=dispatch, kind=slice_.kind, lane=slice_.lane, agency_id=slice_.agency_id, after_id=found.through_id
        )
    else:
        # The last slices of two kinds may end at once: one waits here for the other, and then sees it.
        Dispatch.objects.select_for_update(no_key=True).get(pk=dispatch.pk)
        note_expanded(dispatch.pk)


def note_expanded(dispatch_id: int) -> None:
    """Say that the whole audience has its rows, where that is so."""
    if not Slice.objects.filter(dispatch=dispatch_id, expanded_at=None).exists():
        Dispatch.objects.filter(pk=dispatch_id, expanded_at=None).update(expanded_at=timezone.now())


# Agencies that have a slice to expand, with one look at the index for each; who has waited longest for that is first.
# One that has batches enough waiting needs no more of them yet, so a small bulletin's slice never stands behind a large
# one's; batches that wait for their destination, or of a dispatch that was stopped, do not count, or the others would
# wait with them. The subquery keeps the order and the LIMIT stops at the first, so no other agency's slice is locked
# meanwhile. The lock lasts for one transaction of database work. An agency is BETWEEN itself and itself: were it equal,
# its slices and batches would be in the order of ids, and so of their table's key, behind all that ever were.
CLAIM = """
WITH RECURSIVE waiting (agency_id) AS (
    (SELECT agency_id FROM alerts_slice WHERE lane = %(lane)s AND kind = %(kind)s AND expanded_at IS NULL
     ORDER BY agency_id LIMIT 1)
    UNION ALL
    SELECT n.agency_id FROM waiting w CROSS JOIN LATERAL (
        SELECT s.agency_id FROM alerts_slice s
        WHERE s.lane = %(lane)s AND s.kind = %(kind)s AND s.expanded_at IS NULL AND s.agency_id > w.agency_id
        ORDER BY s.agency_id LIMIT 1
    ) n
)
SELECT s.id FROM (
    SELECT w.agency_id FROM waiting w ORDER BY (
        SELECT t.expanded_at FROM alerts_turn t
        WHERE t.lane = %(lane)s AND t.channel = %(channel)s AND t.destination = 0 AND t.agency_id = w.agency_id
    ) NULLS FIRST
) t
CROSS JOIN LATERAL (
    SELECT s.id FROM alerts_slice s
    WHERE s.lane = %(lane)s AND s.kind = %(kind)s AND s.agency_id BETWEEN t.agency_id AND t.agency_id
      AND s.expanded_at IS NULL
      AND (SELECT count(*) FROM (
            SELECT 1 FROM alerts_batch b
            WHERE b.lane = %(lane)s AND b.channel = %(channel)s AND b.destination = 0
              AND b.agency_id BETWEEN t.agency_id AND t.agency_id AND b.done_at IS NULL
              AND (b.leased_until IS NULL OR b.leased_until < now())
              AND (SELECT o.state = 'sending' FROM alerts_dispatch o WHERE o.id = b.dispatch_id)
            ORDER BY b.agency_id, b.id LIMIT %(enough)s) waiting) < %(enough)s
      AND (SELECT d.state = 'sending' AND (
               d.corrects = '{}' OR d.created_at < clock_timestamp() - %(overtaking)s * interval '1 second'
               OR NOT EXISTS (SELECT 1 FROM alerts_batch b WHERE b.dispatch_id = ANY(d.corrects) AND b.dispatch_id > 0
                              AND b.done_at IS NULL AND b.leased_until > clock_timestamp()))
           FROM alerts_dispatch d WHERE d.id = s.dispatch_id)
    ORDER BY s.agency_id, s.id LIMIT 1 FOR UPDATE OF s SKIP LOCKED
) s
LIMIT 1
"""
ENOUGH = 4  # batches waiting, so that sending goes on while the next slice is expanded


def _claim(lane: Lane, channel: Channel) -> Slice | None:
    kind = KIND_OF[channel]
    values = {
        "lane": lane.value,
        "channel": channel.value,
        "kind": kind.value,
        "enough": ENOUGH,
        "overtaking": OVERTAKING_SECONDS,
    }
    found = query_in_index_order(CLAIM, values)
    return Slice.objects.select_related("dispatch").get(pk=found[0][0]) if found else None
