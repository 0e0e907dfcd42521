"""How CAP writes times, numbers, shapes, references: parsed tolerantly, written by the standard."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from alerts.cap.message import Circle, Polygon, Reference

# An exponent is no CAP, but real producers print their floats.
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_NUMBER_CHARACTERS = 400  # the smallest float in full has 343
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[+-][0-9]{2}:[0-9]{2}")


def parse_time(text: str) -> datetime:
    """An aware datetime from an ISO 8601 time with an offset, also 24:00:00 (XML Schema part 2, 3.2.7).

    Raises ValueError for what is no time, has no offset, or lies outside the years 1 to 9999 in UTC.
    """
    text = text.strip()
    midnight = text[10:19] == "T24:00:00"
    try:
        time = datetime.fromisoformat(f"{text[:10]}T00:00:00{text[19:]}" if midnight else text)
        time += timedelta(days=int(midnight))
        if time.tzinfo is None:
            raise ValueError("no offset from UTC")
        time.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("outside the years 1 to 9999") from error
    return time


def is_cap_time(text: str) -> bool:
    """Whether `text` is written as CAP 1.2 section 3.3.2 asks: whole seconds and a numeric offset."""
    return _TIME.fullmatch(text) is not None


def format_time(time: datetime) -> str:
    """An aware datetime of whole seconds; UTC is "-00:00" (CAP 1.2 section 3.3.2)."""
    text = time.isoformat(timespec="seconds")
    return text.removesuffix("+00:00") + "-00:00" if text.endswith("+00:00") else text


def format_number(number: float) -> str:
    """A finite number without an exponent, with as many digits as it takes to read the same number back."""
    return format(Decimal(repr(float(number))), "f")  # NumPy's floats have a repr of their own


def parse_polygon(text: str) -> Polygon | None:
    """Points from "lat,lon lat,lon …"; None when the text is anything else or has no point."""
    points = []
    for word in text.split():
        numbers = _numbers(word)
        if len(numbers) != 2:
            return None
        points.append((numbers[0], numbers[1]))
    return tuple(points) or None


def format_polygon(polygon: Polygon) -> str:
    return " ".join(f"{format_number(lat)},{format_number(lon)}" for lat, lon in polygon)


def parse_circle(text: str) -> Circle | None:
    """Centre and radius from "lat,lon radius"; None when the text is anything else."""
    match [_numbers(word) for word in text.split()]:
        case [[lat, lon], [radius]]:
            return lat, lon, radius
        case _:
            return None


def format_circle(circle: Circle) -> str:
    lat, lon, radius = circle
    return f"{format_number(lat)},{format_number(lon)} {format_number(radius)}"


def parse_reference(text: str) -> Reference | None:
    """A triple from "sender,identifier,sent"; None when a part is missing, too many, or no time."""
    parts = text.split(",")
    if len(parts) != 3 or not all(parts):
        return None
    try:
        return Reference(parts[0], parts[1], parse_time(parts[2]))
    except ValueError:
        return None


def format_reference(reference: Reference) -> str:
    return f"{reference.sender},{reference.identifier},{format_time(reference.sent)}"


def _numbers(word: str) -> list[float]:
    """The numbers of "1.5,-2"; empty when one of them is none."""
    parts = word.split(",")
    if len(parts) > 2 or not all(len(part) <= _NUMBER_CHARACTERS and _NUMBER.fullmatch(part) for part in parts):
        return []
    return [float(part) for part in parts]
