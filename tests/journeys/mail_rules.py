"""Every rule on every bulletin's mail: who it is from and to, whose list it is, how it is left, how it is written.

What needs the world outside is not here: DKIM, SPF and DMARC are the mail server's and the domain's.
"""

import email.policy
import re
from dataclasses import dataclass
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.utils import parsedate_to_datetime

from agencies.models import Agency
from channels.tokens import UnsubscribeToken, read_return_path, read_unsubscribe_token
from subscriptions.keys import signer
from subscriptions.models import Topic
from tests.inbox import Mail

MAX_LINE = 998  # RFC 5322 section 2.1.1
_parser = BytesHeaderParser(policy=email.policy.default)


@dataclass(frozen=True, slots=True)
class Expected:
    """What must be true of one mail, known without looking at it."""

    site: str
    agency: Agency
    topics: list[Topic]  # that matched, in the bulletin's order
    subscriber_id: int
    recipient: str  # as it stands in the envelope
    dispatch_id: int
    bulletin_id: int
    subject: str
    language: str
    lane: str = "routine"


@dataclass(frozen=True, slots=True)
class Read:
    """A mail that kept the rules. `body` has neither the recipient's token nor the boundary in it: copies are equal."""

    token: str
    message_id: str
    body: bytes


def check(mail: Mail, expected: Expected) -> Read:
    """Hold the mail against every rule on its envelope, header and bytes."""
    head, _, body = mail.content.partition(b"\r\n\r\n")
    message = _parser.parsebytes(head + b"\r\n\r\n")
    names = [name for name, _ in message.raw_items()]
    assert len(names) == len(set(names)), f"a field stands twice: {names}"
    fields = {name: str(value) for name, value in message.items()}
    _check_bytes(mail.content, head, body)
    _check_envelope(mail, expected)
    _check_names(message, fields, mail.content, expected)
    token = _check_list(fields, expected)
    copy = body.replace(token.encode(), b"TOKEN").replace(str(message.get_boundary()).encode(), b"BOUNDARY")
    assert body.count(token.encode()) == 2  # once in the text, once in the HTML
    return Read(token, fields["Message-ID"], copy)


def _check_bytes(content: bytes, head: bytes, body: bytes) -> None:
    """CRLF and nothing else ends a line, none is too long; UTF-8 stands in the header of an SMTPUTF8 address only."""
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)|\x00", content)
    assert max(map(len, content.split(b"\r\n"))) <= MAX_LINE
    assert body.isascii()
    assert all(line.isascii() for line in head.split(b"\r\n") if not line.startswith(b"To: "))


def _check_envelope(mail: Mail, expected: Expected) -> None:
    """VERP: the sender names the delivery and is signed, so that a forged bounce suppresses nobody."""
    named = read_return_path(signer(), mail.sender)
    assert (named.dispatch_id, named.recipient_id) == (expected.dispatch_id, expected.subscriber_id)
    assert mail.recipient == expected.recipient


def _check_names(message: EmailMessage, fields: dict[str, str], content: bytes, expected: Expected) -> None:
    agency = expected.agency
    (sender,) = message["From"].addresses
    assert (sender.display_name, sender.addr_spec) == (agency.name, agency.from_address)
    assert f"To: <{expected.recipient}>\r\n".encode() in content
    assert fields["Subject"] == expected.subject
    assert fields["Message-ID"].endswith(f"@{agency.mail_domain}>")
    assert parsedate_to_datetime(fields["Date"]).tzinfo is not None
    assert fields["Content-Language"] == expected.language
    assert fields["Auto-Submitted"] == "auto-generated"
    assert fields["MIME-Version"] == "1.0"
    assert message.get_content_type() == "multipart/alternative"


def _check_list(fields: dict[str, str], expected: Expected) -> str:
    """The list's fields, and the token that leaves it."""
    agency, topic = expected.agency, expected.topics[0]
    assert fields["List-Id"] == f'"{topic.name}" <{topic.slug}.{agency.slug}.{agency.mail_domain}>'
    assert fields["List-Help"] == f"<{expected.site}/topics/{topic.slug}/>"
    assert fields["List-Owner"] == f"<mailto:{agency.reply_address}>"
    assert fields["List-Archive"] == f"<{expected.site}/bulletins/{expected.bulletin_id}/>"
    assert fields["List-Post"] == "NO"
    assert fields.get("Precedence") == (None if expected.lane == "emergency" else "bulk")
    campaign, who, lane, sender = fields["Feedback-ID"].split(":")
    assert (campaign, who, lane) == (str(expected.dispatch_id), agency.slug, expected.lane)
    assert 5 <= len(sender) <= 15
    assert fields["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert expected.site.startswith("https://")
    uri = re.fullmatch(rf"<{re.escape(expected.site)}/u/([A-Za-z0-9_-]+)>", fields["List-Unsubscribe"])
    assert uri is not None, f"not exactly one HTTPS address: {fields['List-Unsubscribe']}"
    ids = tuple(topic.pk for topic in expected.topics)
    token = read_unsubscribe_token(signer(), uri[1])
    assert token == UnsubscribeToken(expected.subscriber_id, expected.dispatch_id, ids)
    return uri[1]
