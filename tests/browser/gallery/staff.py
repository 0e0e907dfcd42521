"""Pictures of what members of staff, operators of machines and developers see."""

from typing import Any

from playwright.sync_api import Page

from tests.browser.gallery.shots import Act, Shot, Who, filled, press
from tests.browser.gallery.world import CITY
from tests.integration.staff.cast import PASSWORD

BUTTON = "main .button-row button.button"
SAVE = "main form [value=save], main .button-row button.button"


def _city(world: Any) -> dict[str, str]:
    return {"slug": CITY}


def _bulletin(name: str) -> Any:
    return lambda world: {"pk": world.bulletins[name].pk}


def _second_factor(page: Page) -> None:
    page.locator("[name=login]").fill("publisher@staff.tarnmark.example")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator(BUTTON).click()


def _meanwhile_saved(page: Page) -> None:
    """Somebody else saves the draft while it is open here."""
    other = page.context.new_page()
    other.goto(page.url)
    other.locator("[name=t0-title]").fill("Opening hours")
    with other.expect_navigation():
        other.locator(SAVE).first.click()
    other.close()
    page.locator("[name=t0-title]").fill("New opening hours")
    page.locator(SAVE).first.click()


def _alert_to_check(status: str) -> Act:
    def act(page: Page) -> None:
        page.locator(f"[name=status][value={status}]").check()
        page.locator("[name=topics]").first.check()
        for name, value in (("category", "Met"), ("urgency", "Immediate"), ("severity", "Extreme")):
            page.locator(f"[name={name}]").select_option(value)
        page.locator("[name=certainty]").select_option("Observed")
        page.locator("[name=areas]").fill("Lower town\nMill quarter")
        page.locator("[name=t0-event]").fill("Flash flood")
        page.locator("[name=t0-headline]").fill("Flash flood in the lower town: go to a higher floor now")
        page.locator("[name=t0-description]").fill("The Elder is over its banks and still rising.")
        page.locator("[name=t0-instruction]").fill("Go to the first floor or higher.\nDo not use your car.")
        page.locator(BUTTON).first.click()

    return act


