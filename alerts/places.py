"""Areas of an alert of our own, judged by the rules of CAP that a place must keep."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext as _

from alerts.cap import checks
from alerts.cap.lexical import parse_polygon
from alerts.cap.message import (
    Area,
    CapMessage,
    Category,
    Certainty,
    Info,
    MsgType,
    Scope,
    Severity,
    Status,
    Urgency,
)
from alerts.cap.sentences import said

RULES = {
    "area-unreadable",
    "polygon-points",
    "polygon-open",
    "polygon-range",
    "polygon-self-intersecting",
    "polygon-too-detailed",
    "circle-range",
    "circle-radius",
}


def place_problems(area: dict[str, Any]) -> list[str]:
    """What is wrong with the shapes of an area as `Alert.areas` holds it, in the language in use; mostly nothing."""
    polygons = tuple(tuple((lat, lon) for lat, lon in polygon) for polygon in area.get("polygons", ()))
    circles = tuple((lat, lon, radius) for lat, lon, radius in area.get("circles", ()))
    place = Area(area_desc=area["description"], polygons=polygons, circles=circles)
    message = _message_about(place)
    broken = ((rule.code, values) for rule in checks.RULES if rule.code in RULES for values in rule.check(message))
    return [said(code, {**values, "where": values["where"][1:]}, say=_) for code, values in broken]  # not in which info


def areas_from_text(names: Iterable[str], polygon: str) -> tuple[list[dict[str, Any]], list[str]]:
    """Areas of these names as `Alert.areas` holds them, the polygon on the first; and what is wrong with it.

    The polygon is "lat,lon lat,lon …" (CAP 1.2 section 3.2.4); an open one is closed.
    """
    areas: list[dict[str, Any]] = [{"description": " ".join(name.split())} for name in names if name.strip()]
    if not polygon.strip() or not areas:
        return areas, []
    points = parse_polygon(polygon)
    if points is None:
        return areas, [_("Write latitude,longitude for each corner, with a space between the corners.")]
    areas[0]["polygons"] = [[*points, points[0]] if points[0] != points[-1] else [*points]]
    return areas, place_problems(areas[0])


def _message_about(place: Area) -> CapMessage:
    """The least message that the rules, which judge whole messages, take."""
    info = Info(
        categories=(Category.OTHER,),
        event="-",
        urgency=Urgency.UNKNOWN,
        severity=Severity.UNKNOWN,
        certainty=Certainty.UNKNOWN,
        areas=(place,),
    )
    return CapMessage(
        identifier="-",
        sender="-",
        sent=datetime(2000, 1, 1, tzinfo=UTC),
        status=Status.DRAFT,
        msg_type=MsgType.ALERT,
        scope=Scope.PUBLIC,
        infos=(info,),
    )
