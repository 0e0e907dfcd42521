"""Real bulletins as mails, in a browser: whatever an agency writes fits the narrowest screen, and is not cut off."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from pytest_django import Settings

from agencies.models import Agency
from alerts.engine.rendering import preview
from alerts.models import Bulletin
from channels.markup import to_safe_html
from tests.browser.test_mails import CLIPPED, NARROWEST, PHONE
from tests.integration.subscriptions import cast
from tests.journeys.items import FOLDER, Item, real_items

ITEMS = real_items()

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not ITEMS, reason=f"SKIPPED: no real bulletins in {FOLDER}; only our own were looked at"),
]


def test_every_real_bulletin_fits_and_is_not_cut_off(browser: Browser, settings: Settings) -> None:
    settings.LANGUAGES = [("en", "English"), ("ar", "Arabic"), ("es", "Spanish")]
    page = browser.new_page()
    wrong = []
    for item in ITEMS:
        text, html = mail_of(item)
        if len(html.encode()) >= CLIPPED:
            wrong.append(f"{item.name}: {len(html.encode())} bytes")
        page.set_viewport_size({"width": NARROWEST[0], "height": NARROWEST[1]})
        page.set_content(html)
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            wrong.append(f"{item.name}: scrolls sideways")
        if folder := os.environ.get("SCREENSHOTS"):
            page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
            page.screenshot(path=Path(folder) / f"real-{item.name}.png", full_page=True)
            (Path(folder) / f"real-{item.name}.txt").write_text(text)
    page.close()
    assert wrong == []


def mail_of(item: Item) -> tuple[str, str]:
    """Text and HTML."""
    agency = Agency.objects.filter(slug=item.agency_slug).first() or cast.an_agency(item.agency_slug, item.agency)
    topic = cast.a_topic(agency, item.name[:80], item.kind)
    bulletin = Bulletin.objects.create(agency=agency)
    bulletin.topics.add(topic, through_defaults={"position": 0})
    fields = {"language": item.language, "title": item.title, "summary": item.summary}
    variant = bulletin.variants.create(html=to_safe_html(item.body, "html"), body=item.body, **fields)
    return preview(bulletin, variant)