SIGN_IN = (
    Shot("staff-sign-in", "account_login"),
    Shot(
        "staff-sign-in-error",
        "account_login",
        act=filled({"login": "author@staff.tarnmark.example", "password": "-"}, BUTTON),
    ),
    Shot("staff-second-factor", "account_login", act=_second_factor),
    Shot("staff-no-sign-up", "account_signup"),
    Shot("staff-inactive", "account_inactive"),
    Shot("staff-sign-out", "account_logout", who=Who.EDITOR),
    Shot("staff-sign-in-again", "account_reauthenticate", who=Who.EDITOR),
    Shot("staff-code-again", "mfa_reauthenticate", who=Who.EDITOR),
    Shot("staff-password", "account_change_password", who=Who.EDITOR),
    Shot("staff-my-sign-in", "mfa_index", who=Who.EDITOR),
    Shot(
        "staff-set-up-second-factor", "mfa_activate_totp", who=Who.NEWCOMER, act=filled({"password": PASSWORD}, BUTTON)
    ),
    Shot("staff-remove-second-factor", "mfa_deactivate_totp", who=Who.EDITOR),
    Shot("staff-recovery-codes", "mfa_view_recovery_codes", who=Who.EDITOR),
    Shot("staff-new-recovery-codes", "mfa_generate_recovery_codes", who=Who.EDITOR),
)
BULLETINS = (
    Shot("staff", "staff", who=Who.EDITOR),
    Shot("staff-administrator", "staff", who=Who.ADMINISTRATOR),
    Shot("staff-sources", "staff-sources", _city, who=Who.ADMINISTRATOR),
    Shot("staff-partners", "staff-partners", _city, query="?q=water", who=Who.ADMINISTRATOR),
    Shot("staff-embed", "staff-embed", _city, who=Who.ADMINISTRATOR),
    Shot("staff-choose-agency", "staff-new-bulletin", who=Who.EDITOR),
    Shot("staff-new-bulletin", "staff-new-bulletin", query=f"?agency={CITY}", who=Who.EDITOR),
    Shot("staff-new-bulletin-error", "staff-new-bulletin", query=f"?agency={CITY}", who=Who.EDITOR, act=press(SAVE)),
    Shot("staff-edit", "staff-edit", _bulletin("draft"), who=Who.EDITOR),
    Shot("staff-bulletin-draft", "staff-bulletin", _bulletin("draft"), who=Who.EDITOR),
    Shot("staff-publish", "staff-publish", _bulletin("draft"), who=Who.EDITOR),
    Shot("staff-bulletin-sent", "staff-bulletin", _bulletin("national"), who=Who.EDITOR),
    Shot("staff-recipients", "staff-bulletin-recipients", _bulletin("national"), who=Who.EDITOR),
    Shot("staff-bulletin-sending", "staff-bulletin", _bulletin("sending"), who=Who.EDITOR),
    Shot("staff-bulletin-paused", "staff-bulletin", _bulletin("paused"), who=Who.EDITOR),
    Shot("staff-bulletin-stop", "staff-bulletin-stop", _bulletin("sending"), who=Who.EDITOR),
    Shot("staff-bulletin-withdrawn", "staff-bulletin", _bulletin("withdrawn"), who=Who.EDITOR),
    Shot("staff-bulletin-corrected", "staff-bulletin", _bulletin("corrected"), who=Who.EDITOR),
    Shot("staff-withdraw", "staff-withdraw", _bulletin("national"), who=Who.EDITOR),
    Shot("staff-withdraw-error", "staff-withdraw", _bulletin("national"), who=Who.EDITOR, act=press(BUTTON)),
    Shot("staff-correct", "staff-correct", _bulletin("national"), who=Who.EDITOR),
    Shot("staff-correction-draft", "staff-bulletin", _bulletin("correction-draft"), who=Who.EDITOR),
    Shot("staff-edit-conflict", "staff-edit", _bulletin("correction-draft"), who=Who.EDITOR, act=_meanwhile_saved),
    Shot("staff-correction-publish", "staff-publish", _bulletin("correction-draft"), who=Who.EDITOR),
    Shot("staff-names", "staff-names", _city, who=Who.ADMINISTRATOR),
    Shot(
        "staff-topic-names",
        "staff-topic-names",
        lambda world: {"slug": CITY, "topic": "aldermouth-waste"},
        who=Who.ADMINISTRATOR,
    ),
    Shot("staff-categories", "staff-categories", who=Who.ADMINISTRATOR),
    Shot("staff-category", "staff-category", lambda world: {"pk": world.category.pk}, who=Who.ADMINISTRATOR),
    Shot(
        "staff-category-refused",
        "staff-category",
        lambda world: {"pk": world.category.pk},
        who=Who.ADMINISTRATOR,
        act=press("main form[action$='/delete/'] button"),
    ),
    Shot("staff-not-allowed", "staff-new-alert", who=Who.EDITOR),
)
ALERTS = (
    Shot("staff-operator", "staff", who=Who.OPERATOR),
    Shot("staff-new-alert", "staff-new-alert", who=Who.OPERATOR),
    Shot("staff-new-alert-error", "staff-new-alert", who=Who.OPERATOR, act=press(BUTTON)),
    Shot("staff-alert-check", "staff-new-alert", who=Who.OPERATOR, act=_alert_to_check("Actual")),
    Shot("staff-alert-check-exercise", "staff-new-alert", who=Who.OPERATOR, act=_alert_to_check("Exercise")),
    Shot("staff-alert-waiting", "staff-alert", _bulletin("waiting"), who=Who.OPERATOR),
    Shot("staff-alert-machine", "staff-alert", _bulletin("waiting-machine"), who=Who.OPERATOR),
    Shot("staff-alert-topics", "staff-alert-topics", _bulletin("waiting"), who=Who.OPERATOR),
    Shot("staff-alert-imported", "staff-alert", _bulletin("imported"), who=Who.OPERATOR),
    Shot("staff-approve", "staff-approve", _bulletin("waiting"), who=Who.APPROVER),
    Shot("staff-approve-error", "staff-approve", _bulletin("waiting"), who=Who.APPROVER, act=press(BUTTON)),
    Shot("staff-approve-exercise", "staff-approve", _bulletin("waiting-exercise"), who=Who.APPROVER),
    Shot("staff-alert-sent", "staff-alert", _bulletin("flood"), who=Who.APPROVER),
    Shot("staff-alert-update", "staff-alert", _bulletin("flood"), who=Who.OPERATOR, act=press("main a[href$=Update]")),
    Shot("staff-alert-cancel", "staff-alert", _bulletin("flood"), who=Who.OPERATOR, act=press("main a[href$=Cancel]")),
    Shot("staff-alert-recipients", "staff-alert-recipients", _bulletin("flood"), who=Who.APPROVER),
    Shot("staff-alert-sending", "staff-alert", _bulletin("alert-sending"), who=Who.OPERATOR),
    Shot("staff-alert-stop", "staff-alert-stop", _bulletin("alert-sending"), who=Who.OPERATOR),
    Shot("staff-alert-paused", "staff-alert", _bulletin("alert-paused"), who=Who.APPROVER),
    Shot("staff-alert-resume", "staff-alert-resume", _bulletin("alert-paused"), who=Who.APPROVER),
)
MACHINES = (
    Shot("developers", "developers"),
    Shot("health", "health"),
)
STAFF = (*SIGN_IN, *BULLETINS, *ALERTS, *MACHINES)
