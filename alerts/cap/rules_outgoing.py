"""Rules for what we send ourselves; others may do otherwise."""

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta

from alerts.cap.message import CapMessage
from alerts.cap.sentences import Values
from alerts.cap.wording import quoted

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0 section 2.2, Char
_FARTHEST_OFFSET = timedelta(hours=14)  # XML Schema part 2, section 3.2.7.3


def language_repeated(message: CapMessage) -> Iterator[Values]:
    seen: set[str] = set()
    for info in message.infos:
        language = info.language.lower()
        if language in seen:
            yield {"text": quoted(info.language)}
        seen.add(language)


def characters_not_xml(message: CapMessage) -> Iterator[Values]:
    for name, value in _leaves("", message):
        if isinstance(value, str) and (match := _NOT_XML.search(value)):
            yield {"name": name, "point": f"U+{ord(match[0]):04X}", "place": str(match.start() + 1)}


def time_without_offset(message: CapMessage) -> Iterator[Values]:
    for name, time in _times(message):
        if time.utcoffset() is None:
            yield {"name": name, "time": str(time)}


def time_offset_range(message: CapMessage) -> Iterator[Values]:
    for name, time in _times(message):
        offset = time.utcoffset() or timedelta()
        if abs(offset) > _FARTHEST_OFFSET or offset % timedelta(minutes=1):
            yield {"name": name, "time": str(time)}


def time_range(message: CapMessage) -> Iterator[Values]:
    for name, time in _times(message):
        try:
            time.astimezone(UTC)
        except OverflowError:
            yield {"name": name, "time": str(time)}


def time_fraction(message: CapMessage) -> Iterator[Values]:
    for name, time in _times(message):
        if time.microsecond:
            yield {"name": name, "time": str(time)}


def _times(message: CapMessage) -> Iterator[tuple[str, datetime]]:
    for name, value in _leaves("", message):
        if isinstance(value, datetime):
            yield name, value


def _leaves(name: str, value: object) -> Iterator[tuple[str, object]]:
    """Every text, number and time of the message with the path to it, such as infos 1 areas 2 area_desc."""
    if is_dataclass(value):
        for field in fields(value):
            yield from _leaves(f"{name} {field.name}".lstrip(), getattr(value, field.name))
    elif isinstance(value, tuple):
        for number, item in enumerate(value, 1):
            yield from _leaves(f"{name} {number}", item)
    else:
        yield name, value
