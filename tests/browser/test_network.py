"""The network as people meet it: a form on an agency's own site, and what is suggested afterwards."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from agencies.audit import Actor
from agencies.models import Agency
from subscriptions.confirming import confirmation_token
from subscriptions.models import SignUp, Source, Subscriber
from subscriptions.partnering import pin
from tests.browser.agency_site import agency_site
from tests.browser.visit import DESKTOP, PHONE, Visit, picture, violations
from tests.integration.subscriptions import cast
from tests.integration.subscriptions.cast import Town
from tests.integration.subscriptions.followers import ENOUGH, all_counted, people

pytestmark = pytest.mark.django_db(transaction=True)
FILLING_IN = 2_100  # ms: the form refuses whoever is quicker than a person


@pytest.fixture
def town(live_server: LiveServer) -> Town:
    town = cast.a_town()
    people(ENOUGH, town.floods, town.roads, town.drought)
    pin(agency=town.water, topic=town.roads, actor=Actor.of(None))
    all_counted()
    return town


@pytest.fixture
def site(town: Town, live_server: LiveServer) -> Iterator[str]:
    with agency_site(live_server.url) as origin:
        Agency.objects.filter(pk=town.water.pk).update(embed_sites=[origin])
        yield origin


@pytest.fixture(params=[True, False], ids=["script", "no-script"])
def has_script(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture(params=[PHONE, DESKTOP], ids=["phone", "desktop"])
def page(request: pytest.FixtureRequest, browser: Browser, has_script: bool) -> Iterator[Page]:
    width, height = request.param
    context = browser.new_context(viewport={"width": width, "height": height}, java_script_enabled=has_script)
    yield context.new_page()
    context.close()


def look(page: Page, server: str, name: str, has_script: bool) -> list[str]:
    """What is wrong with the page and with what is in a frame on it; axe is a script itself."""
    visit = Visit(page, server)
    picture(visit, name, "light")
    if not has_script:
        return []
    ours = [frame for frame in page.frames if frame.url.startswith(server)]
    return [f"{name}: {violation}" for frame in ours for violation in violations(frame)]


def came_from() -> str:
    return str(Source.objects.get(kind=Source.Kind.EMBED))


def test_the_frame_takes_a_subscription_where_people_are(
    page: Page, site: str, town: Town, live_server: LiveServer, has_script: bool
) -> None:
    page.goto(f"{site}/frame/")
    frame = page.frame_locator("iframe")
    frame.get_by_label("Flood warnings").check()
    frame.get_by_label("Your e-mail address").fill("carla at home")
    frame.get_by_role("button", name="Subscribe").click()
    expect(frame.get_by_text("Remove the space").first).to_be_visible()
    wrong = look(page, live_server.url, "embed-frame-error", has_script)
    frame.get_by_label("Your e-mail address").fill("carla@example.org")
    page.wait_for_timeout(FILLING_IN)
    frame.get_by_role("button", name="Subscribe").click()
    expect(frame.get_by_role("heading", name="Check your mail")).to_be_visible()
    wrong += look(page, live_server.url, "embed-frame-done", has_script)
    assert page.url == f"{site}/frame/"
    assert SignUp.objects.get().choices == {str(town.floods.pk): "immediate"}
    assert came_from() == f"embed {site}"
    assert page.context.cookies() == []
    assert wrong == []


def test_the_frame_can_take_the_whole_window_and_leads_back(
    page: Page, site: str, town: Town, live_server: LiveServer, has_script: bool
) -> None:
    page.goto(f"{site}/frame-top/")
    frame = page.frame_locator("iframe")
    frame.get_by_label("Your e-mail address").fill("carla@example.org")
    page.wait_for_timeout(FILLING_IN)
    frame.get_by_role("button", name="Subscribe").click()
    page.wait_for_url(f"{live_server.url}/embed/water/check-your-mail/**")
    wrong = look(page, live_server.url, "embed-top-done", has_script)
    page.get_by_role("link", name="Back to where you were").click()
    page.wait_for_url(f"{site}/")
    assert wrong == []


def test_a_form_of_the_agency_s_own_posts_to_us(
    page: Page, site: str, town: Town, live_server: LiveServer, has_script: bool
) -> None:
    page.goto(f"{site}/form/")
    page.get_by_label("Flood warnings").check()
    page.get_by_label("Your e-mail address").fill("carla@example.org")
    page.get_by_role("button", name="Subscribe").click()
    page.wait_for_url(f"{live_server.url}/embed/water/check-your-mail/**")
    page.get_by_role("link", name="Back to where you were").click()
    page.wait_for_url(f"{site}/news/")
    assert SignUp.objects.get().choices == {str(town.floods.pk): "immediate"}
    assert came_from() == f"embed {site}"
    assert page.context.cookies() == []


def test_a_site_that_is_not_on_the_list_shows_an_empty_frame(
    page: Page, site: str, town: Town, live_server: LiveServer
) -> None:
    Agency.objects.filter(pk=town.water.pk).update(embed_sites=["https://elsewhere.example"])
    page.goto(f"{site}/frame/")
    expect(page.frame_locator("iframe").get_by_label("Your e-mail address")).to_have_count(0)


def test_what_is_suggested_is_added_by_a_tick_and_a_button(
    page: Page, town: Town, live_server: LiveServer, has_script: bool
) -> None:
    server, wrong = live_server.url, []
    page.goto(f"{server}/subscribe/?topic=floods")
    page.get_by_label("Your e-mail address").fill("carla@example.org")
    page.wait_for_timeout(FILLING_IN)
    page.get_by_role("button", name="Subscribe", exact=True).click()
    expect(page.get_by_role("heading", name="Check your mail")).to_be_visible()
    wrong += look(page, server, "check-your-mail-suggestions", has_script)
    page.get_by_label("Road works").check()
    page.get_by_role("button", name="Continue with what I have ticked").click()
    expect(page.get_by_role("heading", name="Subscribe")).to_be_visible()
    page.goto(f"{server}/confirm/{confirmation_token(SignUp.objects.get())}/")
    page.get_by_role("button", name="Yes, subscribe me").click()
    wrong += look(page, server, "confirmed-suggestions", has_script)
    page.get_by_label("Drought notices").check()
    page.get_by_role("button", name="Add what I have ticked").click()
    expect(page.get_by_text("New: “Drought notices”.")).to_be_visible()
    carla = Subscriber.objects.get(email="carla@example.org")
    assert set(cast.has(carla)) == {"floods", "drought"}
    page.goto(server + cast.sign_in_link(carla))
    page.get_by_role("button", name="Sign in").click()
    wrong += look(page, server, "me-suggestions", has_script)
    page.get_by_label("Road works").check()
    page.get_by_role("button", name="Add what I have ticked").click()
    expect(page.get_by_text("New: “Road works”.")).to_be_visible()
    assert set(cast.has(carla)) == {"floods", "drought", "roads"}
    assert wrong == []
