"""A mail server that is slow about one domain, and the end of what it was slow about."""

import asyncio
import threading
from collections.abc import Iterator

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from alerts.engine.runtime import runtime
from tests.inbox import Inbox

SLOW = "slow.example.org"


class SlowInbox(Inbox):
    """Says nothing about recipients at one domain, at RCPT, until it is released."""

    def __init__(self) -> None:
        super().__init__()
        self.released = threading.Event()

    async def handle_RCPT(  # noqa: N802  aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        while address.endswith(SLOW) and not self.released.is_set():  # noqa: ASYNC110  a thread sets it
            await asyncio.sleep(0.01)
        return await super().handle_RCPT(server, session, envelope, address, options)


@pytest.fixture
def slow_inbox(settings) -> Iterator[SlowInbox]:
    with SlowInbox() as server:
        settings.EMAIL_URL = server.url
        settings.EMAIL_CONNECTIONS = 2
        yield server
        server.released.set()
        runtime().close()


def finish_stragglers() -> None:
    while runtime().is_waiting:
        runtime().attend(1)
