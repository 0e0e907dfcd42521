"""Slices become batches: each slice in one transaction, the next opened behind it, so that none is lost or doubled."""

from django.db import transaction
from django.utils import timezone

from alerts.audience import expand
from alerts.lanes import CHANNEL_OF, KIND_OF, Channel, Lane, RecipientKind
from alerts.models import Dispatch, Slice, Turn
from govnotify.lib.database import query

FIRST = 0  # ids begin above this


def open_dispatch(dispatch: Dispatch, kinds: tuple[RecipientKind, ...] = tuple(RecipientKind)) -> None:
    """Give a new dispatch its first slices and its agency a place in the turns, in the caller's transaction."""
    agency_id = dispatch.agency_id or 0
    Slice.objects.bulk_create(
        Slice(dispatch=dispatch, kind=kind, lane=dispatch.lane, agency_id=agency_id, after_id=FIRST) for kind in kinds
    )
    Turn.objects.bulk_create(
        (
            Turn(lane=dispatch.lane, channel=CHANNEL_OF[kind], agency_id=agency_id, served_at=timezone.now())
            for kind in kinds
        ),
        ignore_conflicts=True,
    )


@transaction.atomic
def expand_next(lane: Lane, channel: Channel) -> int | None:
    """Expand the slice whose turn it is; the id of its dispatch, or None when there is none to expand."""
    slice_ = _claim(lane, channel)
    if slice_ is None:
        return None
    dispatch = slice_.dispatch
    found = expand(slice_=slice_, dispatch=dispatch)
    slice_.through_id, slice_.recipients, slice_.expanded_at = found.through_id, found.recipients, timezone.now()
    slice_.save(update_fields=["through_id", "recipients", "expanded_at"])
    if not found.is_last:
        Slice.objects.create(
            dispatch=dispatch, kind=slice_.kind, lane=lane, agency_id=slice_.agency_id, after_id=found.through_id
        )
    else:
        # The last slices of two kinds may end at once: one waits here for the other, and then sees it.
        Dispatch.objects.select_for_update(no_key=True).get(pk=dispatch.pk)
        note_expanded(dispatch.pk)
    return dispatch.pk


def note_expanded(dispatch_id: int) -> None:
    """Say that the whole audience has its rows, where that is so."""
    if not Slice.objects.filter(dispatch=dispatch_id, expanded_at=None).exists():
        Dispatch.objects.filter(pk=dispatch_id, expanded_at=None).update(expanded_at=timezone.now())


# Agencies in the order of their turns; one that has batches enough waiting needs no more of them yet, so a small
# bulletin's slice never stands behind a large one's. The subquery keeps the order and the LIMIT stops at the first, so
# no other agency's slice is locked meanwhile. The lock lasts for one transaction of database work.
CLAIM = """
SELECT s.id FROM (
    SELECT agency_id FROM alerts_turn WHERE lane = %(lane)s AND channel = %(channel)s ORDER BY served_at
) t
CROSS JOIN LATERAL (
    SELECT s.id FROM alerts_slice s JOIN alerts_dispatch d ON d.id = s.dispatch_id AND d.state = 'sending'
    WHERE s.lane = %(lane)s AND s.kind = %(kind)s AND s.agency_id = t.agency_id AND s.expanded_at IS NULL
      AND (SELECT count(*) FROM (
            SELECT 1 FROM alerts_batch b
            WHERE b.lane = %(lane)s AND b.channel = %(channel)s AND b.agency_id = t.agency_id AND b.done_at IS NULL
              AND (b.leased_until IS NULL OR b.leased_until < now())
            LIMIT %(enough)s) waiting) < %(enough)s
    ORDER BY s.id LIMIT 1 FOR UPDATE OF s SKIP LOCKED
) s
LIMIT 1
"""
ENOUGH = 4  # batches waiting, so that sending goes on while the next slice is expanded


def _claim(lane: Lane, channel: Channel) -> Slice | None:
    kind = KIND_OF[channel]
    values = {"lane": lane.value, "channel": channel.value, "kind": kind.value, "enough": ENOUGH}
    found = query(CLAIM, values)
    return Slice.objects.select_related("dispatch").get(pk=found[0][0]) if found else None
