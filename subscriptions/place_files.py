"""Files of places: CSV with a line for each, or GeoJSON (RFC 7946) with a feature for each. No database is asked.

Both have the same keys, as columns or as properties, all of them texts:

    code      its code, unique in the register                                   TM-0412
    name      its name, in the language of most people there                     Aldermouth
    kind      country, region, county, municipality, district, locality, zone
    parent    the code of what it lies in; empty for the top                     TM-04
    scheme    whose code it is (--scheme gives it for all)                       TM-LAU
    geocodes  further codes by which warnings name it                            SAME=048453 EMMA_ID=TM012
    name:fr   its name in another language, a key for each
"""

import csv
import difflib
import io
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import shapely
import shapely.geometry

from subscriptions.models import Place
from subscriptions.models.place import CODE_LENGTH, NAME_LENGTH, geocode

REASONS = 20  # shown of a file that is refused
BYTES = 512 * 1024 * 1024
POINTS = 50_000  # of one place: whether an outline crosses itself takes the square of that at worst
KEYS = ("code", "name", "kind", "parent", "scheme", "geocodes")
NEEDED = ("code", "name", "kind")

_CODE = re.compile(r"[^\s,;=/\x00-\x1f]+")
_NAME_IN = re.compile(r"name:[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


class PlacesRefused(Exception):  # noqa: N818  named as what happened
    """The file is not taken, and nothing of it. `reasons` each name the line and the way out."""

    def __init__(self, reasons: list[str]) -> None:
        shown = reasons[:REASONS] + ([f"and {len(reasons) - REASONS:,} more"] if len(reasons) > REASONS else [])
        super().__init__("\n".join(shown))
        self.reasons = shown


@dataclass(frozen=True, slots=True)
class PlaceRow:
    where: str  # "line 12" or "feature 12"
    code: str
    name: str
    kind: str
    parent: str  # "" for the top
    scheme: str
    geocodes: tuple[str, ...]  # "SCHEME=code", its own first
    translations: dict[str, dict[str, str]]
    geometry: dict[str, Any] | None
    bounds: tuple[float, ...] | None  # west, south, east, north


def read_places(path: Path, *, scheme: str = "") -> list[PlaceRow]:
    """The places of a file, each right by itself. Raises PlacesRefused with a reason for every fault, and OSError."""
    if path.stat().st_size > BYTES:
        raise PlacesRefused([f"{path.name} is larger than {BYTES >> 20} MiB: split it by region"])
    text = _decoded(path.read_bytes())
    reasons: list[str] = []
    rows: list[PlaceRow] = []
    raw = _features(text) if text.lstrip().startswith("{") else _lines(text)
    for where, values, geometry in raw:
        faults = list(_faults(values, scheme))
        outline, fault = _outline(geometry)
        faults += [fault] if fault else []
        reasons += [f"{where}{_named(values)}: {fault}" for fault in faults]
        if not faults:
            rows.append(_row(where, values, scheme, geometry, outline))
    if reasons:
        raise PlacesRefused(reasons)
    if not rows:
        raise PlacesRefused([f"{path.name} has no places"])
    return rows


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise PlacesRefused([f"line {line}: not UTF-8: save the file in the encoding UTF-8"]) from error


Raw = Iterator[tuple[str, Mapping[str, Any], Any]]  # where it stands, its keys, its geometry


def _lines(text: str) -> Raw:
    first = text.partition("\n")[0]
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(first), strict=True)
    columns = [column.strip() for column in next(lines, [])]
    if faults := list(_column_faults(columns)):
        raise PlacesRefused([f"line 1: {fault}" for fault in faults])
    start = lines.line_num + 1
    try:
        for line in lines:
            where, start = f"line {start}", lines.line_num + 1
            if not any(cell.strip() for cell in line):
                continue
            if len(line) != len(columns):
                raise PlacesRefused([f"{where}: {len(line)} columns, the first line has {len(columns)}"])
            yield where, dict(zip(columns, line, strict=True)), None
    except csv.Error as error:
        raise PlacesRefused([f"line {lines.line_num}: no CSV: {error}"]) from error


def _delimiter(first: str) -> str:
    """Spreadsheets of many countries write semicolons."""
    return ";" if first.count(";") > first.count(",") else ","


def _column_faults(columns: list[str]) -> Iterator[str]:
    for column in columns:
        if columns.count(column) > 1:
            yield f"the column {_quoted(column)} stands there twice: keep one"
        elif column not in KEYS and not _NAME_IN.fullmatch(column):
            near = difflib.get_close_matches(column[:50], KEYS, 1)
            advice = f"did you mean {near[0]}?" if near else f"the columns are {', '.join(KEYS)} and name:LANGUAGE"
            yield f"the column {_quoted(column)} is not known: {advice}"
    for needed in NEEDED:
        if needed not in columns:
            yield f"no column {needed}: the first line names the columns, {', '.join(NEEDED)} at least"


def _features(text: str) -> Raw:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise PlacesRefused([f"no JSON: {error}"]) from error
    features = data.get("features")
    if data.get("type") != "FeatureCollection" or not isinstance(features, list):
        raise PlacesRefused(['no GeoJSON of places: it must be a "FeatureCollection" with a list of "features"'])
    for number, feature in enumerate(features, 1):
        where = f"feature {number}"
        if not isinstance(feature, dict) or not isinstance(feature.get("properties"), dict):
            raise PlacesRefused([f'{where}: no Feature with "properties"'])
        properties = feature["properties"]
        for name in properties:
            # Others may stand there; but a misspelled parent would make everything a top.
            if name not in KEYS and (near := difflib.get_close_matches(name[:50], KEYS, 1, cutoff=0.8)):
                raise PlacesRefused([f"{where}: the property {_quoted(name)} is not known: did you mean {near[0]}?"])
        yield (
            where,
            {name: "" if value is None else value for name, value in properties.items()},
            feature.get("geometry"),
        )


