"""The town that these tests play in, and a web server by its production command."""

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.inbox import Inbox
from tests.integration.abuse.live import Site
from tests.integration.subscriptions import cast
from tests.integration.subscriptions.cast import Town


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Of thousands of requests that are refused, none needs to be told."""
    loggers = [logging.getLogger(name) for name in ("mail.log", "django.request", "django.security")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    yield
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


@pytest.fixture
def town(db: None) -> Town:
    return cast.a_town()


@pytest.fixture
def site(transactional_db: None, inbox: Inbox, tmp_path: Path) -> Iterator[Callable[..., Site]]:
    """Call it with an operator's settings; the server is gone before the tables are emptied."""
    with ExitStack() as stack:
        yield lambda **settings: stack.enter_context(Site(tmp_path, inbox, **settings))
