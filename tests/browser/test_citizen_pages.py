"""Every citizen's page in a browser: accessible, self-contained, fitting, light enough."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from tests.browser.visit import DESKTOP, PHONE, Visit, picture
from tests.browser.world import World, a_world
from tests.integration.subscriptions import cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> World:
    return a_world()


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=[PHONE, DESKTOP], ids=["phone", "desktop"])
def visit(request: pytest.FixtureRequest, browser: Browser, live_server: LiveServer, scheme: str) -> Iterator[Visit]:
    width, height = request.param
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)  # type: ignore[arg-type]
    yield Visit(context.new_page(), live_server.url)
    context.close()


def test_every_page_is_accessible_self_contained_and_fits(visit: Visit, world: World, scheme: str) -> None:
    visit.sign_in(cast.sign_in_link(world.carla))
    wrong = []
    for name, path in world.pages.items():
        visit.open(path)
        picture(visit, name, scheme)
        wrong += visit.check(name)
    assert wrong == []


def test_answers_to_forms_are_accessible_too(visit: Visit, world: World, scheme: str) -> None:
    page, wrong = visit.page, []

    def look(name: str) -> None:
        picture(visit, name, scheme)
        wrong.extend(visit.check(name))

    visit.open("/subscribe/?topic=floods&topic=roads")
    page.get_by_label("Your e-mail address").fill("nobody at nowhere")
    page.get_by_role("button", name="Subscribe").click()
    look("subscribe-error")
    visit.open(world.pages["confirm"])
    page.get_by_role("button", name="Yes, subscribe me").click()
    look("confirmed")
    visit.open(world.pages["unsubscribe"])
    page.get_by_role("button", name="Stop this topic").click()
    look("unsubscribed")
    page.get_by_role("button", name="Undo").click()
    look("undone")
    visit.sign_in(cast.sign_in_link(world.carla))
    page.get_by_role("button", name="Stop Road works").click()
    look("me-changed")
    visit.open("/subscribe/?topic=roads")
    look("subscribe-signed-in")
    visit.open("/me/endpoints/")
    page.get_by_label("Address").fill("https://receiver.example.org/hook")
    page.get_by_label("Topics").fill("floods, roads")
    page.get_by_role("button", name="Add endpoint").click()
    look("endpoint-registered")
    assert wrong == []


@pytest.mark.parametrize("visit", [PHONE], indirect=True, ids=["phone"])
@pytest.mark.parametrize("scheme", ["light"], indirect=True)
def test_a_citizen_subscribes_with_the_keyboard_alone(visit: Visit, world: World) -> None:
    page = visit.page
    visit.open("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to main content"
    page.get_by_label("What do you want to hear about?").focus()
    page.keyboard.type("road")
    page.keyboard.press("Enter")
    page.get_by_role("checkbox", name="Road works").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Continue").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Your e-mail address").focus()
    page.keyboard.type("paula@example.org")
    page.wait_for_timeout(2_100)  # the form refuses whoever is quicker than a person
    page.keyboard.press("Enter")
    assert page.get_by_role("heading", level=1).text_content() == "Check your mail"


@pytest.mark.parametrize("scheme", ["light"])
def test_pages_read_from_right_to_left_fit_too(
    browser: Browser, live_server: LiveServer, world: World, scheme: str, settings: Settings
) -> None:
    settings.LANGUAGES = [*settings.LANGUAGES, ("ar", "Arabic")]  # as when the pages have a translation
    context = browser.new_context(viewport={"width": PHONE[0], "height": PHONE[1]}, locale="ar")
    visit, wrong = Visit(context.new_page(), live_server.url), []
    visit.sign_in(cast.sign_in_link(world.carla))
    for name in ("search", "bulletin-arabic", "subscribe", "me", "alerts"):
        visit.open(world.pages[name])
        assert visit.page.evaluate("document.documentElement.dir") == "rtl"
        picture(visit, f"{name}-rtl", scheme)
        wrong += visit.check(name)
    context.close()
    assert wrong == []
