"""The platform's processes for a test, and a mail server that stays quiet about thousands of mails."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from tests.inbox import Inbox
from tests.integration.faults.gate import Gate
from tests.integration.faults.platform import Platform


@pytest.fixture(autouse=True)
def _quiet_mail_server() -> Iterator[None]:
    logger = logging.getLogger("mail.log")  # aiosmtpd's
    level = logger.level
    logger.setLevel(logging.WARNING)
    yield
    logger.setLevel(level)


@pytest.fixture
def platform(transactional_db: None, inbox: Inbox, tmp_path: Path) -> Iterator[Platform]:
    """Processes on this test's servers; gone before its tables are emptied."""
    running = Platform(tmp_path, inbox, settings.REDIS_URL)
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture
def gate(inbox: Inbox) -> Iterator[Gate]:
    """Opened before the mail server ends."""
    held = Gate(inbox)
    yield held
    held.open()
