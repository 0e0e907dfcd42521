"""Rules beyond the schema for the alert element: identity, scope, references. CAP 1.2 section 3.2.1."""

from collections.abc import Iterator

from alerts.cap.lexical import format_time
from alerts.cap.message import CapMessage, MsgType, Scope
from alerts.cap.wording import quoted

_ABOUT_OTHERS = {MsgType.UPDATE, MsgType.CANCEL, MsgType.ACK, MsgType.ERROR}
_CARRY_NEWS = {MsgType.ALERT, MsgType.UPDATE}


def mandatory_empty(message: CapMessage) -> Iterator[str]:
    mandatory = {"identifier": message.identifier, "sender": message.sender}
    for number, info in enumerate(message.infos, 1):
        mandatory[f"info {number}: event"] = info.event
        for place, area in enumerate(info.areas, 1):
            mandatory[f"info {number}, area {place}: areaDesc"] = area.area_desc
    for name, text in mandatory.items():
        if not text.strip():
            yield f"{name} is empty: fill it in"


def identifier_characters(message: CapMessage) -> Iterator[str]:
    if _has_reserved(message.identifier):
        yield f"identifier {quoted(message.identifier)} holds a space, comma, < or &: use others"


def sender_characters(message: CapMessage) -> Iterator[str]:
    if _has_reserved(message.sender):
        yield f"sender {quoted(message.sender)} holds a space, comma, < or &: use others"


def restriction_without_scope(message: CapMessage) -> Iterator[str]:
    if message.restriction.strip() and message.scope is not Scope.RESTRICTED:
        yield f"restriction is for scope Restricted, this is {message.scope}: remove it or change scope"


def restriction_missing(message: CapMessage) -> Iterator[str]:
    if message.scope is Scope.RESTRICTED and not message.restriction.strip():
        yield "scope Restricted needs a restriction: say to whom it is restricted"


def addresses_without_scope(message: CapMessage) -> Iterator[str]:
    if message.addresses.strip() and message.scope is not Scope.PRIVATE:
        yield f"addresses are for scope Private, this is {message.scope}: remove them or change scope"


def addresses_missing(message: CapMessage) -> Iterator[str]:
    if message.scope is Scope.PRIVATE and not message.addresses.strip():
        yield "scope Private needs addresses: name the recipients"


def references_missing(message: CapMessage) -> Iterator[str]:
    if message.msg_type in _ABOUT_OTHERS and not message.references:
        yield f"msgType {message.msg_type} needs references: name every message that it is about"


def reference_unreadable(message: CapMessage) -> Iterator[str]:
    for text in message.unreadable_references:
        yield f"reference {quoted(text)} is no sender,identifier,sent"


def reference_characters(message: CapMessage) -> Iterator[str]:
    for reference in message.references:
        for part in (reference.sender, reference.identifier):
            if not part or _has_reserved(part):
                yield f"reference to {quoted(part)}: a part is empty or holds a space, comma, < or &"


def reference_to_itself(message: CapMessage) -> Iterator[str]:
    if message.identity in message.references:
        yield "the message refers to itself: name its predecessors only"


def reference_later(message: CapMessage) -> Iterator[str]:
    for reference in message.references:
        if reference.sent > message.sent:
            later = f"{quoted(reference.identifier)} of {format_time(reference.sent)}"
            yield f"reference to {later} is later than this message of {format_time(message.sent)}"


def info_missing(message: CapMessage) -> Iterator[str]:
    if message.msg_type in _CARRY_NEWS and not message.infos:
        yield f"msgType {message.msg_type} has no info: say what happens"


def _has_reserved(text: str) -> bool:
    return any(character in ",<&" or character.isspace() for character in text)
