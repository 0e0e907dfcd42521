"""When a dispatch's lifetime is over: after that nothing of it is sent any more.

What waits for the end of somebody's quiet hours has its whole lifetime from then on.
"""

from datetime import datetime
from functools import lru_cache

from alerts.lanes import RULES, Lane
from alerts.models import Dispatch
from govnotify.lib.database import query

# Until when the dispatch's lifetime is counted from. The latest end of anybody's stands there after the first claims.
HOLD = """
UPDATE alerts_dispatch SET held_until = %(until)s
WHERE id = %(dispatch)s AND (held_until IS NULL OR held_until < %(until)s)
"""


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


def end_of_held(lane: Lane, ends_at: datetime, held_until: datetime | None) -> datetime:
    """When the lifetime is over of what may have waited for quiet hours to end: it begins anew with their end."""
    lifetime = RULES[lane].lifetime
    return ends_at if held_until is None or lifetime is None else max(ends_at, held_until + lifetime)


def begin_anew(dispatch_id: int, until: datetime) -> None:
    """The dispatch waits for quiet hours that end at this moment."""
    query(HOLD, {"dispatch": dispatch_id, "until": until})
