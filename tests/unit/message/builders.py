"""Right headers, messages and values, for tests to change one thing of."""

import datetime as dt
import email
import email.policy
from email.message import EmailMessage
from typing import Any

from hypothesis import strategies as st

from channels.address import parse_address
from channels.message import (
    BulletinHeaders,
    CompiledMessage,
    Hole,
    Marks,
    MessageHeaders,
    address_header_value,
    compile_message,
    standard_headers,
    transactional_headers,
)
from channels.tokens import Signer

SIGNER = Signer([(1, b"a secret of the tests, long enough")])
DATE = dt.datetime(2026, 11, 21, 18, 5, tzinfo=dt.UTC)

BULLETIN = BulletinHeaders(
    from_name="Ministry of Health",
    from_address="news@health.gov.example",
    subject="Flu vaccination begins on 1 October",
    date=DATE,
    message_id_domain="health.gov.example",
    language="en",
    lane="routine",
    list_name="Flu",
    list_id="flu.health.gov.example",
    help_url="https://notify.example/topics/flu/",
    owner_url="mailto:owner@health.gov.example",
    archive_url="https://notify.example/bulletins/1/",
    unsubscribe_url="https://notify.example/u/",
    feedback_campaign="d77",
    feedback_agency="health",
    feedback_sender="govnotify",
)
TRANSACTIONAL = MessageHeaders(
    from_name="Notify",
    from_address="service@notify.example",
    subject="Confirm your subscription",
    date=DATE,
    message_id_domain="notify.example",
    language="en",
)

VALUES = {
    Hole.ADDRESS: address_header_value(parse_address("Jo.Doe@example.org")),
    Hole.MESSAGE_ID: b"0102abcdef",
    Hole.TOKEN: b"T0ken_of-the-recipient",
}

# Any text that can be written as UTF-8, with more line ends, dots and specials than chance would bring.
texts = st.text(st.one_of(st.characters(codec="utf-8"), st.sampled_from("\r\n.=\t -F_"))).map(
    lambda text: text.replace("\r\n", "\n")
)


def compile_bulletin(marks: Marks, *, text: str = "", html: str = "", **changes: Any) -> CompiledMessage:
    """A bulletin with the unsubscribe link in both bodies."""
    link = f"https://notify.example/u/{marks.mark(Hole.TOKEN)}"
    return compile_message(
        headers=standard_headers(replaced(**changes), marks),
        text=text or f"Hello\n{link}\nBye",
        html=html or f'<p><a href="{link}">no more</a></p>',
        marks=marks,
    )


def compile_plain(text: str, html: str, marks: Marks | None = None) -> CompiledMessage:
    """A transactional message with these bodies."""
    marks = marks or Marks()
    return compile_message(headers=transactional_headers(TRANSACTIONAL, marks), text=text, html=html, marks=marks)


def replaced(**changes: Any) -> BulletinHeaders:
    """The bulletin's header fields with some of them changed."""
    fields = {name: getattr(BULLETIN, name) for name in BulletinHeaders.__dataclass_fields__}
    return BulletinHeaders(**(fields | changes))


def values_for(message: CompiledMessage, **others: bytes) -> dict[Hole, bytes]:
    """A value for each hole of the message."""
    known = VALUES | {Hole[name]: value for name, value in others.items()}
    return {hole: known[hole] for hole in message.holes}


def parse(octets: bytes) -> EmailMessage:
    """As a mail program reads it."""
    return email.message_from_bytes(octets, policy=email.policy.default)


def body(message: EmailMessage, subtype: str) -> str:
    """The decoded content of the part, with the line ends that went over the wire made newlines."""
    part = message.get_body((subtype,))
    assert part is not None
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode().replace("\r\n", "\n")


def newlines(text: str) -> str:
    """The text with every line end written as a newline."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
