"""Finding and choosing in a browser, with scripts and without, and by the keyboard alone."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.browser.visit import DESKTOP, PHONE
from tests.browser.world import World, a_world

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> World:
    return a_world()


@pytest.fixture(params=[(PHONE, True), (PHONE, False), (DESKTOP, True)], ids=["phone", "phone-no-script", "desktop"])
def page(request: pytest.FixtureRequest, browser: Browser, live_server: LiveServer, world: World) -> Iterator[Page]:
    (width, height), scripts = request.param
    context = browser.new_context(
        viewport={"width": width, "height": height}, java_script_enabled=scripts, base_url=live_server.url
    )
    yield context.new_page()
    context.close()


def chosen(page: Page, *topics: str) -> None:
    """The subscribe page asks how often about these."""
    expect(page.locator(".choice-row label")).to_have_text(list(topics))


def test_a_slip_of_the_keyboard_still_leads_to_the_topic(page: Page) -> None:
    page.goto("/")
    page.get_by_label("What do you want to hear about?").fill("flod warnigns")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("status")).to_contain_text("This was found for “flood warnings”")
    page.get_by_role("checkbox", name="Flood warnings").check()
    page.get_by_role("button", name="Continue with these topics").click()
    chosen(page, "Flood warnings")


def test_topics_of_several_subjects_and_a_search_are_chosen_in_one_go(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="Nature").click()
    page.get_by_role("checkbox", name="Parks and gardens").check()
    page.get_by_role("button", name="Weather and water").click()
    expect(page.get_by_role("checkbox", name="Parks and gardens")).to_be_checked()
    page.get_by_role("checkbox", name="Drought notices").check()
    page.get_by_role("button", name="Continue with these topics").click()
    chosen(page, "Drought notices", "Parks and gardens")
    page.get_by_role("link", name="Change or add topics").click()
    page.get_by_label("What do you want to hear about?").fill("roads")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("checkbox", name="Road works").check()
    page.get_by_role("button", name="Continue with these topics").click()
    chosen(page, "Drought notices", "Parks and gardens", "Road works")


def test_what_many_follow_can_be_ticked_on_the_first_page(page: Page) -> None:
    page.goto("/")
    page.get_by_role("group", name="What many people follow").get_by_role("checkbox", name="Road works").check()
    page.get_by_role("button", name="Continue with these topics").click()
    chosen(page, "Road works")


def test_filters_of_the_archive_go_on_and_come_off(page: Page) -> None:
    page.goto("/archive/")
    found = page.get_by_role("heading", level=3)
    everything = found.count()
    page.locator("summary", has_text="Filters").click()
    page.get_by_label("Agency").select_option(label="City of Brook")
    page.get_by_label("Kind").select_option(label="Bulletins")
    page.get_by_role("button", name="Filter", exact=True).click()
    expect(page.get_by_role("link", name="Agency: City of Brook")).to_be_visible()
    page.wait_for_load_state()
    narrowed = found.count()
    assert 0 < narrowed < everything
    page.get_by_label("Topic").select_option(label="Parks and gardens")
    page.get_by_role("button", name="Filter", exact=True).click()
    expect(page.locator("main")).to_contain_text("Nothing found")
    page.get_by_role("link", name="Topic: Parks and gardens").click()
    expect(found).to_have_count(narrowed)
    page.get_by_role("link", name="Remove all filters").click()
    expect(found).to_have_count(everything)


def test_the_keyboard_alone_searches_ticks_and_goes_on(page: Page) -> None:
    page.goto("/")
    page.get_by_label("What do you want to hear about?").focus()
    page.keyboard.type("drought")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=drought**")
    page.get_by_role("checkbox", name="Drought notices").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Continue with these topics").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/subscribe/**")
    chosen(page, "Drought notices")


def test_the_archive_s_search_is_not_lost_by_a_filter(page: Page) -> None:
    page.goto("/archive/?q=brook")
    page.locator("summary", has_text="Filters").click()
    page.get_by_label("Language", exact=True).select_option("es")
    page.get_by_role("button", name="Filter", exact=True).click()
    page.wait_for_url("**language=es**")
    expect(page.get_by_label("Search for words")).to_have_value("brook")
    assert "q=brook" in page.url
