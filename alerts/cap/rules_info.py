"""Rules beyond the schema for the info and resource elements. Source: CAP 1.2 sections 3.2.2 and 3.2.3."""

import re
from collections.abc import Iterator
from datetime import datetime

from alerts.cap.language import is_language_tag
from alerts.cap.lexical import format_time
from alerts.cap.message import CapMessage, Info
from alerts.cap.sentences import Step, Values
from alerts.cap.wording import quoted

# A tag with nothing or attributes in it, a comment, or a character entity; "a<b and c>d" is none. The
# quantifiers are possessive, so that two megabytes of "<a =" cost one pass.
_HTML = re.compile(
    r"</?+[a-z][a-z0-9]*+(?:\s[^<>=]*+=[^<>]*+)?+\s*+/?>|<!--|&(?:[a-z]{2,8}|#[0-9]{1,7}|#x[0-9a-f]{1,6});",
    re.IGNORECASE,
)
_ABSOLUTE_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")  # RFC 3986 section 4.3


def language_tag(message: CapMessage) -> Iterator[Values]:
    for where, info in _infos(message):
        if not is_language_tag(info.language):
            yield {"where": where, "text": quoted(info.language)}


def expires_missing(message: CapMessage) -> Iterator[Values]:
    for where, info in _infos(message):
        if info.expires is None:
            yield {"where": where}


def expires_before_effective(message: CapMessage) -> Iterator[Values]:
    for where, info in _infos(message):
        # Section 3.2.2: without effective it is in force when sent.
        yield from _ends_before(where, info.expires, info.effective or message.sent)


def expires_before_onset(message: CapMessage) -> Iterator[Values]:
    for where, info in _infos(message):
        yield from _ends_before(where, info.expires, info.onset)


def html_in_text(message: CapMessage) -> Iterator[Values]:
    for where, text in _texts(message):
        if match := _HTML.search(text):
            yield {"where": where, "text": quoted(match[0])}


def web_not_absolute(message: CapMessage) -> Iterator[Values]:
    for where, info in _infos(message):
        if info.web and not _ABSOLUTE_URI.fullmatch(info.web):
            yield {"where": where, "text": quoted(info.web)}


def resource_uri_space(message: CapMessage) -> Iterator[Values]:
    for where, info in _infos(message):
        for resource in info.resources:
            if any(character.isspace() for character in resource.uri):
                yield {"where": where, "text": quoted(resource.uri)}


def resource_size_range(message: CapMessage) -> Iterator[Values]:
    for where, info in _infos(message):
        for resource in info.resources:
            if resource.size is not None and not 0 <= resource.size < 10**18:
                yield {"where": where, "size": f"{resource.size:.3g}"}


def area_missing(message: CapMessage) -> Iterator[Values]:
    for where, info in _infos(message):
        if not info.areas:
            yield {"where": where}


def _ends_before(where: list[Step], expires: datetime | None, start: datetime | None) -> Iterator[Values]:
    if expires and start and expires <= start:
        yield {"where": where, "expires_at": format_time(expires), "start_at": format_time(start)}


def _infos(message: CapMessage) -> Iterator[tuple[list[Step], Info]]:
    for number, info in enumerate(message.infos, 1):
        yield [["info", str(number), quoted(info.language, 35)]], info


def _texts(message: CapMessage) -> Iterator[tuple[list[Step], str]]:
    """Everything that a person may be shown, with its name."""
    yield [["note"]], message.note
    for where, info in _infos(message):
        yield [*where, ["event"]], info.event
        yield [*where, ["audience"]], info.audience
        yield [*where, ["senderName"]], info.sender_name
        yield [*where, ["headline"]], info.headline
        yield [*where, ["description"]], info.description
        yield [*where, ["instruction"]], info.instruction
        yield [*where, ["contact"]], info.contact
        for resource in info.resources:
            yield [*where, ["resourceDesc"]], resource.resource_desc
        for area in info.areas:
            yield [*where, ["areaDesc"]], area.area_desc
