"""A town, and the web server's application. Changes are told at commits, so these tests commit."""

from collections.abc import Iterator

import pytest

from tests.integration.page_cache.web import Web
from tests.integration.subscriptions import cast
from tests.integration.subscriptions.cast import Town


@pytest.fixture
def town(transactional_db: None) -> Town:
    return cast.a_town()


@pytest.fixture
def web(town: Town) -> Iterator[Web]:
    """It hears of changes."""
    web = Web()
    yield web.listens()
    web.end()
