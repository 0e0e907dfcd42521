"""Choosing places in a browser: on the subscribe page, on one's own page, in the composer and in the alert's wizard."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from agencies.models import Role, User
from alerts.models import Alert, Bulletin
from subscriptions.confirming import confirmation_token
from subscriptions.models import Frequency, Place, SignUp, Subscriber
from tests.browser.visit import DESKTOP, PHONE, Visit, picture
from tests.integration.staff.cast import a_person, fresh, signed_in
from tests.integration.subscriptions import cast
from tests.integration.subscriptions.cast import Town

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def town() -> Town:
    cast.a_country()
    return cast.a_town()


@pytest.fixture(params=[PHONE, DESKTOP], ids=["phone", "desktop"])
def visit(request: pytest.FixtureRequest, browser: Browser, live_server: LiveServer) -> Iterator[Visit]:
    """A window of a phone or of a desktop."""
    width, height = request.param
    context = browser.new_context(viewport={"width": width, "height": height})
    yield Visit(context.new_page(), live_server.url)
    context.close()


@pytest.fixture
def plain(browser: Browser) -> Iterator[BrowserContext]:
    """A phone that runs no script."""
    context = browser.new_context(viewport={"width": PHONE[0], "height": PHONE[1]}, java_script_enabled=False)
    yield context
    context.close()


def sign_in(visit: Visit, person: User) -> None:
    """The person, with both factors, in the visitor's browser."""
    cookie = fresh(signed_in(person)).cookies["sessionid"].value
    visit.page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": visit.server}])


def fill_in(page: Page) -> None:
    """The subscribe page: a place found by its name and ticked, an address, sent."""
    page.get_by_label("Your e-mail address").fill("paula@example.org")
    page.get_by_label("Find a place by its name").fill("mill")
    page.get_by_role("button", name="Find", exact=True).click()
    page.get_by_role("checkbox", name="Milltown Northshire, North").check()


