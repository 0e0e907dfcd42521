"""Rules beyond the schema for the info and resource elements. Source: CAP 1.2 sections 3.2.2 and 3.2.3."""

import re
from collections.abc import Iterator
from datetime import datetime

from alerts.cap.language import is_language_tag
from alerts.cap.lexical import format_time
from alerts.cap.message import CapMessage, Info
from alerts.cap.wording import quoted

# A tag with nothing or attributes in it, a comment, or a character entity; "a<b and c>d" is none. The
# quantifiers are possessive, so that two megabytes of "<a =" cost one pass.
_HTML = re.compile(
    r"</?+[a-z][a-z0-9]*+(?:\s[^<>=]*+=[^<>]*+)?+\s*+/?>|<!--|&(?:[a-z]{2,8}|#[0-9]{1,7}|#x[0-9a-f]{1,6});",
    re.IGNORECASE,
)
_ABSOLUTE_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")  # RFC 3986 section 4.3


def language_tag(message: CapMessage) -> Iterator[str]:
    for where, info in _infos(message):
        if not is_language_tag(info.language):
            yield f"{where}: language {quoted(info.language)} is no language tag such as en or fr-CA"


def expires_missing(message: CapMessage) -> Iterator[str]:
    for where, info in _infos(message):
        if info.expires is None:
            yield f"{where} has no expires: say until when it holds"


def expires_before_effective(message: CapMessage) -> Iterator[str]:
    for where, info in _infos(message):
        # Section 3.2.2: without effective it is in force when sent.
        yield from _ends_before(where, info.expires, "effective", info.effective or message.sent)


def expires_before_onset(message: CapMessage) -> Iterator[str]:
    for where, info in _infos(message):
        yield from _ends_before(where, info.expires, "onset", info.onset)


def html_in_text(message: CapMessage) -> Iterator[str]:
    for name, text in _texts(message):
        if match := _HTML.search(text):
            yield f"{name} holds HTML {quoted(match[0])}: CAP carries plain text"


def web_not_absolute(message: CapMessage) -> Iterator[str]:
    for where, info in _infos(message):
        if info.web and not _ABSOLUTE_URI.fullmatch(info.web):
            yield f"{where}: web {quoted(info.web)} is no absolute address such as https://agency.example/alert"


def resource_uri_space(message: CapMessage) -> Iterator[str]:
    for where, info in _infos(message):
        for resource in info.resources:
            if any(character.isspace() for character in resource.uri):
                yield f"{where}: uri {quoted(resource.uri)} holds white space: write it as %20"


def resource_size_range(message: CapMessage) -> Iterator[str]:
    for where, info in _infos(message):
        for resource in info.resources:
            if resource.size is not None and not 0 <= resource.size < 10**18:
                yield f"{where}: a resource of {resource.size:.3g} bytes cannot be: correct or drop its size"


def area_missing(message: CapMessage) -> Iterator[str]:
    for where, info in _infos(message):
        if not info.areas:
            yield f"{where} has no area: say where it holds"


def _ends_before(where: str, expires: datetime | None, name: str, start: datetime | None) -> Iterator[str]:
    if expires and start and expires <= start:
        yield f"{where}: expires {format_time(expires)} is not after {name} {format_time(start)}"


def _infos(message: CapMessage) -> Iterator[tuple[str, Info]]:
    for number, info in enumerate(message.infos, 1):
        yield f"info {number} ({quoted(info.language, 35)})", info


def _texts(message: CapMessage) -> Iterator[tuple[str, str]]:
    """Everything that a person may be shown, with its name."""
    yield "note", message.note
    for where, info in _infos(message):
        yield f"{where}: event", info.event
        yield f"{where}: audience", info.audience
        yield f"{where}: senderName", info.sender_name
        yield f"{where}: headline", info.headline
        yield f"{where}: description", info.description
        yield f"{where}: instruction", info.instruction
        yield f"{where}: contact", info.contact
        for resource in info.resources:
            yield f"{where}: resourceDesc", resource.resource_desc
        for area in info.areas:
            yield f"{where}: areaDesc", area.area_desc
