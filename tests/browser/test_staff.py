"""Work at an agency in a browser: a bulletin and an alert from the first word to the last person; script or none."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from agencies.models import Role, User
from alerts.acts.publishing import publish_bulletin
from alerts.models import Bulletin, Dispatch
from tests.browser.aside import aside
from tests.browser.visit import DESKTOP, PHONE, Visit, picture
from tests.engine import work_through
from tests.inbox import Inbox
from tests.integration.staff.cast import (
    a_draft,
    a_person,
    a_topic,
    an_agency,
    fresh,
    listeners,
    signed_in,
)

pytestmark = pytest.mark.django_db(transaction=True)


def send_everything() -> None:
    """The workers' work."""
    aside(work_through)


class Office:
    """A ministry with topics that people follow, Ada who holds every role, and Olga beside her."""

    def __init__(self) -> None:
        self.agency = an_agency(colour="#0b6e99")
        self.floods = a_topic(self.agency, "floods", "Flood warnings on the Brook and its tributaries")
        self.drought = a_topic(self.agency, "drought", "Drought notices")
        a_topic(self.agency, "duty", "Duty roster", is_public=False)
        listeners([self.floods, self.drought], people=12, machines=3)
        self.ada = a_person(self.agency, *Role, name="Ada Everything")
        self.olga = a_person(self.agency, Role.OPERATOR, Role.AUTHOR, Role.APPROVER, name="Olga Operator")

    def browser(self, context: BrowserContext, server: str, person: User | None = None) -> Client:
        """Sign the person in, in the browser and in the client that is given back."""
        client = fresh(signed_in(person or self.ada))
        cookie = client.cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": server}])
        return client


@pytest.fixture
def office(settings: object, inbox: Inbox) -> Office:  # the inbox: work_through sends
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # type: ignore[attr-defined]
    return Office()


@pytest.fixture(params=[PHONE, DESKTOP], ids=["phone", "desktop"])
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    width, height = request.param
    context = browser.new_context(viewport={"width": width, "height": height})
    yield context.new_page()
    context.close()


class Looking:
    """Collects what is wrong with pages on the way."""

    def __init__(self, page: Page, server: str) -> None:
        self.visit = Visit(page, server)
        self.wrong: list[str] = []

    def at(self, name: str) -> None:
        """Judge the page as it is now."""
        picture(self.visit, name, "light")
        self.wrong += self.visit.check(name)


def fill_in_alert(page: Page, status: str) -> None:
    page.get_by_label(f"{status}:").check()
    page.get_by_label("Flood warnings").check()
    page.get_by_label("What is it?").fill("Flash flood")
    for label, value in (
        ("Kind of danger", "Met"),
        ("Urgency", "Immediate"),
        ("Severity", "Extreme"),
        ("Certainty", "Observed"),
    ):
        page.get_by_label(label).select_option(value)
    page.get_by_label("Places").fill("Lower town\nMill quarter")
    page.get_by_label("Headline").fill("Flash flood in the lower town: go to a higher floor now")
    page.get_by_label("What happens").fill("The Brook is over its banks and still rising.")
    page.get_by_label("What people must do now").fill("Go to the first floor or higher. Do not use your car.")


@pytest.mark.parametrize("page", [DESKTOP], indirect=True, ids=["desktop"])
def test_an_editor_sees_the_bulletin_grow_and_publishes_it(
    page: Page, live_server: LiveServer, office: Office, inbox: Inbox
) -> None:
    looking = Looking(page, live_server.url)
    office.browser(page.context, live_server.url)
    page.goto(f"{live_server.url}/staff/bulletins/new/")
    page.get_by_label("Flood warnings").check()
    expect(page.locator("#audience")).to_have_text("Reaches 12 people. 3 machines get it, too.")
    page.get_by_label("Title").fill("River rising")
    page.get_by_label("Text", exact=True).fill("The **Brook** rises.")
    expect(page.locator(".shown--web strong")).to_have_text("Brook")
    page.get_by_label("As mail").check()
    expect(page.frame_locator(".frame").get_by_role("heading", name="River rising")).to_be_visible()
    looking.at("compose-mail")
    page.get_by_label("As text mail").check()
    expect(page.locator(".shown--text")).to_contain_text("The Brook rises.")
    page.get_by_role("button", name="Save and publish").click()
    expect(page.get_by_text("Reaches 12 people. 3 machines get it, too.")).to_be_visible()
    page.get_by_role("button", name="Publish now").click()
    expect(page.get_by_text("Being sent")).to_be_visible()
    send_everything()
    expect(page.get_by_text("Done")).to_be_visible()  # the page looked by itself
    expect(page.locator("#progress")).to_contain_text("12")
    expect(page.locator("#progress[hx-get]")).to_have_count(0)
    looking.at("bulletin-done")
    assert len(inbox.mails) == 12
    assert looking.wrong == []


