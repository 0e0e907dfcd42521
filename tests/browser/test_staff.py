"""Staff pages in a browser: accessible and light on a phone and a desktop, with a script and without."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connections
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from agencies.models import Membership, Role, User
from alerts.acts.alerting import approve_alert, content_hash
from alerts.acts.correcting import create_correction
from alerts.acts.drafting import VariantText, create_bulletin
from alerts.acts.importing import import_cap
from alerts.acts.publishing import publish_bulletin
from alerts.acts.stopping import pause_dispatch
from alerts.acts.withdrawing import withdraw_bulletin
from alerts.engine.clearing import clear_stopped
from alerts.engine.runtime import runtime
from alerts.models import Alert, Bulletin, Dispatch
from tests.engine import work_through
from tests.inbox import Inbox
from tests.integration.api.messages import cap, info
from tests.integration.staff.cast import (
    PASSWORD,
    a_draft,
    a_person,
    a_topic,
    an_agency,
    an_alert,
    fresh,
    listeners,
    signed_in,
)

pytestmark = pytest.mark.django_db(transaction=True)
PHONE, DESKTOP = (390, 844), (1280, 900)
LIMIT = 100_000  # bytes of a page before compression, style and scripts included
WEIGHT = """[...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
    .filter(entry => entry.initiatorType !== "iframe").reduce((sum, entry) => sum + entry.decodedBodySize, 0)"""
STORM = """The Weather Service expects **80 litres** on each square metre until Saturday evening.

## What you can do

1. Clear the drains in front of your house.
2. Bring children and animals inside.

| River | Now | Friday |
| --- | --- | --- |
| Brook | 1.9 m | 3.0 m |
| Wasserstraßenverwaltungsbezirk | 0.4 m | 1.2 m |

More at [the river levels](https://example.org/levels).
"""


def send_everything() -> None:
    """Does the workers' work in a thread of its own: the browser's event loop holds this one."""

    def work() -> None:
        try:
            work_through()
            runtime().close()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=1) as pool:
        pool.submit(work).result()


class Office:
    """A ministry with something of everything on its pages, Ada who holds every role, and Olga beside her."""

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

    def pages(self) -> dict[str, str]:
        """Every page that Ada can open, by a name."""
        storm = [VariantText("en", "Heavy rain until Saturday evening", STORM, summary="80 litres on each metre.")]
        arabic = VariantText("ar", "أمطار غزيرة حتى مساء السبت", "تتوقع هيئة الأرصاد **80 لتراً** في كل متر مربع.")
        draft = create_bulletin(
            agency=self.agency, topics=[self.floods, self.drought], variants=[*storm, arabic], author=self.ada
        )
        a_draft(self.drought, self.olga, "Use of water for gardens")
        sent = create_bulletin(agency=self.agency, topics=[self.floods], variants=storm, author=self.ada)
        publish_bulletin(bulletin=sent, publisher=self.ada)
        send_everything()
        sending = create_bulletin(agency=self.agency, topics=[self.floods], variants=storm, author=self.ada)
        publish_bulletin(bulletin=sending, publisher=self.ada)
        alerts = self._alerts()
        stopped = self._stopped(storm)
        return stopped | {
            "overview": "/staff/",
            "compose": "/staff/bulletins/new/",
            "compose-edit": f"/staff/bulletins/{draft.pk}/edit/",
            "bulletin-draft": f"/staff/bulletins/{draft.pk}/",
            "publish": f"/staff/bulletins/{draft.pk}/publish/",
            "bulletin-sending": f"/staff/bulletins/{sending.pk}/",
            "bulletin-sent": f"/staff/bulletins/{sent.pk}/",
            "alert-new": "/staff/alerts/new/",
            "alert-waiting": f"/staff/alerts/{alerts['live'].pk}/",
            "alert-own": f"/staff/alerts/{alerts['own'].pk}/",
            "alert-machine": f"/staff/alerts/{alerts['machine'].pk}/",
            "alert-import": f"/staff/alerts/{alerts['import'].pk}/",
            "alert-topics": f"/staff/alerts/{alerts['live'].pk}/topics/",
            "approve-live": f"/staff/alerts/{alerts['live'].pk}/approve/",
            "approve-exercise": f"/staff/alerts/{alerts['exercise'].pk}/approve/",
            "alert-sending": f"/staff/alerts/{alerts['sent'].pk}/",
            "alert-update": f"/staff/alerts/new/?follows={alerts['sent'].pk}&kind=Update",
            "sign-out": "/staff/sign-in/logout/",
            "sign-in-again": "/staff/sign-in/reauthenticate/?next=/staff/",
            "sign-in-mine": "/staff/sign-in/2fa/",
            "recovery-codes": "/staff/sign-in/2fa/recovery-codes/generate/",
            "password": "/staff/sign-in/password/change/",
            "developers": "/developers/",
        }

    def _stopped(self, storm: list[VariantText]) -> dict[str, str]:
        """Pages about what was paused, dropped, taken back and put right, by a name."""
        made = [
            create_bulletin(agency=self.agency, topics=[self.floods], variants=storm, author=self.ada) for _ in range(3)
        ]
        paused, withdrawn, wrong = made
        for one in made:
            publish_bulletin(bulletin=one, publisher=self.ada)
        pause_dispatch(dispatch=paused.dispatches.get(), by=self.ada)
        withdraw_bulletin(bulletin=withdrawn, by=self.ada, reason="The forecast was for another river.")
        while clear_stopped():
            pass
        correction = create_correction(first=wrong, variants=storm, author=self.ada)
        alert = an_alert(self.floods, self.olga, event="Forest fire")
        pause_dispatch(
            dispatch=approve_alert(alert=alert, approver=self.ada, seen_hash=content_hash(alert)), by=self.olga
        )
        return {
            "bulletin-paused": f"/staff/bulletins/{paused.pk}/",
            "bulletin-stop": f"/staff/bulletins/{paused.pk}/stop/",
            "bulletin-withdrawn": f"/staff/bulletins/{withdrawn.pk}/",
            "recipients-withdrawn": f"/staff/bulletins/{withdrawn.pk}/recipients/",
            "bulletin-corrected": f"/staff/bulletins/{wrong.pk}/",
            "withdraw": f"/staff/bulletins/{wrong.pk}/withdraw/",
            "correct": f"/staff/bulletins/{wrong.pk}/correct/",
            "correction-draft": f"/staff/bulletins/{correction.pk}/",
            "correction-publish": f"/staff/bulletins/{correction.pk}/publish/",
            "alert-paused": f"/staff/alerts/{alert.pk}/",
            "alert-stop": f"/staff/alerts/{alert.pk}/stop/",
            "alert-resume": f"/staff/alerts/{alert.pk}/resume/",
            "alert-recipients": f"/staff/alerts/{alert.pk}/recipients/",
            "public-withdrawn": f"/bulletins/{withdrawn.pk}/",
        }

    def _alerts(self) -> dict[str, Alert]:
        sent = an_alert(self.floods, self.olga, event="Dam failure")
        approve_alert(alert=sent, approver=self.ada, seen_hash=content_hash(sent))
        odd = cap(info(areas="<area><areaDesc>Coast</areaDesc><polygon>1,1 nowhere</polygon></area>", expires=""))
        return {
            "live": an_alert(self.floods, self.olga),
            "own": an_alert(self.floods, self.ada, event="Landslide", status="Test"),
            "exercise": an_alert(self.floods, self.olga, event="Earthquake", status="Exercise"),
            "machine": an_alert(self.floods, None, event="Gauge above 3 m"),
            "import": import_cap(agency=self.agency, data=odd, topics=[self.floods], author=self.olga),
            "sent": sent,
        }


@pytest.fixture
def office(settings: object, inbox: Inbox) -> Office:  # the inbox: work_through sends
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # type: ignore[attr-defined]
    return Office()


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=[PHONE, DESKTOP], ids=["phone", "desktop"])
def page(request: pytest.FixtureRequest, browser: Browser, scheme: str) -> Iterator[Page]:
    width, height = request.param
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)  # type: ignore[arg-type]
    yield context.new_page()
    context.close()


class Looking:
    """Collects what is wrong with pages, and keeps pictures of them where SCREENSHOTS names a folder."""

    def __init__(self, page: Page, scheme: str) -> None:
        self.page, self.scheme = page, scheme
        self.wrong: list[str] = []
        self._name = ""
        page.on("console", lambda message: self._note(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self._note(str(error)))

    def at(self, name: str) -> None:
        """Judge the page as it is now."""
        self._name = name
        if folder := os.environ.get("SCREENSHOTS"):
            width = self.page.viewport_size["width"] if self.page.viewport_size else 0
            path = Path(folder) / f"{name}-{width}-{self.scheme}.png"
            self.page.screenshot(path=path, full_page=True)
        # The two schemes differ in nothing but colour.
        options = {"runOnly": ["color-contrast"]} if self.scheme == "dark" else None
        for one in Axe().run(self.page, options=options).response["violations"]:
            self.wrong.append(f"{name}: {one['id']} at {[node['html'] for node in one['nodes']]}")
        if self.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            self.wrong.append(f"{name}: scrolls sideways")
        weight = self.page.evaluate(WEIGHT)
        if weight > LIMIT:
            self.wrong.append(f"{name}: weighs {weight} bytes")

    def _note(self, fault: str) -> None:
        if "the server responded with a status of" not in fault:  # the browser's own word for 403, 404, 409
            self.wrong.append(f"after {self._name}: {fault}")


def test_every_page_is_accessible_and_fits(page: Page, scheme: str, live_server: LiveServer, office: Office) -> None:
    looking = Looking(page, scheme)
    page.goto(f"{live_server.url}/staff/")
    looking.at("sign-in")
    page.get_by_label("E-mail address").fill(office.ada.email)
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    looking.at("sign-in-wrong")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    looking.at("second-factor" if "2fa/authenticate" in page.url else "second-factor-setup")
    office.browser(page.context, live_server.url)
    for name, path in office.pages().items():
        page.goto(live_server.url + path)
        looking.at(name)
    assert looking.wrong == []


def test_answers_to_forms_are_accessible_too(page: Page, scheme: str, live_server: LiveServer, office: Office) -> None:
    looking = Looking(page, scheme)
    client = office.browser(page.context, live_server.url)
    page.goto(f"{live_server.url}/staff/bulletins/new/")
    page.get_by_role("button", name="Save draft").click()
    looking.at("compose-errors")
    draft = a_draft(office.floods, office.ada)
    page.goto(f"{live_server.url}/staff/bulletins/{draft.pk}/edit/")
    Bulletin.objects.filter(pk=draft.pk).update(edited_at=timezone.now())
    page.get_by_label("Title").fill("My own title")
    page.get_by_role("button", name="Save draft").click()
    looking.at("compose-conflict")
    page.goto(f"{live_server.url}/staff/alerts/new/")
    page.get_by_role("button", name="Check it").click()
    looking.at("alert-errors")
    for status in ("Live", "Exercise"):
        fill_in_alert(page, status)
        page.get_by_role("button", name="Check it").click()
        looking.at(f"alert-check-{status.lower()}")
        page.get_by_role("button", name="Change something").click()
    Membership.objects.create(user=office.ada, agency=an_agency("brook", "City of Brook"), role=Role.AUTHOR)
    page.goto(f"{live_server.url}/staff/bulletins/new/")
    looking.at("choose-agency")
    alert = an_alert(office.floods, office.olga)
    page.goto(f"{live_server.url}/staff/alerts/{alert.pk}/approve/")
    page.get_by_label("Type SEND").fill("send")
    page.get_by_role("button", name="Approve and send now").click()
    looking.at("approve-error")
    client.logout()
    office.browser(page.context, live_server.url, a_person(office.agency, Role.VIEWER, name="Vera Viewer"))
    page.goto(f"{live_server.url}/staff/alerts/new/")
    looking.at("not-allowed")
    assert looking.wrong == []


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
@pytest.mark.parametrize("scheme", ["light"], indirect=True)
def test_an_editor_sees_the_bulletin_grow_and_publishes_it(
    page: Page, scheme: str, live_server: LiveServer, office: Office, inbox: Inbox
) -> None:
    looking = Looking(page, scheme)
    office.browser(page.context, live_server.url)
    page.goto(f"{live_server.url}/staff/bulletins/new/")
    page.get_by_label("Flood warnings").check()
    expect(page.locator("#audience")).to_have_text("Reaches 12 people and 3 machines")
    page.get_by_label("Title").fill("River rising")
    page.get_by_label("Text", exact=True).fill("The **Brook** rises.")
    expect(page.locator(".shown--web strong")).to_have_text("Brook")
    page.get_by_label("As mail").check()
    expect(page.frame_locator(".frame").get_by_role("heading", name="River rising")).to_be_visible()
    looking.at("compose-mail")
    page.get_by_label("As text mail").check()
    expect(page.locator(".shown--text")).to_contain_text("The Brook rises.")
    page.get_by_role("button", name="Save and publish").click()
    expect(page.get_by_text("Reaches 12 people and 3 machines")).to_be_visible()
    page.get_by_role("button", name="Publish now").click()
    expect(page.get_by_text("Being sent")).to_be_visible()
    send_everything()
    expect(page.get_by_text("Done")).to_be_visible()  # the page looked by itself
    expect(page.locator("#progress")).to_contain_text("12")
    assert page.locator("#progress").get_attribute("hx-get") is None
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
    expect(page.locator("#audience")).to_have_text("Reaches 12 people and 3 machines")
    expect(page.locator(".shown--web strong")).to_have_text("Brook")
    page.get_by_label("As mail").check()
    expect(page.frame_locator(".frame >> nth=0").get_by_role("heading", name="River rising")).to_be_visible()
    page.get_by_role("button", name="Save and publish").click()
    page.get_by_role("button", name="Publish now").click()
    send_everything()
    page.get_by_role("link", name="Refresh").click()
    expect(page.get_by_text("Done")).to_be_visible()
    context.close()
    assert len(inbox.mails) == 12
    assert {variant.title for variant in Bulletin.objects.get().variants.all()} == {"River rising", "Crue"}


@pytest.mark.parametrize("scheme", ["light"], indirect=True)
def test_a_bulletin_is_paused_sent_on_corrected_and_withdrawn(
    page: Page, scheme: str, live_server: LiveServer, office: Office, inbox: Inbox
) -> None:
    looking = Looking(page, scheme)
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
    expect(page.locator("#audience")).to_have_text("Reaches 12 people")  # no machine has got it
    page.get_by_label("Title").fill("River falling")
    page.get_by_label("As text mail").check()
    expect(page.locator(".shown--text")).to_contain_text("Correction: this replaces what we sent you on")
    looking.at("correct-text")
    page.get_by_role("button", name="Save and publish").click()
    looking.at("correction-check")
    page.get_by_role("button", name="Publish now").click()
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
    expect(page.get_by_text("seconds since approval")).to_be_visible()
    send_everything()
    expect(page.get_by_text("Done")).to_be_visible()
    context.close()
    assert Dispatch.objects.get().approval is not None
    assert len(inbox.mails) == 12
    assert (timezone.now() - Dispatch.objects.get().created_at) < timedelta(minutes=5)
