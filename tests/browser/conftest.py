"""A real browser for the pages; without one these tests are skipped, loudly, but in CI they fail."""

import os
import shutil
from collections.abc import Iterator
from ctypes.util import find_library
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

# A browser of its own accord asks its maker for updates; tests talk to loopback only.
FLAGS = ["--disable-background-networking", "--disable-component-update", "--no-first-run"]
# No page of ours needs a cookie where it is in somebody else's, and many browsers give it none.
FLAGS.append("--test-third-party-cookie-phaseout")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, as the system has it. Closed after each module: while it is open, an event loop holds this thread."""
    path = "/usr/bin/chromium" if Path("/usr/bin/chromium").exists() else shutil.which("chromium")
    if path is None or find_library("atomic") is None:  # the driver's own interpreter is linked with that
        reason = "to test pages in a browser this machine needs the packages `chromium` and `libatomic1`"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with pytest.MonkeyPatch.context() as environment, sync_playwright() as playwright:
        environment.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Django refuses the database beside that loop
        opened = playwright.chromium.launch(executable_path=path, args=FLAGS + root)
        yield opened
        opened.close()
