"""Rules for what we send ourselves; others may do otherwise."""

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta

from alerts.cap.message import CapMessage
from alerts.cap.wording import quoted

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0 section 2.2, Char
_FARTHEST_OFFSET = timedelta(hours=14)  # XML Schema part 2, section 3.2.7.3


def language_repeated(message: CapMessage) -> Iterator[str]:
    seen: set[str] = set()
    for info in message.infos:
        language = info.language.lower()
        if language in seen:
            yield f"language {quoted(info.language)} has more than one info: write one per language"
        seen.add(language)


def characters_not_xml(message: CapMessage) -> Iterator[str]:
    for name, value in _leaves("", message):
        if isinstance(value, str) and (match := _NOT_XML.search(value)):
            yield f"{name}: U+{ord(match[0]):04X} (character {match.start() + 1}) is not XML: remove it"


def time_without_offset(message: CapMessage) -> Iterator[str]:
    for name, time in _times(message):
        if time.utcoffset() is None:
            yield f"{name} {time} has no offset from UTC: give an aware datetime"


def time_offset_range(message: CapMessage) -> Iterator[str]:
    for name, time in _times(message):
        offset = time.utcoffset() or timedelta()
        if abs(offset) > _FARTHEST_OFFSET or offset % timedelta(minutes=1):
            yield f"{name} {time} has an offset beyond 14 hours or with seconds: give it in UTC"


def time_range(message: CapMessage) -> Iterator[str]:
    for name, time in _times(message):
        try:
            time.astimezone(UTC)
        except OverflowError:
            yield f"{name} {time} is outside the years 1 to 9999 in UTC: correct it"


def time_fraction(message: CapMessage) -> Iterator[str]:
    for name, time in _times(message):
        if time.microsecond:
            yield f"{name} {time} has a fraction of a second, CAP only whole ones: cut it before you keep it"


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
