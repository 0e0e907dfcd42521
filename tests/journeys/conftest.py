"""A quiet mail server: what it logs about thousands of mails takes longer than the mails."""

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _quiet_mail_server() -> Iterator[None]:
    logger = logging.getLogger("mail.log")  # aiosmtpd's
    level = logger.level
    logger.setLevel(logging.WARNING)
    yield
    logger.setLevel(level)
