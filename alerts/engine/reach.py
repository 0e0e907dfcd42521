"""Whom a bulletin about places concerns: who chose no place, one of its places, or one that lies in or around these.

Ancestors and descendants both match: who chose the county hears of its towns, and who chose the town of its county.
"""

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet

from govnotify.lib.database import bigints
from subscriptions.models import Place

# A look along the primary key for each person, whatever the statistics say: NULL without places, which is everywhere.
_CONCERNED = """
(SELECT bool_or(area.place_id = ANY({reached})) FROM subscriptions_subscriberarea area
 WHERE area.subscriber_id = {subscriber})
"""


def is_concerned(subscriber: str, reached: str = "%(reached)s::bigint[]") -> str:
    """SQL: true for who chose one of the places `reached`, false for who chose others only, NULL for who chose none."""
    return _CONCERNED.format(reached=reached, subscriber=subscriber)


def condition(areas: Iterable[int], subscriber: str) -> tuple[str, dict[str, Any]]:
    """What a bulletin about these places adds to a WHERE, with its values; nothing for one without places."""
    ids = list(areas)
    if not ids:
        return "", {}
    return f"AND {is_concerned(subscriber)} IS NOT FALSE", {"reached": reached(ids)}


def reached(areas: Iterable[int]) -> str:
    """A literal of the ids of every place that one of these lies in or that lies in one of them."""
    places: QuerySet[Place] = Place.objects.filter(pk__in=list(areas))
    return bigints(Place.objects.reached_from(places).values_list("pk", flat=True))
