"""The few headers that the catcher reads of every mail, found without parsing the whole message."""

import re
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header, make_header

# RFC 5322, 2.2.3: a header field goes on as long as lines begin with white space.
_FIELD = re.compile(
    rb"^(Subject|Message-ID|Feedback-ID)[ \t]*:[ \t]*((?:[^\r\n]|\r\n[ \t])*)", re.IGNORECASE | re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Headers:
    """`campaign` and `lane` are the first and third part of Feedback-ID, empty where a mail has none."""

    subject: str
    message_id: str
    campaign: str
    lane: str


def read_headers(content: bytes) -> Headers:
    """The headers of a message with CRLF line ends; never fails, whatever the bytes."""
    end = content.find(b"\r\n\r\n")
    found = {
        match[1].lower(): match[2].replace(b"\r\n", b"").decode("utf-8", "replace").strip()
        for match in _FIELD.finditer(content, 0, end if end >= 0 else len(content))
    }
    campaign, _, lane = [*found.get(b"feedback-id", "").split(":"), "", "", ""][:3]
    return Headers(found.get(b"subject", ""), found.get(b"message-id", ""), campaign, lane)


def readable(value: str) -> str:
    """A header's value with its encoded words (RFC 2047) decoded."""
    if "=?" not in value:
        return value
    try:
        return str(make_header(decode_header(value)))
    except (HeaderParseError, LookupError, UnicodeError):
        return value
