"""Pictures of what citizens see."""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from playwright.sync_api import Page

from tests.browser.gallery.shots import Shot, Who, filled, press
from tests.browser.gallery.world import World

BUTTON = "main .button-row button.button"
MORE_THAN_ALLOWED = 8  # requests for a link
PAUSE = "main form[action='/me/pause/'] button"
CHOSEN = "?topic=national-announcements&topic=severe-weather&topic=school-closures"


def _slug(slug: str) -> Any:
    return lambda world: {"slug": slug}


def _token(kind: str) -> Any:
    return lambda world: {"token": getattr(world, f"{kind}_token")()}


def _bulletin(name: str) -> Any:
    return lambda world: {"bulletin_id": world.bulletins[name].pk}


def _places(page: Page) -> None:
    page.locator("#place").fill("al")
    page.locator("[name=find-place]").click()
    page.locator("[aria-labelledby=found-places]").wait_for()


def _leave(page: Page) -> None:
    page.locator("[value=matched]").click()


def _leave_and_return(page: Page) -> None:
    _leave(page)
    page.locator("main form:has([name=undo]) button").click()


def _add_a_machine(page: Page) -> None:
    page.locator("main [name=url]").fill("https://receiver.example.org/hook")
    page.locator("main [name=topics]").fill("air-quality, school-closures")
    page.locator(BUTTON).last.click()


def _leave_and_answer(page: Page) -> None:
    _leave(page)
    page.locator("[name=reason]").first.check()
    page.locator(BUTTON).last.click()


def _too_many(page: Page) -> None:
    for _ in range(MORE_THAN_ALLOWED):
        page.goto(page.url)
        page.locator("main [name=email]").fill("impatient@tarnmark.example")
        page.locator(BUTTON).first.click()


def _pause(page: Page) -> None:
    page.locator("[name=until]").fill((timezone.now() + timedelta(days=14)).strftime("%Y-%m-%d"))
    page.locator(PAUSE).click()


def _unknown(world: World) -> dict[str, str]:
    return {"slug": "no-such-topic"}


