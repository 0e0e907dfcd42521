"""One browser window, and what can be wrong with the page in it."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Frame, Page, Response

PHONE, DESKTOP = (390, 844), (1280, 900)
LIMIT = 100_000  # bytes of a page before compression, style and scripts included
WEIGHT = """[...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
    .filter((entry) => entry.initiatorType !== "iframe").reduce((sum, entry) => sum + entry.decodedBodySize, 0)"""
SIDEWAYS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
# The rules of WCAG 2.0 to 2.2 and good practice; the size of targets (2.5.8) is not among axe's own choice yet.
RULES: dict[str, Any] = {"rules": {"target-size": {"enabled": True}}}
CONTRAST: dict[str, Any] = {"runOnly": ["color-contrast"]}  # day and night differ in nothing but colour


class Visit:
    """One browser window, which notes what it asked for and what went wrong in it."""

    def __init__(self, page: Page, server: str) -> None:
        self.page, self.server = page, server
        self.hosts: set[str] = set()
        self.faults: list[str] = []
        page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))
        page.on("console", lambda message: self.faults.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.faults.append(str(error)))

    def open(self, path: str) -> Response | None:
        self.hosts.clear()
        self.faults.clear()
        return self.page.goto(self.server + path)

    def sign_in(self, path: str) -> None:
        self.open(path)
        self.page.get_by_role("button", name="Sign in").click()

    def check(self, name: str, limit: int = LIMIT) -> list[str]:
        """What is wrong with the page as it is now."""
        wrong = [f"{name}: {violation}" for violation in violations(self.page)]
        if self.page.evaluate(SIDEWAYS):
            wrong.append(f"{name}: scrolls sideways")
        if self.hosts - {urlsplit(self.server).netloc}:
            wrong.append(f"{name}: asked {self.hosts}")
        # The browser itself reports an answer of 404 or 410 as an error.
        wrong += [f"{name}: {fault}" for fault in self.faults if "the server responded with a status of" not in fault]
        weight = self.page.evaluate(WEIGHT)
        if weight > limit:
            wrong.append(f"{name}: weighs {weight} bytes")
        return wrong


def violations(page: Page | Frame, options: dict[str, Any] = RULES) -> list[str]:
    """What axe finds on the page or in the frame, once it is whole, with the elements where it is."""
    page.wait_for_load_state()  # after a click it has only begun to come
    if page.evaluate("typeof axe === 'undefined'"):
        page.evaluate(AXE_SCRIPT)
    # Only violations are described element by element, which takes as long as the looking.
    found = page.evaluate("options => axe.run(document, options)", {**options, "resultTypes": ["violations"]})
    return [f"{one['id']} at {[node['html'] for node in one['nodes']]}" for one in found["violations"]]


def picture(visit: Visit, name: str, scheme: str) -> None:
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        width = visit.page.viewport_size["width"] if visit.page.viewport_size else 0
        visit.page.screenshot(path=Path(folder) / f"{name}-{width}-{scheme}.png", full_page=True)
