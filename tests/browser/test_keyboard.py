"""With Tab, Enter and Space alone: subscribe, confirm, leave; the focus is always to be seen and never caught."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from subscriptions.confirming import confirmation_token
from subscriptions.models import SignUp, Subscriber
from tests.browser.visit import DESKTOP, PHONE, Visit
from tests.browser.world import World, a_world
from tests.integration.subscriptions import cast

pytestmark = pytest.mark.django_db(transaction=True)
MOST_STOPS = 120  # of a page, on the way once round
FILLING_IN = 2_100  # ms: the form refuses whoever is quicker than a person

FOCUS = """() => {
    const one = document.activeElement;
    if (!one || one === document.body) return null;
    const style = getComputedStyle(one), box = one.getBoundingClientRect();
    const over = document.elementFromPoint(box.x + box.width / 2, box.y + Math.min(box.height / 2, innerHeight / 2));
    return {
        name: (one.labels?.[0] ?? one).textContent.trim().replace(/\\s+/g, " "),
        tag: one.tagName, html: one.outerHTML.slice(0, 160),
        outlined: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
        seen: box.width > 0 && box.bottom > 0 && box.top < innerHeight
            && (!over || one.contains(over) || over.contains(one)),
    };
}"""


@pytest.fixture
def world() -> World:
    return a_world()


@pytest.fixture(params=[PHONE, DESKTOP], ids=["phone", "desktop"])
def page(request: pytest.FixtureRequest, browser: Browser, live_server: LiveServer) -> Iterator[Page]:
    width, height = request.param
    context = browser.new_context(viewport={"width": width, "height": height}, base_url=live_server.url)
    yield context.new_page()
    context.close()


class Keys:
    """Presses keys; each stop of the focus has to be seen."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def to(self, name: str) -> None:
        """Tab to what has this name, or has it as its label."""
        passed = []
        for _ in range(MOST_STOPS):
            self.page.keyboard.press("Tab")
            stop = self.page.evaluate(FOCUS)
            if stop is None:
                continue
            assert stop["outlined"], f"no outline at {stop['html']}"
            assert stop["seen"], f"out of sight or covered: {stop['html']}"
            if stop["name"].startswith(name):
                return
            passed.append(stop["name"])
        raise AssertionError(f"{name!r} is not among {passed}")

    def press(self, name: str) -> None:
        self.to(name)
        self.page.keyboard.press("Enter")

    def arrives_at(self, heading: str) -> None:
        expect(self.page.get_by_role("heading", level=1)).to_have_text(heading)


def test_somebody_subscribes_and_leaves_by_the_keyboard_alone(page: Page, world: World) -> None:
    keys = Keys(page)
    page.goto("/")
    keys.press("Skip to main content")
    expect(page.locator("#main")).to_be_focused()
    keys.to("What do you want to hear about?")
    page.keyboard.type("road")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=road**")
    keys.to("Road works")
    page.keyboard.press("Space")
    keys.press("Continue with these topics")
    keys.arrives_at("Subscribe")
    keys.to("Your e-mail address")
    page.keyboard.type("paula@example.org")
    page.wait_for_timeout(FILLING_IN)
    keys.press("Subscribe")
    keys.arrives_at("Check your mail")
    asked = SignUp.objects.get(subscriber__email="paula@example.org")
    page.goto(f"/confirm/{confirmation_token(asked)}/")
    keys.press("Yes, subscribe me")
    keys.arrives_at("You are subscribed")
    paula = Subscriber.objects.get(email="paula@example.org")
    assert set(cast.has(paula)) == {"roads"}
    page.goto(cast.unsubscribe_link(paula, world.town.roads))
    keys.press("Stop this topic")
    keys.arrives_at("You are unsubscribed")
    assert cast.has(paula) == {}
    keys.press("Undo")
    keys.arrives_at("Unsubscribe")
    assert set(cast.has(paula)) == {"roads"}


def test_an_error_takes_the_focus_and_leads_to_its_field(page: Page, world: World) -> None:
    keys = Keys(page)
    page.goto("/subscribe/?topic=roads")
    keys.to("Your e-mail address")
    page.keyboard.type("paula at home")
    page.keyboard.press("Enter")
    expect(page.locator(".error-summary")).to_be_focused()
    keys.press("An e-mail address")
    expect(page.get_by_label("Your e-mail address")).to_be_focused()


def test_no_page_catches_or_hides_the_focus(page: Page, world: World, live_server: LiveServer) -> None:
    Visit(page, live_server.url).sign_in(cast.sign_in_link(world.carla))
    wrong = []
    for name in ("home", "agency", "bulletin", "alerts", "archive-filtered", "subscribe", "me", "my-areas", "embed"):
        page.goto(world.pages[name])
        stops = list(_once_round(page))
        wrong += [f"{name}: {stop['html']}" for stop in stops if not (stop["outlined"] and stop["seen"])]
        reachable = page.locator(
            "a[href]:visible, button:visible, input:visible, select:visible, summary:visible"
        ).count()
        if len(stops) < reachable / 2:
            wrong.append(f"{name}: {len(stops)} stops, {reachable} links and fields")
    assert wrong == []


def _once_round(page: Page) -> Iterator[dict[str, object]]:
    """Every stop until the focus leaves the page. Raises AssertionError where it never does."""
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUS)
        if stop is None:
            return
        yield stop
    raise AssertionError(f"the focus never left {page.url}")
