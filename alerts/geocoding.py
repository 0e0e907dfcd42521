"""Which places of the register the areas of an alert are: by their codes, and by the outlines that theirs meet.

Nobody may be missed: what can't be placed for certain is said to be so, and its alert is for everybody on its topics.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import shapely
import shapely.geometry
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from govnotify.lib.database import query
from subscriptions.models import Place
from subscriptions.models.place import geocode

MOST = 1_000  # places of one alert; beyond, who lives elsewhere is better warned, too
FARTHEST = 1_000.0  # km: a circle drawn flat is too far from a round one beyond
KM_PER_DEGREE = 111.195  # of latitude
SEGMENTS = 64  # of a circle that is drawn as a polygon

Shape = shapely.geometry.base.BaseGeometry


@dataclass(frozen=True, slots=True)
class Located:
    """`places`, none of which lies in another; empty where the alert is for everybody on its topics, with `reasons`."""

    places: list[Place]
    reasons: list[str]


KNOWN = """
SELECT EXISTS (
    SELECT 1 FROM subscriptions_place, unnest(geocodes) AS known(geocode)
    WHERE closed_at IS NULL AND starts_with(geocode, %(scheme)s)
)
"""


class _Unplaced(Exception):  # noqa: N818  named as what happened
    """The area can't be placed; the message says why."""


def area_of(place: Place) -> dict[str, Any]:
    """A registered place as an area of an alert (as `Alert.areas` holds it)."""
    return {"description": place.name, "geocodes": [{"name": place.scheme, "value": place.code}]}


def locate(areas: Sequence[Mapping[str, Any]]) -> Located:
    """The places that these areas (as `Alert.areas` holds them) are. One that can't be placed makes it everybody."""
    found: dict[int, Place] = {}
    reasons = []
    if not Place.objects.open().exists():
        return Located([], [_("The register has no places.")])
    for area in areas:
        try:
            found |= {place.pk: place for place in _places_of(area)}
        except _Unplaced as reason:
            reasons.append(_("“%(area)s”: %(reason)s") % {"area": area["description"], "reason": reason})
    if not reasons and len(found) > MOST:
        said = ngettext("These areas are more than %(most)d place.", "These areas are more than %(most)d places.", MOST)
        reasons.append(said % {"most": MOST})
    return Located([] if reasons else _outermost(found), reasons)


def _places_of(area: Mapping[str, Any]) -> Iterator[Place]:
    if area.get("unreadable"):
        raise _Unplaced(_("an outline can't be read"))
    codes, shapes = area.get("geocodes", ()), list(_shapes(area))
    by_code = list(_by_code(codes))
    yield from by_code
    if shapes:
        by_shape = list(_by_shape(shapes))
        yield from by_shape
        if not by_code and not by_shape:
            raise _Unplaced(_("its outline meets no place of the register"))
    elif not by_code and codes:
        raise _Unplaced(_("nobody here knows the codes of “%s”") % codes[0]["name"])
    elif not by_code:
        raise _Unplaced(_("it is a name only: choose it from the register to warn who lives there"))


def _by_code(codes: Iterable[Mapping[str, str]]) -> Iterator[Place]:
    """Places by code. A list of codes that nobody here knows is another name for the same area, as senders write
    several; but of one that is known every code must be.
    """
    schemes = defaultdict(set)
    for code in codes:
        schemes[geocode(code["name"], "")].add(geocode(code["name"], code["value"]))
    for scheme, wanted in schemes.items():
        places = list(Place.objects.open().filter(geocodes__overlap=sorted(wanted)))
        missing = sorted(wanted - {code for place in places for code in place.geocodes})
        if missing and (places or _is_known(scheme)):
            raise _Unplaced(_("its code %s is not in the register") % missing[0])
        yield from places


def _is_known(scheme: str) -> bool:
    [(known,)] = query(KNOWN, {"scheme": scheme})
    return bool(known)


