"""A bulletin in one Markdown file: YAML front matter between two `---` lines, then the body, in one language.

    ---
    agency: rivers
    topics: [floods, milltown]
    language: en
    title: Sandbags at the town hall
    summary: From nine o'clock, for everybody by the river.
    areas: [TM-0412]
    urgent: true
    ---
    Bring a **car**.

Summary, areas (codes of places; else it is for everywhere) and urgent (else people who read once a day or once a week
get it in their digest) may be left out.
"""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from alerts.cap.language import is_language_tag
from alerts.cap.refusals import Refused
from alerts.cap.wording import bounded, one_line, quoted
from alerts.files.plain_yaml import Entry, NotPlain, read_mapping

TITLE_CHARACTERS = 200
SUMMARY_CHARACTERS = 500
BODY_CHARACTERS = 200_000
REASONS = 20

_KEYS = ("agency", "topics", "language", "title", "summary", "areas", "urgent")
_OPTIONAL = {"summary", "areas", "urgent"}
_YES_OR_NO = {"true": True, "false": False}
_CODE = re.compile(r"[^\s,;=/\x00-\x1f]{1,60}")  # as subscriptions.place_files takes it
_SLUG = re.compile(r"[-a-zA-Z0-9_]{1,50}")  # as Django's SlugField
# Not str.isprintable: that refuses the joiners and directions which Persian or Hindi need.
_CONTROL_IN_LINE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_CONTROL_IN_BODY = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_FENCE = re.compile(r"^---[ \t]*$", re.MULTILINE)


class BulletinRefused(Refused):
    """The file is no bulletin that can be published."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BulletinFile:
    """What a file says. `agency` and `topics` are slugs that nobody has looked up, `body` is Markdown."""

    agency: str
    topics: tuple[str, ...]
    language: str
    title: str
    summary: str = ""
    areas: tuple[str, ...] = ()
    urgent: bool = False
    body: str


def parse_bulletin(data: bytes) -> BulletinFile:
    """The bulletin in `data`, a whole file in UTF-8. Raises BulletinRefused with a reason for every fault."""
    head, body, first_line = _split(_decoded(data))
    try:
        entries = read_mapping(head)
    except NotPlain as fault:
        raise BulletinRefused([str(fault)]) from fault
    reasons = [*_key_faults(entries), *_value_faults(entries), *_body_faults(body, first_line)]
    if reasons:
        raise BulletinRefused(bounded(reasons, REASONS))
    values = {entry.key: entry.texts for entry in entries}
    return BulletinFile(
        agency=values["agency"][0],
        topics=values["topics"],
        language=values["language"][0],
        title=values["title"][0].strip(),
        summary=values.get("summary", ("",))[0].strip(),
        areas=values.get("areas", ()),
        urgent=_YES_OR_NO[values.get("urgent", ("false",))[0]],
        body=body,
    )


def _decoded(data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise BulletinRefused([f"line {line}: not UTF-8: save the file in the encoding UTF-8"]) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _split(text: str) -> tuple[str, str, int]:
    """Front matter, body, and the line of the file at which the body begins; without fences."""
    fences = _FENCE.finditer(text)
    first = next(fences, None)
    if first is None or first.start() > 0:
        raise BulletinRefused(["line 1: no front matter: begin the file with a line --- and its keys"])
    second = next(fences, None)
    if second is None:
        raise BulletinRefused(["line 1: the front matter is not closed: end it with a line --- before the body"])
    body = text[second.end() :]
    start = len(text) - len(body.lstrip("\n"))
    return text[first.end() + 1 : second.start()], body.strip("\n"), text.count("\n", 0, start) + 1


def _key_faults(entries: list[Entry]) -> Iterator[str]:
    seen: set[str] = set()
    for entry in entries:
        if entry.key not in _KEYS:
            near = difflib.get_close_matches(entry.key[:50], _KEYS, 1)
            advice = f"did you mean {near[0]}?" if near else f"the keys are {', '.join(_KEYS)}"
            yield f"line {entry.line}, key {one_line(entry.key)}: not known: {advice}"
        elif entry.key in seen:
            yield f"line {entry.line}, key {entry.key}: stands there twice: keep one"
        seen.add(entry.key)
    for key in _KEYS:
        if key not in seen and key not in _OPTIONAL:
            yield f"line 1, key {key}: missing: add it to the front matter"


def _value_faults(entries: list[Entry]) -> Iterator[str]:
    for entry in entries:
        if entry.key in _KEYS and (fault := _value_fault(entry)):
            yield f"line {entry.line}, key {entry.key}: {fault}"


def _value_fault(entry: Entry) -> str:
    """What is wrong with the value of a known key, and the way out; "" for nothing."""
    if entry.key in {"topics", "areas"}:
        return _topics_fault(entry) if entry.key == "topics" else _areas_fault(entry)
    if entry.is_list:
        return "a list: write one value"
    (text,) = entry.texts
    match entry.key:
        case "agency":
            return _slug_fault(text)
        case "language":
            return "" if is_language_tag(text) else f"{quoted(text)} is no language tag: write one like en or fr-CA"
        case "urgent":
            return "" if text in _YES_OR_NO else f"{quoted(text)} is neither true nor false: write one of these"
        case _:
            return _text_fault(entry.key, text)


def _text_fault(key: str, text: str) -> str:
    if key == "title":
        return _line_fault(text, TITLE_CHARACTERS) if text.strip() else "empty: write a title"
    return _line_fault(text, SUMMARY_CHARACTERS)


def _topics_fault(entry: Entry) -> str:
    if not entry.is_list:
        return "not a list: write [first-topic, second-topic]"
    if not entry.texts:
        return "empty: name at least one topic"
    if len(set(entry.texts)) < len(entry.texts):
        return "a topic stands there twice: keep one"
    return next(filter(None, map(_slug_fault, entry.texts)), "")


def _areas_fault(entry: Entry) -> str:
    if not entry.is_list:
        return "not a list: write [first-code, second-code]"
    wrong = [text for text in entry.texts if not _CODE.fullmatch(text)]
    return f"{quoted(wrong[0])} is no code of a place: at most 60 characters without spaces" if wrong else ""


def _slug_fault(text: str) -> str:
    if _SLUG.fullmatch(text):
        return ""
    return f"{quoted(text)} is no slug: write 1 to 50 of the letters a-z, digits, - and _"


def _line_fault(text: str, limit: int) -> str:
    # A line break in a title would end the Subject (RFC 5322 section 2.2) and begin another header.
    if _CONTROL_IN_LINE.search(text):
        return "holds a line break or another control character: write it in one line"
    if len(text) > limit:
        return f"{len(text):,} characters, at most {limit:,}: shorten it"
    return ""


def _body_faults(body: str, first_line: int) -> Iterator[str]:
    if not body.strip():
        yield "the body is empty: write it below the second ---"
    if len(body) > BODY_CHARACTERS:
        yield f"the body has {len(body):,} characters, at most {BODY_CHARACTERS:,}: shorten it, link to more"
    if match := _CONTROL_IN_BODY.search(body):
        line = first_line + body.count("\n", 0, match.start())
        yield f"line {line}: the body holds the control character U+{ord(match[0]):04X}: remove it"