def test_a_citizen_chooses_places_while_subscribing(visit: Visit, town: Town) -> None:
    page = visit.page
    visit.open("/subscribe/?topic=floods&topic=roads")
    wrong = visit.check("subscribe")
    fill_in(page)
    picture(visit, "subscribe-places", "light")
    wrong += visit.check("subscribe-places")
    expect(page.get_by_label("Your e-mail address")).to_have_value("paula@example.org")
    page.wait_for_timeout(2_100)  # the form refuses whoever is quicker than a person
    page.get_by_role("button", name="Subscribe", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your mail")
    visit.open(f"/confirm/{confirmation_token(SignUp.objects.get())}/")
    picture(visit, "confirm-places", "light")
    wrong += visit.check("confirm-places")
    page.get_by_role("button", name="Yes, subscribe me").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are subscribed")
    assert list(Subscriber.objects.get().areas.values_list("code", flat=True)) == ["N-11"]
    assert wrong == []


def test_without_a_script_it_is_the_same(plain: BrowserContext, live_server: LiveServer, town: Town) -> None:
    page = plain.new_page()
    page.goto(f"{live_server.url}/subscribe/?topic=floods")
    fill_in(page)
    page.wait_for_timeout(2_100)
    page.get_by_role("button", name="Subscribe", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your mail")
    assert SignUp.objects.get().areas == [Place.objects.get(code="N-11").pk]


def test_the_enter_key_finds_a_place_and_sends_nothing(
    plain: BrowserContext, live_server: LiveServer, town: Town
) -> None:
    page = plain.new_page()
    page.goto(f"{live_server.url}/subscribe/?topic=floods")
    page.get_by_label("Your e-mail address").fill("paula@example.org")
    page.get_by_label("Find a place by its name").fill("southw")
    page.keyboard.press("Enter")
    page.get_by_role("checkbox", name="Southwell Southshire, South").wait_for()
    assert not SignUp.objects.exists()


def test_people_change_their_places_on_their_own_page(visit: Visit, town: Town) -> None:
    page, carla = visit.page, cast.a_subscriber(floods=Frequency.IMMEDIATE)
    carla.areas.add(Place.objects.get(code="S-12"))
    visit.sign_in(cast.sign_in_link(carla))
    visit.open("/me/areas/")
    wrong = visit.check("me-areas")
    page.get_by_label("Find another place by its name").fill("north")
    page.get_by_role("button", name="Find", exact=True).click()
    page.get_by_role("checkbox", name="Northshire North").check()
    page.get_by_role("checkbox", name="Southwell Southshire, South").uncheck()
    picture(visit, "me-areas", "light")
    wrong += visit.check("me-areas-found")
    page.get_by_role("button", name="Save my places").click()
    expect(page.get_by_text("Your places are saved.")).to_be_visible()
    assert list(carla.areas.values_list("code", flat=True)) == ["N-1"]
    assert wrong == []


def test_an_editor_ticks_places_and_reads_whom_they_reach(visit: Visit, town: Town) -> None:
    near = cast.a_subscriber("near@example.org", floods=Frequency.IMMEDIATE)
    near.areas.add(Place.objects.get(code="N-11"))
    far = cast.a_subscriber("far@example.org", floods=Frequency.IMMEDIATE)
    far.areas.add(Place.objects.get(code="S-12"))
    page = visit.page
    sign_in(visit, a_person(town.water, Role.PUBLISHER, Role.OPERATOR))
    visit.open("/staff/bulletins/new/?agency=water")
    page.get_by_role("checkbox", name="Flood warnings").check()
    page.get_by_label("Title").fill("The Brook rises")
    page.get_by_label("Text", exact=True).fill("Stay away from the banks.")
    page.get_by_label("Find a place by its name").fill("mill")
    page.get_by_role("button", name="Find", exact=True).click()
    page.get_by_role("checkbox", name="Milltown Northshire, North").check()
    page.get_by_text("1 more follows the topics and chose other places").wait_for()
    picture(visit, "composer-places", "light")
    wrong = visit.check("composer-places")
    with page.expect_navigation():
        page.get_by_role("button", name="Save draft").click()
    assert list(Bulletin.objects.get().areas.values_list("code", flat=True)) == ["N-11"]
    assert wrong == []


def test_an_operator_reads_who_is_warned_and_why(visit: Visit, town: Town) -> None:
    cast.a_subscriber("near@example.org", floods=Frequency.IMMEDIATE).areas.add(Place.objects.get(code="N-11"))
    cast.a_subscriber("far@example.org", floods=Frequency.IMMEDIATE).areas.add(Place.objects.get(code="S-12"))
    page = visit.page
    sign_in(visit, a_person(town.water, Role.OPERATOR))
    visit.open("/staff/alerts/new/?agency=water")
    page.get_by_label("Live: a real alert to real people").check()
    page.get_by_label("What is it?").fill("Flash flood")
    for field, value in (("Kind of danger", "Met"), ("Urgency", "Immediate"), ("Severity", "Severe")):
        page.get_by_label(field).select_option(value)
    page.get_by_label("Certainty").select_option("Observed")
    page.get_by_role("checkbox", name="Flood warnings").check()
    page.get_by_label("Headline").fill("Flash flood")
    page.get_by_label("What happens").fill("The Brook is over its banks.")
    page.get_by_label("What people must do now").fill("Go upstairs.")
    page.get_by_label("Find a place by its name").fill("mill")
    page.get_by_role("button", name="Find", exact=True).click()
    page.get_by_role("checkbox", name="Milltown Northshire, North").check()
    picture(visit, "alert-places", "light")
    wrong = visit.check("alert-places")
    page.get_by_role("button", name="Check it", exact=True).click()
    expect(page.get_by_text("1 more follows these topics, chose other places and is not warned.")).to_be_visible()
    picture(visit, "alert-check-places", "light")
    wrong += visit.check("alert-check-places")
    page.get_by_role("button", name="Change something").click()
    page.get_by_label("Other places, in words").fill("Lower town")
    page.get_by_role("button", name="Check it", exact=True).click()
    expect(page.get_by_text("Everybody on these topics is warned, wherever they live.")).to_be_visible()
    picture(visit, "alert-check-everybody", "light")
    wrong += visit.check("alert-check-everybody")
    assert not Alert.objects.exists()
    assert wrong == []