def _by_shape(shapes: list[Shape]) -> Iterator[Place]:
    """The smallest places whose outlines meet the shapes. One without an outline counts as met where that of what it
    lies in is met, or nothing around it has one. A place that is covered whole stands for all that lie in it.
    """
    whole = shapely.union_all(shapes)
    west, south, east, north = whole.bounds
    candidates = (
        Place.objects.open()
        .exclude(geometry=None)
        .filter(bounds__0__lte=east, bounds__2__gte=west, bounds__1__lte=north, bounds__3__gte=south)
    )
    meets, covers = set(), set()
    for place, geometry in candidates.values_list("pk", "geometry"):
        outline = shapely.geometry.shape(geometry or {})
        if whole.intersects(outline):
            meets.add(place)
            if whole.covers(outline):
                covers.add(place)
    if not meets:
        return
    tree = _Tree()
    ids = [place for top in tree.children[None] for place in tree.met(top, meets, covers)]
    if len(ids) <= MOST:
        yield from Place.objects.defer("geometry").filter(pk__in=ids)
    else:
        said = ngettext(
            "its outline meets more than %(most)d place", "its outline meets more than %(most)d places", MOST
        )
        raise _Unplaced(said % {"most": MOST})


class _Tree:
    """All open places, by what they lie in; without their outlines."""

    def __init__(self) -> None:
        self.children: dict[int | None, list[int]] = defaultdict(list)
        self.outlined: set[int] = set()
        rows = Place.objects.open().values_list("pk", "parent", "bounds")
        for place, parent, bounds in rows:
            self.children[parent].append(place)
            if bounds is not None:
                self.outlined.add(place)

    def met(self, place: int, meets: set[int], covers: set[int]) -> list[int]:
        """The places to be told of this one and those in it. One of which nobody knows where it lies may be met."""
        children, outlined = self.children.get(place, []), place in self.outlined
        if outlined and place not in meets:
            return []
        if not children or place in covers:
            return [place]
        within = [one for child in children for one in self.met(child, meets, covers)]
        return within or ([place] if outlined else [])


def _shapes(area: Mapping[str, Any]) -> Iterator[Shape]:
    """Longitude first, as the register has it."""
    for points in area.get("polygons", ()):
        yield from _polygon([(lon, lat) for lat, lon in points])
    for lat, lon, radius in area.get("circles", ()):
        if not 0 <= radius <= FARTHEST:
            raise _Unplaced(_("its circle is larger than %d km") % FARTHEST)
        yield from _polygon(_circle(lat, lon, max(radius, 0.1)))


def _polygon(points: list[tuple[float, float]]) -> Iterator[Shape]:
    """The polygon, and where it crosses the antimeridian the part beyond at its other place, too."""
    if len(points) < 3:
        raise _Unplaced(_("its outline has fewer than 3 corners"))
    unrolled = points[:1]
    for lon, lat in points[1:]:
        last = unrolled[-1][0]
        unrolled.append((lon + 360 * round((last - lon) / 360), lat))
    crosses = any(abs(b[0] - a[0]) > 180 for a, b in pairwise(points)) or any(abs(lon) > 180 for lon, _lat in unrolled)
    for shift in (-360, 0, 360) if crosses else (0,):
        polygon = shapely.geometry.Polygon([(lon + shift, lat) for lon, lat in (unrolled if crosses else points)])
        # One that crosses itself may mean either side: the hull misses nobody.
        yield polygon if polygon.is_valid else polygon.convex_hull


def _circle(lat: float, lon: float, radius: float) -> list[tuple[float, float]]:
    """Corners of a polygon around the circle, of kilometres; a little larger, so that it is in it whole."""
    reach = 1.01 * radius / KM_PER_DEGREE
    stretch = max(math.cos(math.radians(min(abs(lat) + reach, 90))), 0.01)
    turns = [2 * math.pi * number / SEGMENTS for number in range(SEGMENTS)]
    corners = [
        (lon + reach / stretch * math.cos(turn), max(-90.0, min(90.0, lat + reach * math.sin(turn)))) for turn in turns
    ]
    return [*corners, corners[0]]


def _outermost(found: Mapping[int, Place]) -> list[Place]:
    """Without those that lie in another of them; the larger first."""
    paths = {place.path for place in found.values()}
    return sorted(
        (
            place
            for place in found.values()
            if not any(around != place.path and place.path.startswith(around) for around in paths)
        ),
        key=lambda place: (len(place.path), place.name),
    )
