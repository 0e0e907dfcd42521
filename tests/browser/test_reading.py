"""Reading on the web, with scripts and without: languages, corrections, what was withdrawn, feeds, and on paper."""

from collections.abc import Iterator

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from alerts.models import Bulletin
from tests.browser.visit import DESKTOP, PHONE
from tests.browser.world import STORM, STORM_AR
from tests.integration.subscriptions import cast
from tests.integration.subscriptions.cast import Town

pytestmark = pytest.mark.django_db(transaction=True)
KINDS = [(PHONE, True), (PHONE, False), (DESKTOP, True), (DESKTOP, False)]


@pytest.fixture
def town() -> Town:
    return cast.a_town()


@pytest.fixture(params=KINDS, ids=["phone", "phone-no-script", "desktop", "desktop-no-script"])
def page(request: pytest.FixtureRequest, browser: Browser, live_server: LiveServer) -> Iterator[Page]:
    (width, height), scripts = request.param
    context = browser.new_context(
        viewport={"width": width, "height": height}, java_script_enabled=scripts, base_url=live_server.url
    )
    yield context.new_page()
    context.close()


def test_a_bulletin_is_found_read_and_read_in_another_language(page: Page, town: Town) -> None:
    cast.a_bulletin(town.floods, texts={"en": STORM, "ar": STORM_AR})
    page.goto("/topics/floods/")
    page.get_by_role("link", name="Heavy rain until Saturday evening").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Heavy rain until Saturday evening")
    page.locator("nav a[hreflang=ar]").click()
    title = page.get_by_role("heading", level=1)
    expect(title).to_have_text("أمطار غزيرة حتى مساء السبت")
    assert title.evaluate("one => getComputedStyle(one).direction") == "rtl"
    assert title.evaluate("one => one.closest('[lang]').lang") == "ar"
    page.locator("nav a[hreflang=en]").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Heavy rain until Saturday evening")


def test_who_reads_the_first_version_is_led_to_the_correction_and_back(page: Page, town: Town) -> None:
    first = cast.a_bulletin(town.floods)
    cast.a_bulletin(town.floods, corrects=first, texts={"en": "River falling\nIt is over."})
    page.goto(first.get_absolute_url())
    page.get_by_role("link", name="Read the correction").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("River falling")
    expect(page.get_by_text("This is a correction.")).to_be_visible()
    page.get_by_role("link", name="See the earlier version").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("River level rising")


def test_what_was_withdrawn_says_so_and_why(page: Page, town: Town) -> None:
    bulletin = cast.a_bulletin(town.floods)
    Bulletin.objects.filter(pk=bulletin.pk).update(
        status="withdrawn", withdrawn_at=timezone.now(), withdrawal_reason="It was about another river."
    )
    page.goto(bulletin.get_absolute_url())
    expect(page.get_by_role("heading", level=1)).to_have_text("This bulletin was withdrawn")
    expect(page.get_by_text("It was about another river.")).to_be_visible()
    expect(page.get_by_text("3 m on Friday")).to_have_count(0)


def test_a_topic_says_where_its_feeds_are(page: Page, town: Town) -> None:
    cast.a_bulletin(town.floods)
    page.goto("/topics/floods/")
    for form, kind in (("Atom", "application/atom+xml"), ("RSS", "application/rss+xml"), ("JSON", "application/")):
        address = page.get_by_role("link", name=form).get_attribute("href")
        assert address
        answer = page.request.get(address)
        assert answer.headers["content-type"].startswith(kind)
        assert "River level rising" in answer.text()


def test_a_bulletin_on_paper_is_its_text_and_where_it_is_from(page: Page, town: Town) -> None:
    bulletin = cast.a_bulletin(town.floods, texts={"en": STORM, "ar": STORM_AR})
    page.goto(bulletin.get_absolute_url())
    page.emulate_media(media="print", color_scheme="dark")
    for gone in (".site-header", ".site-footer", ".tabs", "aside", ".skip-link"):
        expect(page.locator(gone).first).to_be_hidden()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_text(f"/bulletins/{bulletin.pk}/").first).to_be_visible()
    style = "one => [getComputedStyle(one).color, getComputedStyle(one).backgroundColor]"
    assert page.locator("body").evaluate(style) == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
    link = page.locator(".prose a").first
    assert link.evaluate("one => getComputedStyle(one, '::after').content") == '" (https://example.org/levels)"'
