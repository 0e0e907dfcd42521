"""Rules beyond the schema for the area element: places that can be drawn. Source: CAP 1.2 section 3.2.4."""

import math
from collections.abc import Iterator
from itertools import pairwise

import shapely

from alerts.cap.message import Area, CapMessage, Point, Polygon
from alerts.cap.wording import quoted

# GEOS compares every edge with every other where an attacker arranges them so: measured 0.4 s for 5,000
# points, 7 s for 20,000. Together the two bound a message to about 2 s.
POINTS_PER_POLYGON = 5_000
POINTS_PER_MESSAGE = 20_000

_FARTHEST = 20_038.0  # km: half the circumference of the earth


def only_described(message: CapMessage) -> Iterator[str]:
    for where, area in _areas(message):
        if not (area.polygons or area.circles or area.geocodes or area.unreadable):
            yield f"{where} has only a description: add a polygon, a circle or a geocode"


def unreadable(message: CapMessage) -> Iterator[str]:
    for where, area in _areas(message):
        for text in area.unreadable:
            yield f"{where}: {quoted(text)} cannot be read: write lat,lon lat,lon … or lat,lon km"


def polygon_points(message: CapMessage) -> Iterator[str]:
    for where, polygon in _polygons(message):
        if len(polygon) < 4:
            yield f"{where} has {len(polygon)} points: it takes 4, the last the same as the first"


def polygon_open(message: CapMessage) -> Iterator[str]:
    for where, polygon in _polygons(message):
        if polygon and polygon[0] != polygon[-1]:
            yield f"{where} is not closed: repeat its first point at the end"


def polygon_range(message: CapMessage) -> Iterator[str]:
    for where, polygon in _polygons(message):
        outside = [point for point in polygon if not _on_earth(point)]
        if outside:
            yield f"{where}: {_shown(outside[0])} is not within ±90,±180: write latitude,longitude in degrees"


def polygon_self_intersecting(message: CapMessage) -> Iterator[str]:
    for where, polygon, checked in _drawable(message):
        if checked and (fault := _shape_fault(polygon)):
            yield f"{where} crosses or touches itself ({fault}): draw it as one simple outline"


def polygon_too_detailed(message: CapMessage) -> Iterator[str]:
    for where, polygon, checked in _drawable(message):
        if not checked:
            points = f"{len(polygon):,} points, too many to see whether it crosses itself"
            yield f"{where} has {points}: simplify to {POINTS_PER_POLYGON:,}, {POINTS_PER_MESSAGE:,} in all"


def circle_range(message: CapMessage) -> Iterator[str]:
    for where, area in _areas(message):
        for lat, lon, _ in area.circles:
            if not _on_earth((lat, lon)):
                yield f"{where}: the circle's centre {_shown((lat, lon))} is not within ±90,±180"


def circle_radius(message: CapMessage) -> Iterator[str]:
    for where, area in _areas(message):
        for _, _, radius in area.circles:
            if not 0 < radius <= _FARTHEST:
                yield f"{where}: a circle with a radius of {radius:g} km: give more than 0"


def ceiling_without_altitude(message: CapMessage) -> Iterator[str]:
    for where, area in _areas(message):
        if area.ceiling is not None and area.altitude is None:
            yield f"{where} has a ceiling and no altitude: give both"


def height_not_finite(message: CapMessage) -> Iterator[str]:
    for where, area in _areas(message):
        if not all(math.isfinite(height) for height in (area.altitude or 0, area.ceiling or 0)):
            yield f"{where}: altitude or ceiling is no usable number of feet"


def _areas(message: CapMessage) -> Iterator[tuple[str, Area]]:
    for number, info in enumerate(message.infos, 1):
        for place, area in enumerate(info.areas, 1):
            yield f"info {number}, area {place} {quoted(area.area_desc, 40)}", area


def _polygons(message: CapMessage) -> Iterator[tuple[str, Polygon]]:
    for where, area in _areas(message):
        for number, polygon in enumerate(area.polygons, 1):
            yield f"{where}, polygon {number}", polygon


def _drawable(message: CapMessage) -> Iterator[tuple[str, Polygon, bool]]:
    """Polygons with enough points, all on earth, and whether the bounds leave room to look at their shape."""
    left = POINTS_PER_MESSAGE
    for where, polygon in _polygons(message):
        if len(polygon) >= 4 and all(_on_earth(point) for point in polygon):
            checked = len(polygon) <= min(left, POINTS_PER_POLYGON)
            left -= len(polygon) if checked else 0
            yield where, polygon, checked


def _shape_fault(polygon: Polygon) -> str:
    """What is wrong with the outline, "" for nothing. Edges may run across the map or the antimeridian."""
    flat = [(lon, lat) for lat, lon in polygon]
    fault = _geos_fault(flat)
    if fault and any(abs(b[0] - a[0]) > 180 for a, b in pairwise(flat)):
        return _geos_fault(_unrolled(flat)) and fault
    return fault


def _unrolled(flat: list[Point]) -> list[Point]:
    """Longitudes without the jump at ±180, so that 179 to -179 is two degrees."""
    unrolled = flat[:1]
    for lon, lat in flat[1:]:
        last = unrolled[-1][0]
        unrolled.append((lon + 360 * round((last - lon) / 360), lat))
    return unrolled


def _geos_fault(flat: list[Point]) -> str:
    reason = str(shapely.is_valid_reason(shapely.Polygon(flat)))
    return "" if reason == "Valid Geometry" else reason.partition("[")[0].lower()


def _on_earth(point: Point) -> bool:
    return abs(point[0]) <= 90 and abs(point[1]) <= 180  # false for a NaN, too


def _shown(point: Point) -> str:
    return f"{point[0]:g},{point[1]:g}"
