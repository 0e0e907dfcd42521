"""The header fields that every message of a kind has, so that no caller can forget one."""

import datetime as dt
import re
from dataclasses import dataclass
from email.utils import format_datetime
from typing import Literal

from channels.message.headers import BadHeader, mailbox, phrase
from channels.message.holes import Hole, Marks

Header = tuple[str, str]

_URL = re.compile(r"(?:https?://|mailto:)[!-;=?-~]{3,}")  # printable ASCII without < and >
# RFC 8058 section 3 wants HTTPS; a demo on the loopback has no certificate.
_ONE_CLICK_URL = re.compile(r"(?:https://|http://(?:localhost|127\.0\.0\.1)[:/])[!-;=?-~]+")
_DOT_ATOM = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")  # RFC 5646
_FEEDBACK_FIELD = re.compile(r"[A-Za-z0-9._-]{1,60}")
_FEEDBACK_SENDER = re.compile(r"[A-Za-z0-9._-]{5,15}")


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageHeaders:
    """What every message says. A transactional one (confirm, sign in, something changed) says no more."""

    from_name: str
    from_address: str  # ASCII, domain in A-labels; another for transactional messages than for bulletins
    subject: str
    date: dt.datetime  # aware
    message_id_domain: str
    language: str  # BCP 47


@dataclass(frozen=True, slots=True, kw_only=True)
class BulletinHeaders(MessageHeaders):
    """A bulletin, an alert or a digest. URLs are absolute and in ASCII."""

    lane: Literal["emergency", "routine", "digest"]
    list_name: str  # the topic's name
    list_id: str  # topic.agency.domain, the same for ever (RFC 2919)
    help_url: str
    owner_url: str  # mailto: or https:
    archive_url: str  # the web page of this bulletin
    unsubscribe_url: str  # everything before the token
    feedback_campaign: str  # dispatch or bulletin
    feedback_agency: str
    feedback_sender: str  # 5 to 15 characters, the same for all that this platform sends
    reply_to: str = ""  # an address that somebody reads, when From isn't


def transactional_headers(fields: MessageHeaders, marks: Marks) -> list[Header]:
    """From, To, Subject, Date, Message-ID and what says that a machine wrote it (RFC 3834 section 5)."""
    if fields.date.tzinfo is None:
        raise BadHeader("Date", f"{fields.date} has no time zone: pass an aware datetime")
    return [
        ("From", mailbox(fields.from_name, fields.from_address)),
        ("To", marks.mark(Hole.ADDRESS)),
        ("Subject", fields.subject),
        ("Date", format_datetime(fields.date)),
        ("Message-ID", _message_id(fields, marks)),
        ("Auto-Submitted", "auto-generated"),
        ("Content-Language", _checked("Content-Language", fields.language, _LANGUAGE)),
    ]


def standard_headers(fields: BulletinHeaders, marks: Marks) -> list[Header]:
    """All of those and the list's: RFC 2369, 2919 and 8058, Feedback-ID, and Precedence where it can wait."""
    headers = transactional_headers(fields, marks)
    if fields.reply_to:
        headers.insert(1, ("Reply-To", mailbox(fields.from_name, fields.reply_to, header="Reply-To")))
    headers += [
        ("List-Id", _list_id(fields)),
        ("List-Help", _url("List-Help", fields.help_url)),
        ("List-Owner", _url("List-Owner", fields.owner_url)),
        ("List-Archive", _url("List-Archive", fields.archive_url)),
        ("List-Post", "NO"),
        ("List-Unsubscribe", _unsubscribe(fields, marks)),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ("Feedback-ID", _feedback_id(fields)),
    ]
    if fields.lane != "emergency":
        headers.append(("Precedence", "bulk"))
    return headers


def _message_id(fields: MessageHeaders, marks: Marks) -> str:
    domain = _checked("Message-ID", fields.message_id_domain, _DOT_ATOM)
    return f"<{marks.mark(Hole.MESSAGE_ID)}@{domain}>"


def _list_id(fields: BulletinHeaders) -> str:
    list_id = _checked("List-Id", fields.list_id, _DOT_ATOM)
    if len(list_id) > 255:
        raise BadHeader("List-Id", f"{list_id!r} has more than 255 characters (RFC 2919 section 3)")
    return f"{phrase(fields.list_name, header='List-Id')} <{list_id}>"


def _unsubscribe(fields: BulletinHeaders, marks: Marks) -> str:
    url = _checked("List-Unsubscribe", fields.unsubscribe_url, _ONE_CLICK_URL)
    return f"<{url}{marks.mark(Hole.TOKEN)}>"


def _url(header: str, url: str) -> str:
    return f"<{_checked(header, url, _URL)}>"


def _feedback_id(fields: BulletinHeaders) -> str:
    """campaign:agency:lane:sender, as the big receivers' complaint reports group by."""
    parts = [
        _checked("Feedback-ID", fields.feedback_campaign, _FEEDBACK_FIELD),
        _checked("Feedback-ID", fields.feedback_agency, _FEEDBACK_FIELD),
        fields.lane,
        _checked("Feedback-ID", fields.feedback_sender, _FEEDBACK_SENDER),
    ]
    return ":".join(parts)


def _checked(header: str, value: str, pattern: re.Pattern[str]) -> str:
    if not pattern.fullmatch(value):
        raise BadHeader(header, f"can't have {value!r} in it: it must match {pattern.pattern}")
    return value
