"""Managing and leaving, as people do it: phone and desktop, with a script and without."""

import re
from collections.abc import Iterator
from datetime import time, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from subscriptions.models import LeavingCount, OutboxMessage, Subscriber
from subscriptions.outbox_mail import render
from tests.browser.visit import DESKTOP, PHONE, Visit, picture
from tests.browser.world import World, a_world
from tests.integration.subscriptions import cast

pytestmark = pytest.mark.django_db(transaction=True)
NEW = "carla@new.example.org"


@pytest.fixture
def world() -> World:
    return a_world()


@pytest.fixture(params=[True, False], ids=["script", "no-script"])
def has_script(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture(params=[PHONE, DESKTOP], ids=["phone", "desktop"])
def visit(
    request: pytest.FixtureRequest, browser: Browser, live_server: LiveServer, has_script: bool
) -> Iterator[Visit]:
    width, height = request.param
    context = browser.new_context(viewport={"width": width, "height": height}, java_script_enabled=has_script)
    yield Visit(context.new_page(), live_server.url)
    context.close()


class Journey:
    """Presses and looks; with a script each look is checked by axe, which is one itself."""

    def __init__(self, visit: Visit, has_script: bool) -> None:
        self.visit, self.page, self.has_script = visit, visit.page, has_script
        self.wrong: list[str] = []

    def press(self, button: str) -> None:
        self.page.get_by_role("button", name=button, exact=True).click()

    def sees(self, words: str, name: str) -> None:
        expect(self.page.get_by_text(words).first).to_be_visible()
        if self.has_script:
            picture(self.visit, name, "light")
            self.wrong += self.visit.check(name)


@pytest.fixture
def journey(visit: Visit, has_script: bool) -> Journey:
    return Journey(visit, has_script)


def mailed(kind: str, server: str) -> str:
    """The path of the link in the last mail of a kind."""
    mail = render(OutboxMessage.objects.select_related("subscriber").filter(kind=kind).latest("pk"))
    found = re.search(r"https?://[^/\s]+(/me/\S+)", mail.text)
    assert found, mail.text
    return found[1]


def day(ahead: int) -> str:
    return (timezone.now() + timedelta(days=ahead)).strftime("%Y-%m-%d")


def test_topics_one_by_one(journey: Journey, world: World) -> None:
    visit, page = journey.visit, journey.page
    visit.sign_in(cast.sign_in_link(world.carla))
    page.get_by_label("Road works").select_option("weekly")
    journey.press("Save Road works")
    journey.sees("“Road works” now comes once a week.", "me-frequency")
    journey.press("Stop Flood warnings")
    journey.sees("You no longer get “Flood warnings”.", "me-stopped")
    assert cast.has(world.carla) == {"drought": "weekly", "roads": "weekly"}
    journey.press("Undo")
    journey.sees("It is as it was before.", "me-undone")
    assert set(cast.has(world.carla)) == {"drought", "roads", "floods"}
    assert journey.wrong == []


def test_a_break(journey: Journey, world: World) -> None:
    visit, page = journey.visit, journey.page
    visit.sign_in(cast.sign_in_link(world.carla))
    page.get_by_label("Pause until").fill(day(900))
    journey.press("Pause my mail")
    journey.sees("A break can last a year at most. Choose an earlier day.", "pause-error")
    page.get_by_label("Pause until").fill(day(14))
    journey.press("Pause my mail")
    journey.sees("Your mail is paused until", "me-paused")
    visit.open("/me/sent/")
    journey.sees("Your mail is paused until", "me-sent-paused")
    journey.press("Resume now")
    journey.sees("The break is over: your mail comes again from now on.", "me-resumed")
    world.carla.refresh_from_db()
    assert world.carla.paused_until is None
    assert journey.wrong == []


def test_the_hour_of_digests_and_quiet_hours(journey: Journey, world: World) -> None:
    visit, page = journey.visit, journey.page
    visit.sign_in(cast.sign_in_link(world.carla))
    journey.sees("No quiet hours.", "me-without-times")
    page.get_by_role("link", name="Change my times").click()
    page.get_by_label("Your time zone").select_option("Asia/Kathmandu")
    page.get_by_label("Digests come at", exact=True).select_option("18")
    page.get_by_label("Weekly digests come on").select_option("4")
    page.get_by_label("Quiet from").fill("22:00")
    journey.press("Save my times")
    journey.sees("There is a problem", "times-error")
    page.get_by_label("Quiet until").fill("06:30")
    journey.press("Save my times")
    journey.sees("Your times are saved.", "times-saved")
    world.carla.refresh_from_db()
    assert (world.carla.time_zone, world.carla.digest_hour, world.carla.digest_weekday) == ("Asia/Kathmandu", 18, 4)
    assert world.carla.quiet_until == time(6, 30)
    visit.open("/me/")
    journey.sees("Quiet hours: from 22:00 to 06:30.", "me-with-times")
    assert journey.wrong == []


def test_another_address_and_back_again(journey: Journey, world: World, live_server: LiveServer) -> None:
    visit, page = journey.visit, journey.page
    visit.sign_in(cast.sign_in_link(world.carla))
    visit.open("/me/address/")
    page.get_by_label("New e-mail address").fill("carla at new")
    journey.press("Send the link")
    journey.sees("There is a problem", "change-address-error")
    page.get_by_label("New e-mail address").fill(NEW)
    journey.press("Send the link")
    journey.sees("A link is on its way to", "change-address-sent")
    refuse = mailed("address_notice", live_server.url)
    visit.open(mailed("address_confirm", live_server.url))
    journey.press("Yes, send my mails here")
    journey.sees("From now on your bulletins come to the address that got this link.", "address-changed")
    assert Subscriber.objects.get(pk=world.carla.pk).email == NEW
    visit.open(refuse)
    journey.press("This was not me: take it back")
    journey.sees("Your bulletins come to the address that got this link.", "address-taken-back")
    assert Subscriber.objects.get(pk=world.carla.pk).email == world.carla.email
    visit.open("/me/")
    journey.sees("There is no password.", "signed-out-everywhere")
    assert journey.wrong == []


def test_leaving_by_a_mail_s_link_with_a_break_an_undo_and_a_reason(journey: Journey, world: World) -> None:
    visit, page = journey.visit, journey.page
    visit.open(world.pages["unsubscribe"])
    page.get_by_label("How long do you want nothing but emergency alerts?").select_option("4")
    journey.press("Pause my mail")
    journey.sees("Your mail is paused", "paused")
    journey.press("Undo")
    journey.press("Stop this topic")
    journey.sees("Why did you stop?", "unsubscribed")
    journey.press("Undo")
    journey.sees("It is as it was before.", "undone")
    journey.press("Stop this topic")
    page.get_by_label("Too many e-mails").check()
    journey.press("Send my answer")
    journey.sees("It is kept without your name or address.", "leaving-reason")
    assert set(cast.has(world.carla)) == {"drought", "roads"}
    assert LeavingCount.objects.get().count == 1
    assert journey.wrong == []


def test_everything_at_once(journey: Journey, world: World) -> None:
    visit, page = journey.visit, journey.page
    visit.sign_in(cast.sign_in_link(world.carla))
    with page.expect_download() as download:
        page.get_by_role("link", name="Download everything you hold on me").click()
    assert download.value.suggested_filename == "my-data.json"
    journey.press("Stop everything")
    journey.sees("3 topics are stopped.", "me-nothing")
    page.get_by_text("Erase my address").click()
    journey.press("Erase everything about me")
    journey.sees("Your address and everything that belonged to it are erased.", "erased")
    world.carla.refresh_from_db()
    assert world.carla.email == ""
    assert journey.wrong == []
