"""A real SMTP server in a thread: keeps every mail, and can refuse, defer or be away."""

import email
import email.policy
from collections import Counter
from collections.abc import Callable
from email.message import EmailMessage
from typing import NamedTuple, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from govnotify.embedded import free_port


class Mail(NamedTuple):
    sender: str  # of the envelope
    recipient: str  # of the envelope
    content: bytes

    @property
    def message(self) -> EmailMessage:
        return email.message_from_bytes(self.content, policy=email.policy.default)

    def text(self, kind: str) -> str:
        """The part of this subtype: "plain" or "html"."""
        part = self.message.get_body((kind,))
        assert part is not None
        content: str = part.get_content()
        return content


class Inbox:
    """`refusals` maps recipients to the reply they get at RCPT; `verdict` may answer for a whole message."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []
        self.refusals: dict[str, str] = {}
        self.verdict: Callable[[str], str] = lambda recipient: "250 2.0.0 Ok"
        self.port = free_port()
        self._controller: Controller | None = None

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def open(self) -> None:
        self._controller = Controller(
            self, hostname="127.0.0.1", port=self.port, enable_SMTPUTF8=True, decode_data=False
        )
        self._controller.start()

    def close(self) -> None:
        """Be away, as a server that is down."""
        if self._controller is not None:
            self._controller.stop(no_assert=True)
            self._controller = None

    def recipients(self) -> Counter[str]:
        return Counter(mail.recipient for mail in self.mails)

    def to(self, recipient: str) -> Mail:
        """The one mail to this address."""
        (mail,) = [mail for mail in self.mails if mail.recipient == recipient]
        return mail

    async def handle_RCPT(  # noqa: N802  aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        recipient = envelope.rcpt_tos[0]
        verdict = self.verdict(recipient)
        if verdict.startswith("2"):
            assert isinstance(envelope.content, bytes)
            self.mails.append(Mail(envelope.mail_from or "", recipient, envelope.content))
        return verdict
