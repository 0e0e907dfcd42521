"""The town that these tests play in."""

import pytest

from tests.integration.subscriptions import cast
from tests.integration.subscriptions.cast import Town


@pytest.fixture
def town(db: None) -> Town:
    return cast.a_town()
