"""The town that these tests play in, and one bulletin of each kind."""

import pytest

from tests.integration.feeds.cast import Published, one_of_each
from tests.integration.subscriptions import cast
from tests.integration.subscriptions.cast import Town


@pytest.fixture
def town(db: None) -> Town:
    return cast.a_town()


@pytest.fixture
def published(town: Town) -> Published:
    return one_of_each(town)
