"""One browser window, and what can be wrong with the page in it."""

import os
from pathlib import Path
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

PHONE, DESKTOP = (390, 844), (1280, 900)
LIMIT = 100_000  # bytes of a page before compression, style and scripts included
WEIGHT = """[...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
    .reduce((sum, entry) => sum + entry.decodedBodySize, 0)"""


class Visit:
    """One browser window, which notes what it asked for and what went wrong in it."""

    def __init__(self, page: Page, server: str) -> None:
        self.page, self.server = page, server
        self.hosts: set[str] = set()
        self.faults: list[str] = []
        page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))
        page.on("console", lambda message: self.faults.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.faults.append(str(error)))

    def open(self, path: str) -> None:
        self.hosts.clear()
        self.faults.clear()
        self.page.goto(self.server + path)

    def sign_in(self, path: str) -> None:
        self.open(path)
        self.page.get_by_role("button", name="Sign in").click()

    def check(self, name: str) -> list[str]:
        """What is wrong with the page as it is now."""
        found = Axe().run(self.page)
        violations = found.response["violations"]
        wrong = [f"{name}: {one['id']} at {[node['html'] for node in one['nodes']]}" for one in violations]
        if self.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            wrong.append(f"{name}: scrolls sideways")
        if self.hosts != {urlsplit(self.server).netloc}:
            wrong.append(f"{name}: asked {self.hosts}")
        # The browser itself reports an answer of 404 or 410 as an error.
        wrong += [f"{name}: {fault}" for fault in self.faults if "the server responded with a status of" not in fault]
        weight = self.page.evaluate(WEIGHT)
        if weight > LIMIT:
            wrong.append(f"{name}: weighs {weight} bytes")
        return wrong


def picture(visit: Visit, name: str, scheme: str) -> None:
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        width = visit.page.viewport_size["width"] if visit.page.viewport_size else 0
        visit.page.screenshot(path=Path(folder) / f"{name}-{width}-{scheme}.png", full_page=True)
