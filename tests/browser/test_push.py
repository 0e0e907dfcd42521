"""“Tell this browser” in a real one: the button, the service worker, and what it shows and answers.

No push service can be reached from here, so subscribing fails; messages are handed to the service worker by DevTools.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from channels.push.payload import Notification
from channels.tokens import timed_token
from subscriptions.browsers import PURPOSE
from subscriptions.keys import signer
from subscriptions.models import Browser, BrowserSubscription
from tests.browser.visit import DESKTOP, PHONE, Visit, picture
from tests.browsers import a_row
from tests.integration.subscriptions import cast
from tests.integration.subscriptions.cast import Town
from tests.push_service import PushService, TestBrowser

pytestmark = pytest.mark.django_db(transaction=True)
LOOK = 50  # ms
LOOKS = 1_200
AGAIN = 200  # looks
REGISTER = """async () => {
    const registration = await navigator.serviceWorker.register("/push/worker.js", { scope: "/push/" });
    await new Promise((done) => {
        const isActive = () => registration.active && registration.active.state === "activated";
        const look = () => (isActive() ? done() : setTimeout(look, 20));
        look();
    });
    return registration.scope;
}"""
SHOWN = """async () => {
    const registration = await navigator.serviceWorker.getRegistration("/push/");
    const found = await registration.getNotifications();
    return found.map((one) => ({ title: one.title, body: one.body, dir: one.dir, lang: one.lang, tag: one.tag,
                                 urgent: one.requireInteraction, url: one.data.url }));
}"""


@pytest.fixture
def town(push_service: PushService) -> Town:
    return cast.a_town()


@pytest.fixture
def context(browser: Chromium, live_server: LiveServer) -> Iterator[BrowserContext]:
    opened = browser.new_context(base_url=live_server.url)
    opened.grant_permissions(["notifications"], origin=live_server.url)
    yield opened
    opened.close()


class Worker:
    """The service worker of a page's browser, to which a test may hand what a push service would."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._tools = page.context.new_cdp_session(page)
        self._registrations: list[dict[str, Any]] = []
        self._delivered: list[str] = []  # and not seen on the screen yet
        self._tools.on("ServiceWorker.workerRegistrationUpdated", self._note)
        self._tools.send("ServiceWorker.enable")
        page.goto("/push/")
        self.scope = page.evaluate(REGISTER)

    def deliver(self, text: str) -> None:
        self._delivered.append(text)
        self._hand_over(text)

    def _hand_over(self, text: str) -> None:
        for _ in range(LOOKS):  # the page knows that it is registered before DevTools do
            found = [one for one in self._registrations if one["scopeURL"] == self.scope]
            if found:
                break
            self.page.wait_for_timeout(LOOK)
        [registration] = found
        origin = self.scope.removesuffix("/push/")
        self._tools.send(
            "ServiceWorker.deliverPushMessage",
            {"origin": origin, "registrationId": registration["registrationId"], "data": text},
        )

    def shown(self, *titles: str) -> list[dict[str, Any]]:
        """The notifications on the screen, by their tags, once they have these titles.

        What has not come by then is delivered again, as push services do: a browser that is asked what is on its screen
        while it puts something there may lose it.
        """
        found: list[dict[str, Any]] = []
        for look in range(1, LOOKS):
            found = sorted(self.page.evaluate(SHOWN), key=lambda one: str(one["tag"]))
            if [one["title"] for one in found] == list(titles):
                break
            self.page.wait_for_timeout(LOOK)
            if look % AGAIN == 0:
                for text in self._delivered:
                    self._hand_over(text)
        self._delivered.clear()
        return found

    def _note(self, event: dict[str, Any]) -> None:
        self._registrations = event["registrations"]


def said(**changes: Any) -> Notification:
    values = {"title": "River rising", "body": "Stay away.", "url": "/bulletins/1/", "tag": "d1"}
    values |= {"lang": "en", "dir": "ltr"}
    return Notification(**(values | changes))


