"""Rules beyond the schema for the area element: places that can be drawn. Source: CAP 1.2 section 3.2.4."""

import math
from collections.abc import Iterator
from itertools import pairwise

import shapely

from alerts.cap.message import Area, CapMessage, Point, Polygon
from alerts.cap.sentences import Step, Values
from alerts.cap.wording import quoted

# GEOS compares every edge with every other where an attacker arranges them so: measured 0.4 s for 5,000
# points, 7 s for 20,000. Together the two bound a message to about 2 s.
POINTS_PER_POLYGON = 5_000
POINTS_PER_MESSAGE = 20_000

_FARTHEST = 20_038.0  # km: half the circumference of the earth


def only_described(message: CapMessage) -> Iterator[Values]:
    for where, area in _areas(message):
        if not (area.polygons or area.circles or area.geocodes or area.unreadable):
            yield {"where": where}


def unreadable(message: CapMessage) -> Iterator[Values]:
    for where, area in _areas(message):
        for text in area.unreadable:
            yield {"where": where, "text": quoted(text)}


def polygon_points(message: CapMessage) -> Iterator[Values]:
    for where, polygon in _polygons(message):
        if len(polygon) < 4:
            yield {"where": where}


def polygon_open(message: CapMessage) -> Iterator[Values]:
    for where, polygon in _polygons(message):
        if polygon and polygon[0] != polygon[-1]:
            yield {"where": where}


def polygon_range(message: CapMessage) -> Iterator[Values]:
    for where, polygon in _polygons(message):
        outside = [point for point in polygon if not _on_earth(point)]
        if outside:
            yield {"where": where, "point": _shown(outside[0])}


def polygon_self_intersecting(message: CapMessage) -> Iterator[Values]:
    for where, polygon, checked in _drawable(message):
        if checked and not _is_simple(polygon):
            yield {"where": where}


def polygon_too_detailed(message: CapMessage) -> Iterator[Values]:
    for where, _polygon, checked in _drawable(message):
        if not checked:
            yield {"where": where, "most": str(POINTS_PER_POLYGON), "in_all": str(POINTS_PER_MESSAGE)}


def circle_range(message: CapMessage) -> Iterator[Values]:
    for where, area in _areas(message):
        for lat, lon, _ in area.circles:
            if not _on_earth((lat, lon)):
                yield {"where": where, "point": _shown((lat, lon))}


def circle_radius(message: CapMessage) -> Iterator[Values]:
    for where, area in _areas(message):
        for _, _, radius in area.circles:
            if not 0 < radius <= _FARTHEST:
                yield {"where": where, "radius": f"{radius:g}"}


def ceiling_without_altitude(message: CapMessage) -> Iterator[Values]:
    for where, area in _areas(message):
        if area.ceiling is not None and area.altitude is None:
            yield {"where": where}


def height_not_finite(message: CapMessage) -> Iterator[Values]:
    for where, area in _areas(message):
        if not all(math.isfinite(height) for height in (area.altitude or 0, area.ceiling or 0)):
            yield {"where": where}


def _areas(message: CapMessage) -> Iterator[tuple[list[Step], Area]]:
    for number, info in enumerate(message.infos, 1):
        for place, area in enumerate(info.areas, 1):
            yield [["info", str(number), ""], ["area", str(place), quoted(area.area_desc, 40)]], area


def _polygons(message: CapMessage) -> Iterator[tuple[list[Step], Polygon]]:
    for where, area in _areas(message):
        for number, polygon in enumerate(area.polygons, 1):
            yield [*where, ["polygon", str(number), ""]], polygon


def _drawable(message: CapMessage) -> Iterator[tuple[list[Step], Polygon, bool]]:
    """Polygons with enough points, all on earth, and whether the bounds leave room to look at their shape."""
    left = POINTS_PER_MESSAGE
    for where, polygon in _polygons(message):
        if len(polygon) >= 4 and all(_on_earth(point) for point in polygon):
            checked = len(polygon) <= min(left, POINTS_PER_POLYGON)
            left -= len(polygon) if checked else 0
            yield where, polygon, checked


def _is_simple(polygon: Polygon) -> bool:
    """Whether the outline neither crosses nor touches itself. Edges may run across the map or the antimeridian."""
    flat = [(lon, lat) for lat, lon in polygon]
    if _is_valid(flat):
        return True
    return any(abs(b[0] - a[0]) > 180 for a, b in pairwise(flat)) and _is_valid(_unrolled(flat))


def _unrolled(flat: list[Point]) -> list[Point]:
    """Longitudes without the jump at ±180, so that 179 to -179 is two degrees."""
    unrolled = flat[:1]
    for lon, lat in flat[1:]:
        last = unrolled[-1][0]
        unrolled.append((lon + 360 * round((last - lon) / 360), lat))
    return unrolled


def _is_valid(flat: list[Point]) -> bool:
    return bool(shapely.Polygon(flat).is_valid)


def _on_earth(point: Point) -> bool:
    return abs(point[0]) <= 90 and abs(point[1]) <= 180  # false for a NaN, too


def _shown(point: Point) -> str:
    return f"{point[0]:g},{point[1]:g}"
