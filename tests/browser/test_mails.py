"""Every kind of mail in a browser, as mail programs show it: accessible, self-contained, fitting, by day and night."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from pytest_django import Settings

from tests.architecture.project import ROOT
from tests.browser.aside import aside
from tests.browser.mails import Post
from tests.browser.visit import SIDEWAYS, violations
from tests.inbox import Inbox

PHONE, DESKTOP, NARROWEST = (390, 844), (1280, 900), (320, 640)
CLIPPED = 102_000  # bytes of HTML after which Gmail hides the rest, and with it the way out
# A mail stands within the page of a mail program, which has the landmarks.
NOT_FOR_MAILS = {"landmark-one-main": {"enabled": False}, "region": {"enabled": False}}
SAME = {
    "correction": "bulletin",
    "alert-update": "alert",
    "alert-cancel": "alert",
    "alert-exercise": "alert",
    "address_join": "address_confirm",
}

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=["en", "ar", "ar-untranslated"])
def post(request: pytest.FixtureRequest, inbox: Inbox, settings: Settings) -> Post:
    """In the last, our own phrases have no translation into the reader's language, and are marked as English."""
    language, _, untranslated = str(request.param).partition("-")
    settings.LANGUAGES = [("en", "English")] if untranslated else [("en", "English"), ("ar", "Arabic")]
    return sent(inbox, language)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    yield context.new_page()
    context.close()


def test_every_kind_of_mail_is_accessible_self_contained_and_fits(
    post: Post, page: Page, request: pytest.FixtureRequest
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    wrong = []
    for name, mail in post.mails.items():
        html = mail.text("html")
        assert len(html.encode()) < CLIPPED
        page.set_content(html)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            wrong += [f"{name}, {scheme}: {fault}" for fault in faults(page)]
            picture(page, f"mail-{name}-{request.node.callspec.id}", scheme)
    assert wrong == []
    assert asked == []


def test_every_kind_that_there_is_was_looked_at(inbox: Inbox) -> None:
    kinds = {path.parent.name for path in (ROOT / "templates/emails").glob("*/body.html")}
    assert {SAME.get(name, name) for name in sent(inbox, "en").mails} == kinds


def sent(inbox: Inbox, language: str) -> Post:
    return aside(lambda: Post(inbox, language).send_all())


def faults(page: Page) -> list[str]:
    """What is wrong with the mail on a phone and a desktop; and whether it scrolls sideways on the narrowest screen."""
    found = []
    for width, height in (PHONE, DESKTOP, NARROWEST):
        page.set_viewport_size({"width": width, "height": height})
        if page.evaluate(SIDEWAYS):
            found.append(f"scrolls sideways at {width}")
    for width, height in (DESKTOP, PHONE):
        page.set_viewport_size({"width": width, "height": height})
        found += violations(page, {"rules": NOT_FOR_MAILS})
    return found


def picture(page: Page, name: str, scheme: str) -> None:
    folder = os.environ.get("SCREENSHOTS")
    for width, height in (PHONE, DESKTOP) if folder else ():
        page.set_viewport_size({"width": width, "height": height})
        page.screenshot(path=Path(folder or "") / f"{name}-{width}-{scheme}.png", full_page=True)
