"""What tests of more than one folder use. The servers themselves are the plugin's: tests/servers.py."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache

from alerts.engine.runtime import runtime
from tests.inbox import Inbox


@pytest.fixture
def inbox(settings) -> Iterator[Inbox]:
    """A real SMTP server that keeps what it is sent; the platform sends there."""
    with Inbox() as server:
        settings.EMAIL_URL = server.url
        yield server
        runtime().close()


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    """Limits are counted in the cache, which outlives a test's transaction."""
    cache.clear()
