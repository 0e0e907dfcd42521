"""The pages for names in languages and for the tree of subjects, the archive by places, and two addresses joined."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from agencies.models import Role, User
from subscriptions.changing_address import confirm_token, request_change
from subscriptions.models import Category, Frequency
from tests.browser.visit import DESKTOP, PHONE, Visit
from tests.integration.staff.cast import a_person, signed_in
from tests.integration.subscriptions import cast
from tests.integration.subscriptions.cast import Town

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def town() -> Town:
    town = cast.a_town()
    places = cast.a_country()
    cast.a_category("Rivers", Category.objects.get(slug="weather-and-water"))
    bulletin = cast.a_bulletin(town.roads, texts={"es": "Puente cerrado\nHoy.", "ar": "الجسر مغلق\nاليوم."})
    bulletin.areas.add(places["N-11"])
    return town


@pytest.fixture(params=[PHONE, DESKTOP], ids=["phone", "desktop"])
def visit(request: pytest.FixtureRequest, browser: Browser, live_server: LiveServer) -> Iterator[Visit]:
    width, height = request.param
    context = browser.new_context(viewport={"width": width, "height": height})
    yield Visit(context.new_page(), live_server.url)
    context.close()


def enter(visit: Visit, person: User) -> None:
    cookie = signed_in(person).cookies["sessionid"].value
    visit.page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": visit.server}])


def test_a_subject_is_added_and_one_that_holds_others_stays(visit: Visit, town: Town) -> None:
    noor = a_person(town.water, Role.ADMINISTRATOR, name="Noor Tamm")
    User.objects.filter(pk=noor.pk).update(is_platform_admin=True)
    enter(visit, User.objects.get(pk=noor.pk))
    page = visit.page
    visit.open("/staff/categories/")
    page.get_by_label("Name").fill("Lakes")
    page.get_by_label("Lies in").select_option(label="— Rivers")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("status")).to_contain_text("“Lakes” was added")
    page.get_by_role("link", name="Weather and water").click()
    page.get_by_role("button", name="Take it out").click()
    expect(page.get_by_text("still holds")).to_be_visible()


def test_the_archive_is_narrowed_to_a_place_and_back(visit: Visit, town: Town) -> None:
    page = visit.page
    visit.open("/archive/?place=mill")
    page.get_by_role("link", name="Milltown Northshire").click()
    expect(page.get_by_role("link", name="Puente cerrado")).to_be_visible()
    page.get_by_role("link", name="Remove the filter Place: Milltown").click()
    expect(page.get_by_role("heading", name="1 bulletin")).to_be_visible()


def test_somebody_signed_in_adds_a_topic_and_a_place(visit: Visit, town: Town) -> None:
    carla, page = cast.a_subscriber(floods=Frequency.DAILY), visit.page
    visit.sign_in(cast.sign_in_link(carla))
    visit.open("/subscribe/?topic=roads")
    page.get_by_label("Find a place by its name").fill("southw")
    page.get_by_role("button", name="Find", exact=True).click()
    page.get_by_role("checkbox", name="Southwell").check()
    page.get_by_role("button", name="Subscribe").last.click()
    expect(page.get_by_text("Your places are saved.")).to_be_visible()
    assert set(cast.has(carla)) == {"floods", "roads"}
    assert carla.areas.get().code == "S-12"


def test_two_addresses_are_joined_by_one_button(visit: Visit, town: Town) -> None:
    carla = cast.a_subscriber(floods=Frequency.DAILY)
    work = cast.a_subscriber("work@example.org", roads=Frequency.WEEKLY)
    change = request_change(subscriber=carla, email=work.email, page="/me/address/", ip="192.0.2.1")
    visit.open(f"/me/address/confirm/{confirm_token(change)}/")
    visit.page.get_by_role("button", name="Yes, send my mails here").click()
    expect(visit.page.get_by_role("heading", name="Your address is changed")).to_be_visible()
    assert cast.has(work) == {"floods": "daily", "roads": "weekly"}
