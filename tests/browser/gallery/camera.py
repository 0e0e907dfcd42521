"""Takes what a page shows as a phone and a desktop, by day and by night."""

import base64
from itertools import product
from pathlib import Path
from typing import Any

from playwright.sync_api import CDPSession, Error, Page

from tests.browser.gallery.kinds import LANGUAGES, SIZES, THEMES
from tests.browser.gallery.shots import Shot
from tests.browser.gallery.windows import NoPage, Windows


class Camera:
    """Pictures are named name-size-theme-language.png in `folder`."""

    def __init__(self, windows: Windows, folder: Path) -> None:
        self.windows, self.folder = windows, folder
        self.names: list[str] = []
        self.missing: list[str] = []

    def take(self, shot: Shot) -> None:
        """In each language; what can't be taken is noted in `missing`."""
        try:
            for language in LANGUAGES:
                visit = self.windows.visit(language, shot.who)
                self.windows.show(visit, shot)
                self._pictures(visit.page, shot.name, language)
        except (Error, NoPage) as error:
            self.missing.append(f"{shot.name}: {error}")
        else:
            self.names.append(shot.name)

    def take_mail(self, name: str, language: str, html: str) -> None:
        page = self.windows.visit(language).page
        page.set_content(html)
        self._pictures(page, name, language)
        if name not in self.names:
            self.names.append(name)

    def take_address(self, name: str, path: str) -> None:
        """A page that no route of ours leads to."""
        for language in LANGUAGES:
            visit = self.windows.visit(language)
            visit.open(path)
            self._pictures(visit.page, name, language)
        self.names.append(name)

    def _pictures(self, page: Page, name: str, language: str) -> None:
        # By the protocol itself: Playwright's own way takes half as long again, and there are more than a thousand.
        protocol = page.context.new_cdp_session(page)
        for (size, (width, height)), theme in product(SIZES.items(), THEMES):
            page.set_viewport_size({"width": width, "height": height})
            page.emulate_media(color_scheme=theme)
            whole = protocol.send("Page.getLayoutMetrics")["cssContentSize"]
            clip = {"x": 0, "y": 0, "width": width, "height": whole["height"], "scale": 1}
            options = {"captureBeyondViewport": True, "optimizeForSpeed": True, "clip": clip}
            picture = _captured(protocol, options)
            (self.folder / f"{name}-{size}-{theme}-{language}.png").write_bytes(picture)
        protocol.detach()


def _captured(protocol: CDPSession, options: dict[str, Any]) -> bytes:
    """A PNG. On a busy machine the browser may have nothing to copy yet (once in 1,216 pictures): it is asked again."""
    try:
        answer = protocol.send("Page.captureScreenshot", options)
    except Error:
        answer = protocol.send("Page.captureScreenshot", options)
    return base64.b64decode(answer["data"])
