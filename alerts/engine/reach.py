"""Whom a bulletin about places concerns: who chose no place, one of its places, or one that lies in or around these.

Ancestors and descendants both match: who chose the county hears of its towns, and who chose the town of its county.
"""

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet

from alerts.lanes import RecipientKind
from govnotify.lib.database import bigints
from subscriptions.models import Place

# Who has places, and in which column of which table; machines have none.
_CHOSEN = {
    RecipientKind.SUBSCRIBER: ("subscriptions_subscriberarea", "subscriber_id"),
    RecipientKind.BROWSER: ("subscriptions_browserarea", "browser_id"),
}
# A look along the primary key for each listener, whatever the statistics say: NULL without places: everywhere.
_CONCERNED = """
(SELECT bool_or(area.place_id = ANY({reached})) FROM {table} area WHERE area.{column} = {listener})
"""


def is_concerned(
    listener: str, reached: str = "%(reached)s::bigint[]", *, kind: RecipientKind = RecipientKind.SUBSCRIBER
) -> str:
    """SQL: true for who chose one of the places `reached`, false for who chose others only, NULL for who chose none."""
    table, column = _CHOSEN[kind]
    return _CONCERNED.format(reached=reached, table=table, column=column, listener=listener)


def condition(areas: Iterable[int], alias: str, kind: RecipientKind) -> tuple[str, dict[str, Any]]:
    """What a bulletin about these places adds to a WHERE over the subscriptions `alias`, with its values.

    Nothing for a bulletin without places, nor for machines, which get everything on their topics.
    """
    ids = list(areas)
    if not ids or kind not in _CHOSEN:
        return "", {}
    listener = f"{alias}.{_CHOSEN[kind][1]}"
    return f"AND {is_concerned(listener, kind=kind)} IS NOT FALSE", {"reached": reached(ids)}


def reached(areas: Iterable[int]) -> str:
    """A literal of the ids of every place that one of these lies in or that lies in one of them."""
    places: QuerySet[Place] = Place.objects.filter(pk__in=list(areas))
    return bigints(Place.objects.reached_from(places).values_list("pk", flat=True))