def test_the_button_is_there_with_a_script_and_a_sentence_without(browser: Chromium, town: Town, live_server) -> None:
    plain = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    page = plain.new_page()
    for path in ("/push/", "/alerts/", town.floods.get_absolute_url()):
        page.goto(path)
        expect(page.get_by_role("button", name="Tell this browser")).to_have_count(0)
    page.goto("/push/")
    expect(page.get_by_text("This needs JavaScript")).to_be_visible()
    plain.close()


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_with_the_button_are_good_pages(browser: Chromium, town: Town, live_server, size, scheme) -> None:
    opened = browser.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
    visit = Visit(opened.new_page(), live_server.url)
    wrong = []
    for name, path in (
        ("push", "/push/"),
        ("push-alerts", "/alerts/"),
        ("push-topic", town.floods.get_absolute_url()),
        ("push-subscribe", f"/subscribe/?topic={town.floods.slug}"),
    ):
        visit.open(path)
        expect(visit.page.get_by_role("button", name="Tell this browser")).to_be_visible()
        picture(visit, name, scheme)
        wrong += visit.check(name)
    opened.close()
    assert wrong == []


def test_a_browser_that_can_not_reach_its_push_service_says_so(context: BrowserContext, town: Town) -> None:
    page = context.new_page()
    page.goto(town.floods.get_absolute_url())

    page.get_by_role("button", name="Tell this browser").click()

    status = page.locator("[data-push] [role=status]")
    expect(status).to_contain_text("could not reach its own notification service")
    expect(page.get_by_role("button", name="Tell this browser")).to_be_enabled()
    assert not Browser.objects.exists()


def test_who_refuses_the_permission_is_told_where_to_change_it(browser: Chromium, town: Town, live_server) -> None:
    refusing = browser.new_context(base_url=live_server.url, permissions=[])
    page = refusing.new_page()
    page.add_init_script("Notification.requestPermission = async () => 'denied'")
    page.goto("/alerts/")

    page.get_by_role("button", name="Tell this browser").click()

    expect(page.locator("[data-push] [role=status]")).to_contain_text("does not allow notifications")
    refusing.close()


# Safari of an iPhone, in which a site that is not on the home screen may not notify.
IPHONE = "Object.defineProperty(navigator, 'standalone', { value: false }); delete window.PushManager;"


def test_an_iphone_is_told_to_add_the_site_to_the_home_screen_first(context: BrowserContext, town: Town) -> None:
    hint = "first add this site to the home screen"
    page = context.new_page()
    page.goto("/push/")
    expect(page.get_by_text(hint)).to_be_hidden()
    page.add_init_script(IPHONE)
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})

    page.goto(town.floods.get_absolute_url())
    expect(page.get_by_role("button", name="Tell this browser")).to_have_count(0)
    page.get_by_role("link", name="Notifications on an iPhone or iPad").click()

    expect(page.get_by_text(hint)).to_be_visible()
    expect(page.get_by_text("This needs JavaScript")).to_be_hidden()
    visit = Visit(page, page.url.removesuffix("/push/"))
    visit.open("/push/")
    picture(visit, "push-iphone", "light")
    assert visit.check("push-iphone") == []


def test_chromium_takes_the_site_as_an_app(context: BrowserContext, town: Town) -> None:
    page = context.new_page()
    page.goto("/")

    found = page.context.new_cdp_session(page).send("Page.getAppManifest")

    assert found["errors"] == []
    assert found["url"].endswith("/manifest.webmanifest?lang=en")
    assert json.loads(found["data"])["display"] == "standalone"


def test_the_service_worker_shows_what_comes_and_a_correction_replaces_it(context: BrowserContext, town: Town) -> None:
    worker = Worker(context.new_page())

    worker.deliver(said(urgent=True, stop="Change or stop").encoded().decode())
    [first] = worker.shown("River rising")
    worker.deliver(said(title="Correction: River rising").encoded().decode())
    worker.deliver(said(title="النهر يرتفع", lang="ar", dir="rtl", tag="d2").encoded().decode())
    both = worker.shown("Correction: River rising", "النهر يرتفع")

    assert first == {
        "title": "River rising", "body": "Stay away.", "dir": "ltr", "lang": "en", "tag": "d1", "urgent": True,
        "url": "/bulletins/1/",
    }  # fmt: skip
    assert [(one["title"], one["dir"]) for one in both] == [("Correction: River rising", "ltr"), ("النهر يرتفع", "rtl")]


