"""A mail server that keeps some connections waiting and serves others meanwhile."""

import asyncio

from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.inbox import Inbox


class Bottleneck(Inbox):
    """Once `after` mails have come, who is not in `free` gets no verdict until everybody is: `free` is None."""

    def __init__(self, *, after: int = 0) -> None:
        super().__init__()
        self.after = after
        self.free: set[str] | None = set()
        self.holding = 0  # connections that wait for a verdict

    def __exit__(self, *raised: object) -> None:
        self.free = None
        super().__exit__(*raised)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.holding += 1
        while self._holds(envelope.rcpt_tos[0]):  # noqa: ASYNC110  the test's thread opens
            await asyncio.sleep(0.05)
        self.holding -= 1
        return await super().handle_DATA(server, session, envelope)

    def _holds(self, recipient: str) -> bool:
        return self.free is not None and recipient not in self.free and len(self.mails) >= self.after
