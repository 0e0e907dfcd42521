"""One mail to one person as the pool takes it, and the commands that announce it to a server."""

from dataclasses import dataclass
from typing import NamedTuple

from channels.outcome import Outcome, Reason, Verdict

END_OF_CONTENT = b".\r\n"


class Envelope(NamedTuple):
    """A mail ready to send. (A NamedTuple: immutable at half of a frozen dataclass's construction time.)

    `message` is complete: CRLF line ends, already dot-stuffed (RFC 5321 section 4.5.2), ending in CRLF, without
    the final lone dot. `recipient` has its domain as A-labels. An empty `sender` is the null reverse-path.
    """

    key: object  # the caller's own, never looked at
    sender: str
    recipient: str
    message: bytes
    smtputf8: bool = False  # the message's headers need it (RFC 6531); for the addresses it is found out here


@dataclass(frozen=True, slots=True)
class Offers:
    """What a server's EHLO offers (RFC 5321 section 2.2), as far as it matters here."""

    pipelining: bool = False  # RFC 2920
    size: int | None = None  # RFC 1870; octets, 0: offered with no limit
    eight_bit: bool = False  # RFC 6152
    smtputf8: bool = False  # RFC 6531
    starttls: bool = False  # RFC 3207
    auth: frozenset[str] = frozenset()  # RFC 4954; mechanisms in upper case


class CannotSendError(Exception):
    """This message cannot be sent through this server; nothing was written. `outcome` says why."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.detail)
        self.outcome = outcome


def announce(envelope: Envelope, offers: Offers) -> bytes:
    """MAIL, RCPT and DATA, each a line. Raises CannotSendError.

    Content with eight-bit octets goes also where 8BITMIME is not offered: RFC 6152 would have us convert or
    give up, servers that clear the eighth bit have died out, and a warning is better sent.
    """
    _, sender, recipient, message, smtputf8 = envelope
    addresses = sender + recipient
    # No way to smuggle a command or a parameter: CR, LF and controls are not printable (nor are U+2028 and its like).
    if not addresses.isprintable() or " " in addresses or "<" in addresses or ">" in addresses or not recipient:
        raise CannotSendError(_unwritable(recipient))
    parameters = ""
    if offers.size is not None:
        parameters = f" SIZE={len(message)}"
        if 0 < offers.size < len(message):
            _check_size(message, offers.size)
    if offers.eight_bit and not message.isascii():
        parameters += " BODY=8BITMIME"
    if smtputf8 or not addresses.isascii():
        if not offers.smtputf8:
            raise CannotSendError(_NEEDS_SMTPUTF8)
        parameters += " SMTPUTF8"
    if message[-2:] != b"\r\n":  # the lone dot would not stand on a line of its own, and the server wait for it
        raise CannotSendError(_UNENDED)
    return f"MAIL FROM:<{sender}>{parameters}\r\nRCPT TO:<{recipient}>\r\nDATA\r\n".encode()


_NEEDS_SMTPUTF8 = Outcome(
    Verdict.PERMANENT, Reason.NEEDS_SMTPUTF8, "5.6.7", "The address needs SMTPUTF8, which the relay does not offer."
)
_UNENDED = Outcome(Verdict.PERMANENT, Reason.REFUSED, "5.6.0", "The message does not end with CRLF.")


def _unwritable(recipient: str) -> Outcome:
    """Whose address cannot stand between angle brackets: the recipient's can never be written to."""
    if recipient and recipient.isprintable() and not {" ", "<", ">"} & set(recipient):
        return Outcome(
            Verdict.PERMANENT, Reason.REFUSED, "5.1.7", "The envelope sender cannot be written in an SMTP command."
        )
    return Outcome(Verdict.PERMANENT, Reason.BAD_ADDRESS, "5.1.3", "The address cannot be written in an SMTP command.")


def _check_size(message: bytes, limit: int) -> None:
    """RFC 1870 section 5 counts the message before dot-stuffing."""
    size = len(message) - message.count(b"\n..") - message.startswith(b"..")
    if size > limit:
        detail = f"The message is {size} octets, the relay takes at most {limit}."
        raise CannotSendError(Outcome(Verdict.PERMANENT, Reason.REFUSED, "5.3.4", detail))
