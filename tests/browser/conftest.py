"""A real browser for the pages; without one these tests are skipped, loudly, but in CI they fail."""

import os
from collections.abc import Iterator

import pytest
from django.db import connections
from playwright.sync_api import Browser

from tests.browser.launching import NoBrowser, launched


@pytest.fixture(scope="module")
def browser(django_db_setup: None) -> Iterator[Browser]:
    """Closed after each module: while it is open, an event loop holds this thread.

    Beside a loop a thread has other database connections than without one (asgiref's Local). So the test database is
    made before, and those of the loop are closed with it: nobody could reach them afterwards, and the database that
    they are open to could not be dropped.
    """
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Django refuses the database beside that loop
        try:
            with launched() as opened:
                yield opened
                connections.close_all()
        except NoBrowser as missing:
            if os.environ.get("CI") == "true":
                pytest.fail(str(missing))
            pytest.skip(str(missing))
