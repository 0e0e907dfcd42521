"""What a server's reply means for a message: SMTP codes become an Outcome here and nowhere else.

The enhanced status (RFC 3463) decides where there is one, the basic code otherwise. A bare `550 User unknown` on
RCPT is REFUSED, permanent and not suppressing: 550 also says "relay denied" and "we don't like you" (RFC 5321,
section 4.2.3), and free text is no ground to stop writing to a citizen for ever. It is also never tried again.
"""

import enum
import re

from channels.outcome import Outcome, Reason, Verdict


class Stage(enum.Enum):
    """What a reply answers; the value is how an operator reads it."""

    GREETING = "the connection"
    HELLO = "EHLO"
    STARTTLS = "STARTTLS"
    AUTH = "AUTH"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    CONTENT = "the message"
    RESET = "RSET"
    UNASKED = "nothing asked"


_ENHANCED = re.compile(r"([45])\.(\d{1,3}\.\d{1,3})(?=\s|$)")
_ABOUT_RECIPIENT = frozenset({Stage.RCPT, Stage.DATA, Stage.CONTENT})  # one recipient per message
# subject.detail of RFC 3463 section 3 and RFC 7505 (1.10), by the hard-bounce list of rules on returning mail
_BAD_ADDRESS = frozenset({"1.1", "1.2", "1.3", "1.6", "1.10", "2.1"})
_SENDER = frozenset({"1.7", "1.8"})
_NON_ASCII_ADDRESS = frozenset({"6.7", "6.9"})  # RFC 6531 section 3.5
_AUTHENTICATE = frozenset({530, 534, 535, 538})  # RFC 4954 section 6: about us, whichever command they answer


def refusal(stage: Stage, reply: bytes) -> Outcome:
    """What a 4xx or 5xx `reply` (all its lines) to MAIL, RCPT, DATA or the content means for that message.

    Permanent only where neither code says otherwise (a 550 with 4.x.x, a 450 with 5.x.x: try again).
    """
    code = int(reply[:3])
    text = _text(reply)
    enhanced = _ENHANCED.match(text)
    permanent = code >= 500 and not (enhanced and enhanced[1] == "4")
    status = enhanced[0] if enhanced else str(code)
    detail = _line(f"{stage.value}: {code} {text}")
    if code in _AUTHENTICATE:
        return Outcome(Verdict.TRANSIENT, Reason.POLICY, status, detail)
    verdict = Verdict.PERMANENT if permanent else Verdict.TRANSIENT
    if enhanced:
        reason = _reason(enhanced[2], stage, permanent=permanent)
    else:
        reason = Reason.MAILBOX_FULL if (code, stage) == (552, Stage.RCPT) else Reason.REFUSED
    return Outcome(verdict, reason, status, detail)


def setup_failure(stage: Stage, reply: bytes) -> Outcome:
    """What a refusal before any message (greeting, EHLO, STARTTLS, AUTH) means for the messages that waited.

    Always transient, as no message is at fault. 5xx is between the relay and us: POLICY, which alarms.
    """
    text = _text(reply)
    enhanced = _ENHANCED.match(text)
    reason = Reason.POLICY if reply[:1] == b"5" else Reason.CONNECTION
    status = enhanced[0] if enhanced else reply[:3].decode()
    return Outcome(Verdict.TRANSIENT, reason, status, _line(f"{stage.value}: {reply[:3].decode()} {text}"))


def misconfigured(detail: str) -> Outcome:
    """The relay and our settings don't fit: nobody's mail is lost, the operator is alarmed."""
    return Outcome(Verdict.TRANSIENT, Reason.POLICY, "", _line(detail))


def disconnected(detail: str, code: str = "", *, in_doubt: bool = False) -> Outcome:
    """No answer about the message: dropped, timed out, unreachable, or not SMTP at all."""
    return Outcome(Verdict.TRANSIENT, Reason.CONNECTION, code, _line(detail), in_doubt=in_doubt)


def closing(stage: Stage, reply: bytes) -> Outcome:
    """A 421: the server ends the connection (RFC 5321 section 3.8)."""
    text = _text(reply)
    enhanced = _ENHANCED.match(text)
    return disconnected(f"{stage.value}: 421 {text}", enhanced[0] if enhanced else "421")


def _reason(status: str, stage: Stage, *, permanent: bool) -> Reason:
    about_recipient = stage in _ABOUT_RECIPIENT
    if status in _NON_ASCII_ADDRESS:
        return Reason.NEEDS_SMTPUTF8
    if status == "2.2" and about_recipient:
        return Reason.MAILBOX_FULL
    if not permanent:  # 4.7.x is also how greylisting is said: nothing to alarm anybody
        return Reason.REFUSED
    if status.startswith("7.") or status in _SENDER:
        return Reason.POLICY
    if status in _BAD_ADDRESS and about_recipient:
        return Reason.BAD_ADDRESS
    return Reason.REFUSED


def _text(reply: bytes) -> str:
    """The text of all lines in one, without the codes at the beginning of each."""
    return " ".join(line[4:].decode("utf-8", "replace").strip() for line in reply.splitlines()).strip()


def _line(text: str) -> str:
    """One printable line of at most 200 characters."""
    return "".join(character if character.isprintable() else " " for character in text)[:200].rstrip()