FINDING = (
    Shot("home", "home"),
    Shot("search", "home", query="?q=water"),
    Shot("search-mistyped", "home", query="?q=vacination"),
    Shot("search-nothing", "home", query="?q=qwertz"),
    Shot("home-ticked", "home", query="?q=school&topic=school-closures&topic=school-meals"),
    Shot("agency", "agency", _slug("aldermouth")),
    Shot("category", "category", _slug("health")),
    Shot("topic", "topic", _slug("national-announcements")),
    Shot("topic-empty", "topic", _slug("coastal-waters")),
    Shot("alerts", "alerts"),
    Shot("push", "push"),
    Shot("archive", "archive"),
    Shot("archive-filtered", "archive", query="?q=water&agency=aldermouth&since=2020-01-01"),
    Shot("archive-place", "archive", query="?area=TM-1402"),
    Shot("archive-places", "archive", query="?place=al"),
    Shot("archive-unknown", "archive", query="?agency=nobody&since=2026-99-99"),
    Shot("archive-nothing", "archive", query="?q=qwertz"),
    Shot("bulletin", "bulletin", _bulletin("national")),
    Shot("bulletin-arabic", "bulletin", _bulletin("national"), query="?lang=ar"),
    Shot("bulletin-in-another-language", "bulletin", _bulletin("correction"), query="?lang=fr"),
    Shot("bulletin-alert", "bulletin", _bulletin("flood")),
    Shot("bulletin-alert-test", "bulletin", _bulletin("exercise")),
    Shot("bulletin-corrected", "bulletin", _bulletin("corrected")),
    Shot("bulletin-correction", "bulletin", _bulletin("correction")),
    Shot("bulletin-withdrawn", "bulletin", _bulletin("withdrawn")),
    Shot("privacy", "privacy"),
    Shot("accessibility", "accessibility"),
    Shot("agency-privacy", "agency_privacy", _slug("aldermouth")),
    Shot("agency-accessibility", "agency_accessibility", _slug("aldermouth")),
    Shot("not-found", "topic", _unknown),
)
SUBSCRIBING = (
    Shot("subscribe", "subscribe", query=CHOSEN),
    Shot("subscribe-nothing", "subscribe"),
    Shot("subscribe-places", "subscribe", query=CHOSEN, act=_places),
    Shot("subscribe-error", "subscribe", query=CHOSEN, act=filled({"email": "nobody at nowhere"}, BUTTON)),
    Shot("check-your-mail", "check_your_mail", query=CHOSEN),
    Shot("confirm", "confirm", _token("confirm")),
    Shot("confirm-broken", "confirm", lambda world: {"token": world.confirm_token()[:-4]}),
    Shot("confirmed", "confirm", _token("confirm"), act=press(BUTTON)),
    Shot("embed", "embed", _slug("aldermouth")),
    Shot("embed-one-topic", "embed", _slug("aldermouth"), query="?topics=aldermouth-waste&only=aldermouth-waste"),
    Shot("embed-error", "embed", _slug("aldermouth"), act=filled({"email": "nobody at nowhere"}, BUTTON)),
    Shot("embed-done", "embed_done", _slug("aldermouth")),
)
LEAVING = (
    Shot("unsubscribe", "unsubscribe", _token("unsubscribe")),
    Shot("unsubscribe-broken", "unsubscribe", lambda world: {"token": world.unsubscribe_token()[:-4]}),
    Shot("unsubscribed", "unsubscribe", _token("unsubscribe"), act=_leave),
    Shot("unsubscribed-undone", "unsubscribe", _token("unsubscribe"), act=_leave_and_return),
    Shot("unsubscribed-paused", "unsubscribe", _token("unsubscribe"), act=press("main form:has([name=pause]) button")),
    Shot("leaving-reason", "unsubscribe", _token("unsubscribe"), act=_leave_and_answer),
)
OWN = (
    Shot("sign-in", "me_sign_in"),
    Shot("sign-in-error", "me_sign_in", act=filled({"email": "nobody at nowhere"}, BUTTON)),
    Shot("sign-in-sent", "me_sign_in", act=filled({"email": "somebody@tarnmark.example"}, BUTTON)),
    Shot("sign-in-too-many", "me_sign_in", act=_too_many),
    Shot("sign-in-open", "me_open", _token("sign_in")),
    Shot("sign-in-used", "me_open", lambda world: {"token": world.sign_in_token()[:-4]}),
    Shot("me", "me", who=Who.CITIZEN),
    Shot("me-areas", "me_areas", who=Who.CITIZEN),
    Shot("me-areas-found", "me_areas", who=Who.CITIZEN, act=_places),
    Shot("me-sent", "me_sent", who=Who.CITIZEN),
    Shot("me-times", "me_times", who=Who.CITIZEN),
    Shot("me-address", "me_address", who=Who.CITIZEN),
    Shot("me-address-error", "me_address", who=Who.CITIZEN, act=filled({"email": "nobody at"}, BUTTON)),
    Shot("me-endpoints", "me_endpoints", who=Who.CITIZEN),
    Shot("me-endpoint-added", "me_endpoints", who=Who.CITIZEN, act=_add_a_machine),
    Shot("address-confirm", "address_confirm", _token("new_address")),
    Shot("address-confirm-join", "address_confirm", _token("shared_address")),
    Shot("address-confirmed", "address_confirm", _token("shared_address"), act=press(BUTTON)),
    Shot("address-refuse", "address_refuse", _token("old_address")),
    Shot("me-subscribe", "subscribe", query="?topic=air-quality", who=Who.CITIZEN),
    Shot("me-stopped", "me", who=Who.CITIZEN, act=press(".own-topic [name=stop]")),
    Shot("me-pause-error", "me", who=Who.CITIZEN, act=filled({"until": "2020-01-01"}, PAUSE)),
    Shot("me-paused", "me", who=Who.CITIZEN, act=_pause),
)
CITIZENS = (*FINDING, *SUBSCRIBING, *LEAVING, *OWN)