def test_the_same_without_a_script(browser: Browser, live_server: LiveServer, office: Office, inbox: Inbox) -> None:
    context = browser.new_context(java_script_enabled=False)
    office.browser(context, live_server.url)
    page = context.new_page()
    page.goto(f"{live_server.url}/staff/bulletins/new/")
    page.get_by_label("Flood warnings").check()
    page.get_by_label("Title").fill("River rising")
    page.get_by_label("Text", exact=True).fill("The **Brook** rises.")
    page.get_by_role("button", name="Add another language").click()
    page.get_by_label("Title").nth(1).fill("Crue")
    page.get_by_label("Text", exact=True).nth(1).fill("La crue.")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#audience")).to_have_text("Reaches 12 people. 3 machines get it, too.")
    expect(page.locator(".shown--web strong")).to_have_text("Brook")
    page.get_by_label("As mail").check()
    expect(page.frame_locator(".frame >> nth=0").get_by_role("heading", name="River rising")).to_be_visible()
    page.get_by_role("button", name="Save and publish").click()
    page.get_by_role("button", name="Publish now").click()
    expect(page.get_by_text("Being sent", exact=True)).to_be_visible()
    send_everything()
    page.get_by_role("link", name="Refresh").click()
    expect(page.get_by_text("Done")).to_be_visible()
    context.close()
    assert len(inbox.mails) == 12
    assert {variant.title for variant in Bulletin.objects.get().variants.all()} == {"River rising", "Crue"}


def test_a_bulletin_is_paused_sent_on_corrected_and_withdrawn(
    page: Page, live_server: LiveServer, office: Office, inbox: Inbox
) -> None:
    looking = Looking(page, live_server.url)
    office.browser(page.context, live_server.url)
    bulletin = a_draft(office.floods, office.ada)
    publish_bulletin(bulletin=bulletin, publisher=office.ada)
    page.goto(f"{live_server.url}/staff/bulletins/{bulletin.pk}/")
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("nothing more is handed over")).to_be_visible()
    send_everything()
    assert not inbox.mails
    page.get_by_role("button", name="Send it on").click()
    expect(page.get_by_text("Being sent", exact=True)).to_be_visible()
    send_everything()
    expect(page.get_by_text("Done")).to_be_visible()  # the page looked by itself, and its buttons are gone
    expect(page.get_by_role("button", name="Pause")).to_have_count(0)
    page.get_by_role("link", name="Who got it").click()
    looking.at("recipients")
    page.go_back()
    page.get_by_role("link", name="Correct it…").click()
    expect(page.locator("#audience")).to_have_text("Reaches 12 people.")  # no machine has got it
    page.get_by_label("Title").fill("River falling")
    page.get_by_label("As text mail").check()
    expect(page.locator(".shown--text")).to_contain_text("Correction: this replaces what we sent you on")
    looking.at("correct-text")
    page.get_by_role("button", name="Save and publish").click()
    looking.at("correction-check")
    page.get_by_role("button", name="Publish now").click()
    expect(page.get_by_text("Being sent", exact=True)).to_be_visible()
    send_everything()
    assert len(inbox.mails) == 24
    correction = Bulletin.objects.get(corrects=bulletin)
    for name, one in (("public-corrected", bulletin), ("public-correction", correction)):
        page.goto(live_server.url + one.get_absolute_url())
        looking.at(name)
    expect(page.get_by_text("This is a correction.")).to_be_visible()
    page.goto(f"{live_server.url}/staff/bulletins/{correction.pk}/")
    page.get_by_role("link", name="Withdraw it…").click()
    page.get_by_role("button", name="Withdraw it").click()
    looking.at("withdraw-errors")
    page.get_by_label("Why?").fill("It rises after all.")
    page.get_by_role("button", name="Withdraw it").click()
    expect(page.get_by_text("It rises after all.")).to_be_visible()
    assert looking.wrong == []


def test_an_alert_goes_from_the_operator_to_the_approver_to_the_people(
    browser: Browser, live_server: LiveServer, office: Office, inbox: Inbox
) -> None:
    context = browser.new_context()
    office.browser(context, live_server.url, office.olga)
    page = context.new_page()
    page.goto(f"{live_server.url}/staff/alerts/new/")
    fill_in_alert(page, "Live")
    page.get_by_role("button", name="Check it").click()
    expect(page.get_by_text("12 people by e-mail")).to_be_visible()
    page.get_by_role("button", name="Send live alert to an approver").click()
    expect(page.get_by_text("A second person must approve it")).to_be_visible()
    office.browser(context, live_server.url, office.ada)
    page.goto(f"{live_server.url}/staff/")
    page.get_by_role("link", name="Flash flood in the lower town").click()
    page.get_by_role("link", name="Approve…").click()
    page.get_by_label("Type SEND").fill("SEND")
    page.get_by_role("button", name="Approve and send now").click()
    expect(page.get_by_text("s since approval")).to_be_visible()
    send_everything()
    expect(page.get_by_text("Done")).to_be_visible()
    context.close()
    assert Dispatch.objects.get().approval is not None
    assert len(inbox.mails) == 12
    assert (timezone.now() - Dispatch.objects.get().created_at) < timedelta(minutes=5)
