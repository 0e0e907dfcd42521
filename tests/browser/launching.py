"""Chromium, as the system has it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes.util import find_library
from pathlib import Path

from playwright.sync_api import Browser, expect, sync_playwright

# A browser of its own accord asks its maker for updates; tests talk to loopback only.
FLAGS = ["--disable-background-networking", "--disable-component-update", "--no-first-run"]
# No page of ours needs a cookie where it is in somebody else's, and many browsers give it none.
FLAGS.append("--test-third-party-cookie-phaseout")
PATIENCE = 60_000.0  # ms: the library's own five seconds are not enough beside whatever else the machine does


class NoBrowser(Exception):  # noqa: N818  named as what is missing
    """This machine has none, or not what its driver needs; the message says which packages bring them."""


@contextmanager
def launched() -> Iterator[Browser]:
    """A browser until the block ends. Raises NoBrowser."""
    path = "/usr/bin/chromium" if Path("/usr/bin/chromium").exists() else shutil.which("chromium")
    if path is None or find_library("atomic") is None:  # the driver's own interpreter is linked with that
        raise NoBrowser("to look at pages in a browser this machine needs the packages `chromium` and `libatomic1`")
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE)
        opened = playwright.chromium.launch(executable_path=path, args=FLAGS + root, timeout=2 * PATIENCE)
        yield opened
        opened.close()
