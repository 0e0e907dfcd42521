"""Rules beyond the schema for the alert element: identity, scope, references. CAP 1.2 section 3.2.1."""

from collections.abc import Iterator

from alerts.cap.lexical import format_time
from alerts.cap.message import CapMessage, MsgType, Scope
from alerts.cap.sentences import Step, Values
from alerts.cap.wording import quoted

_ABOUT_OTHERS = {MsgType.UPDATE, MsgType.CANCEL, MsgType.ACK, MsgType.ERROR}
_CARRY_NEWS = {MsgType.ALERT, MsgType.UPDATE}


def mandatory_empty(message: CapMessage) -> Iterator[Values]:
    for where, text in _mandatory(message):
        if not text.strip():
            yield {"where": where}


def identifier_characters(message: CapMessage) -> Iterator[Values]:
    if _has_reserved(message.identifier):
        yield {"text": quoted(message.identifier)}


def sender_characters(message: CapMessage) -> Iterator[Values]:
    if _has_reserved(message.sender):
        yield {"text": quoted(message.sender)}


def restriction_without_scope(message: CapMessage) -> Iterator[Values]:
    if message.restriction.strip() and message.scope is not Scope.RESTRICTED:
        yield {"scope": str(message.scope)}


def restriction_missing(message: CapMessage) -> Iterator[Values]:
    if message.scope is Scope.RESTRICTED and not message.restriction.strip():
        yield {}


def addresses_without_scope(message: CapMessage) -> Iterator[Values]:
    if message.addresses.strip() and message.scope is not Scope.PRIVATE:
        yield {"scope": str(message.scope)}


def addresses_missing(message: CapMessage) -> Iterator[Values]:
    if message.scope is Scope.PRIVATE and not message.addresses.strip():
        yield {}


def references_missing(message: CapMessage) -> Iterator[Values]:
    if message.msg_type in _ABOUT_OTHERS and not message.references:
        yield {"type": str(message.msg_type)}


def reference_unreadable(message: CapMessage) -> Iterator[Values]:
    for text in message.unreadable_references:
        yield {"text": quoted(text)}


def reference_characters(message: CapMessage) -> Iterator[Values]:
    for reference in message.references:
        for part in (reference.sender, reference.identifier):
            if not part or _has_reserved(part):
                yield {"text": quoted(part)}


def reference_to_itself(message: CapMessage) -> Iterator[Values]:
    if message.identity in message.references:
        yield {}


def reference_later(message: CapMessage) -> Iterator[Values]:
    for reference in message.references:
        if reference.sent > message.sent:
            times = {"sent_at": format_time(reference.sent), "own_at": format_time(message.sent)}
            yield {"text": quoted(reference.identifier), **times}


def info_missing(message: CapMessage) -> Iterator[Values]:
    if message.msg_type in _CARRY_NEWS and not message.infos:
        yield {"type": str(message.msg_type)}


def _mandatory(message: CapMessage) -> Iterator[tuple[list[Step], str]]:
    yield [["identifier"]], message.identifier
    yield [["sender"]], message.sender
    for number, info in enumerate(message.infos, 1):
        step = ["info", str(number), ""]
        yield [step, ["event"]], info.event
        for place, area in enumerate(info.areas, 1):
            yield [step, ["area", str(place), ""], ["areaDesc"]], area.area_desc


def _has_reserved(text: str) -> bool:
    return any(character in ",<&" or character.isspace() for character in text)