def _faults(values: Mapping[str, Any], scheme: str) -> Iterator[str]:
    """What is wrong with the keys of one place."""
    known = {key: value for key, value in values.items() if key in KEYS or _NAME_IN.fullmatch(key)}
    if wrong := [key for key, value in known.items() if not isinstance(value, str)]:
        yield f"{wrong[0]} is no text: write it in quotation marks"
        return
    for key in ("code", "parent", "scheme"):
        text = _text(values, key) or (scheme if key == "scheme" else "")
        if not text and key != "parent":
            yield f"no {key}" + (": give it for all with --scheme" if key == "scheme" else "")
        elif text and (len(text) > CODE_LENGTH or not _CODE.fullmatch(text)):
            yield f"{_quoted(text)} is no {key}: at most {CODE_LENGTH} characters without spaces and , ; = /"
    if _text(values, "code") and _text(values, "code") == _text(values, "parent"):
        yield "it lies in itself: correct its parent"
    for key in ("name", *(key for key in known if key.startswith("name:"))):
        text = _text(values, key)
        if key == "name" and not text:
            yield "no name"
        if len(text) > NAME_LENGTH or any(unicodedata.category(letter) in {"Cc", "Cs", "Co"} for letter in text):
            yield f"{key} {_quoted(text)}: one line of at most {NAME_LENGTH} characters"
    if _text(values, "kind").lower() not in Place.Kind.values:
        yield f"kind {_quoted(_text(values, 'kind'))} is none of {', '.join(Place.Kind.values)}"
    for code in _text(values, "geocodes").split():
        name, equals, value = code.partition("=")
        if not equals or not all(_CODE.fullmatch(part) and len(part) <= CODE_LENGTH for part in (name, value)):
            yield f"geocodes {_quoted(code)}: write SCHEME=code, with spaces between"


def _outline(geometry: Any) -> tuple[Any, str]:
    """The shape of a geometry and what is wrong with it; None where there is none."""
    if geometry is None:
        return None, ""
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind not in {"Polygon", "MultiPolygon"}:
        return None, f"geometry {_quoted(str(kind))}: write a Polygon or a MultiPolygon, or null"
    try:
        polygons = [geometry["coordinates"]] if kind == "Polygon" else list(geometry["coordinates"])
        rings = [[tuple(map(float, point[:2])) for point in ring] for polygon in polygons for ring in polygon]
        if fault := _ring_fault(rings):
            return None, fault
        shape = shapely.geometry.shape(geometry)
    except (KeyError, TypeError, ValueError, shapely.errors.ShapelyError):
        return None, "geometry: its coordinates can't be read: lists of [longitude, latitude] in lists of rings"
    reason = str(shapely.is_valid_reason(shape))
    if shape.is_empty or reason != "Valid Geometry":
        return None, f"geometry: {reason if not shape.is_empty else 'empty'}: draw it as a simple outline"
    return shape, ""


def _ring_fault(rings: list[list[tuple[float, ...]]]) -> str:
    if sum(map(len, rings)) > POINTS:
        return f"geometry: more than {POINTS:,} points: simplify it"
    for ring in rings:
        if len(ring) < 4 or ring[0] != ring[-1]:
            return "geometry: a ring is not closed: at least 4 points, the last the same as the first"
        for point in ring:
            # Written so that a NaN fails, too.
            if len(point) != 2 or not (abs(point[0]) <= 180 and abs(point[1]) <= 90):
                return f"geometry: {list(point)} is no [longitude, latitude] in degrees"
    return ""


def _row(where: str, values: Mapping[str, Any], scheme: str, geometry: Any, outline: Any) -> PlaceRow:
    code, own_scheme = _text(values, "code"), _text(values, "scheme") or scheme
    others = [(scheme, value) for scheme, _, value in (one.partition("=") for one in _text(values, "geocodes").split())]
    names = {key.removeprefix("name:"): _text(values, key) for key in values if _NAME_IN.fullmatch(key)}
    return PlaceRow(
        where=where,
        code=code,
        name=_text(values, "name"),
        kind=_text(values, "kind").lower(),
        parent=_text(values, "parent"),
        scheme=own_scheme,
        geocodes=tuple(dict.fromkeys(geocode(*pair) for pair in [(own_scheme, code), *others])),
        translations={language: {"name": name} for language, name in names.items() if name},
        geometry={"type": geometry["type"], "coordinates": geometry["coordinates"]} if outline is not None else None,
        bounds=tuple(map(float, outline.bounds)) if outline is not None else None,
    )


def _text(values: Mapping[str, Any], key: str) -> str:
    return " ".join(str(values.get(key, "")).split())


def _named(values: Mapping[str, Any]) -> str:
    code = values.get("code")
    return f" ({_quoted(code)})" if isinstance(code, str) and code.strip() else ""


def _quoted(text: str) -> str:
    line = "".join(letter if letter.isprintable() else "�" for letter in " ".join(text.split()))
    return f"“{line[:60]}…”" if len(line) > 60 else f"“{line}”"