def test_the_service_worker_answers_the_welcome(context: BrowserContext, town: Town) -> None:
    waiting = Browser.objects.create(
        endpoint="https://push.example/1", endpoint_key=b"1", host="push.example", sealed_keys="", vapid_key_id="1",
        language="en", status=Browser.Status.WELCOMED, asked_at=timezone.now(),
    )  # fmt: skip
    BrowserSubscription.objects.create(browser=waiting, topic=town.floods, started_at=timezone.now())
    token = timed_token(signer(), PURPOSE, waiting.pk, timezone.now())
    worker = Worker(context.new_page())

    worker.deliver(said(tag="welcome").encoded({"answer": token}).decode())

    for _ in range(LOOKS):
        waiting.refresh_from_db()
        if waiting.status == Browser.Status.ACTIVE:
            break
        worker.page.wait_for_timeout(LOOK)
    assert waiting.status == Browser.Status.ACTIVE


def test_what_is_not_ours_is_shown_without_harm(context: BrowserContext, town: Town) -> None:
    worker = Worker(context.new_page())

    worker.deliver("not JSON")

    [shown] = worker.shown(worker.scope)
    assert shown["body"] == ""


STANDS_IN = """(subscription) => {
    const key = Uint8Array.from(atob(subscription.applicationServerKey), (one) => one.charCodeAt(0));
    PushManager.prototype.getSubscription = async () => ({
        toJSON: () => subscription, options: { applicationServerKey: key }, unsubscribe: async () => true,
    });
}"""


def opened_by(known: TestBrowser, context: BrowserContext) -> Page:
    """/push/ as this browser sees it; only the subscription that no browser gets here stands in for one."""
    page = context.new_page()
    page.goto("/push/")
    page.evaluate(REGISTER)
    page.add_init_script(f"({STANDS_IN})({json.dumps(known.subscription() | {'applicationServerKey': 'BA=='})})")
    page.reload()
    return page


def test_what_this_browser_follows_is_listed_and_stopped(context: BrowserContext, push_service, town: Town) -> None:
    known = push_service.browser()
    row = a_row(known, [town.floods], every_emergency=True)
    page = opened_by(known, context)

    names = page.locator("#follows [data-name]")
    expect(names).to_have_text(["Every emergency alert", "Flood warnings"])
    page.get_by_role("button", name="Stop: Flood warnings").click()
    expect(names).to_have_text(["Every emergency alert"])
    expect(page.locator("#follows [role=status]")).to_have_text("Stopped.")
    page.get_by_role("button", name="Stop all notifications in this browser").click()
    expect(page.get_by_text("Nothing yet.")).to_be_visible()

    assert not Browser.objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_places_are_found_chosen_and_removed_where_the_browser_is_managed(
    context: BrowserContext, push_service, town: Town, live_server, size
) -> None:
    cast.a_country()
    known = push_service.browser()
    row = a_row(known, [town.floods])
    page = opened_by(known, context)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    visit = Visit(page, live_server.url)
    visit.open("/push/")
    places = page.get_by_role("region", name="My places")
    expect(places.get_by_text("Every place: you also get")).to_be_visible()

    places.get_by_label("Find a place by its name").fill("qwertz")
    places.get_by_role("button", name="Find").click()
    expect(places.get_by_role("status")).to_contain_text("No other place begins with “qwertz”")
    places.get_by_label("Find a place by its name").fill("mill")
    places.get_by_label("Find a place by its name").press("Enter")
    expect(places.locator("[data-found] [data-more]")).to_have_text(["Northshire, North", "Southshire, South"])
    places.get_by_role("button", name="Add: Milltown").first.click()

    expect(places.get_by_role("status")).to_have_text("Your places are saved.")
    expect(places.get_by_text("Every place: you also get")).to_be_hidden()
    expect(places.locator("[data-found] li")).to_have_count(0)
    assert [place.code for place in row.areas.all()] == ["N-11"]
    picture(visit, "push-places", "light")
    assert visit.check("push-places") == []
    page.reload()
    places.get_by_role("button", name="Remove: Milltown").click()
    expect(places.get_by_role("status")).to_have_text("You hear about every place now.")
    assert not row.areas.exists()
