"""Our own mail and pages as somebody's weapon: what a stranger can write into a mail, where a link can be bent to."""

import re
from collections.abc import Callable
from urllib.parse import quote

import pytest
from django.test import Client
from pytest_django import Settings

from agencies.models import Agency, Role
from subscriptions.changing_address import request_change
from subscriptions.confirming import confirmation_token
from subscriptions.keys import signer
from subscriptions.models import Frequency, SignUp
from subscriptions.pages.form_clock import EMBED_SALT
from tests.browser.world import a_world
from tests.engine import work_through
from tests.inbox import Inbox, Mail
from tests.integration.abuse.links import KINDS
from tests.integration.abuse.live import Site
from tests.integration.abuse.test_robots import EMBED, PAGE, SIGN_IN, clock
from tests.integration.staff.cast import PASSWORD, a_person
from tests.integration.subscriptions import cast
from tests.integration.subscriptions.cast import a_form, a_subscriber, signed_in

SITE = "https://news.gov.example"
EVIL = "evil.example"
LURE = f"www.{EVIL}/win-a-prize"  # all of it may stand before an @
ADDRESS = f"{LURE}@example.org"
HEADERS = {
    "User-Agent": f"https://{EVIL}/",
    "Referer": f"https://{EVIL}/",
    "X-Forwarded-Host": EVIL,
    "Forwarded": f"host={EVIL}",
    "X-Forwarded-For": EVIL,
    "Accept-Language": "en",
}


def words_of(mail: Mail) -> str:
    """All that its reader sees, and every header but To, which is their own address."""
    headers = "".join(f"{name}: {value}\n" for name, value in mail.message.items() if name != "To")
    return headers + mail.text("plain") + mail.text("html")


@pytest.mark.django_db(transaction=True)
def test_no_mail_says_a_word_that_a_stranger_wrote(inbox: Inbox, settings: Settings) -> None:
    settings.SITE_URL = SITE
    town = cast.a_town()
    lure = {"page": f"https://{EVIL}/", "site": f"https://{EVIL}", "back": f"https://{EVIL}/", "name": "You won"}
    form = a_form(town.floods, email=ADDRESS) | lure
    assert Client().post(f"{PAGE}?utm={EVIL}", form, headers=HEADERS).status_code == 302
    embed = {"topic": "floods", "email": f"{LURE}2@example.org", "lang": EVIL, "started": clock(60, EMBED_SALT)} | lure
    assert Client().post(EMBED, embed, headers=HEADERS | {"Origin": f"https://{EVIL}"}).status_code == 302
    a_subscriber(f"{LURE}3@example.org", floods=Frequency.IMMEDIATE)
    assert Client().post(PAGE, a_form(town.floods, email=f"{LURE}3@example.org") | lure).status_code == 302
    assert Client().post(SIGN_IN, {"email": f"{LURE}3@example.org"} | lure, headers=HEADERS).status_code == 200
    for number, new in enumerate((f"{LURE}5@example.org", f"{LURE}3@example.org"), start=6):
        villain = a_subscriber(f"{LURE}{number}@example.org", floods=Frequency.IMMEDIATE)
        request_change(subscriber=villain, email=new, page=f"/{EVIL}", ip="192.0.2.1")
    work_through()
    subjects = {str(mail.message["Subject"]) for mail in inbox.mails}
    assert (len(inbox.mails), len(subjects)) == (8, 5)
    for mail in inbox.mails:
        assert EVIL not in words_of(mail), mail.message["Subject"]
        assert "You won" not in words_of(mail)
        found = re.findall(r"https?://[^\s\"<>]*", words_of(mail))
        assert found
        assert all(link.startswith(SITE) for link in found), found


@pytest.mark.django_db
@pytest.mark.parametrize(
    "target", [f"https://{EVIL}/", f"//{EVIL}", f"\\\\{EVIL}", f"https:{EVIL}", f"/\\{EVIL}", f"javascript://{EVIL}"]
)
def test_no_form_sends_anybody_elsewhere(target: str) -> None:
    town = cast.a_town()
    Agency.objects.filter(pk=town.water.pk).update(embed_sites=["https://www.water.example"])
    ana = a_person(town.water, Role.VIEWER)
    login = Client().post("/staff/sign-in/login/", {"login": ana.email, "password": PASSWORD, "next": target})
    by_address = Client().post(
        f"/staff/sign-in/login/?next={quote(target)}", {"login": ana.email, "password": PASSWORD}
    )
    answers = [login, by_address, Client().post("/staff/sign-in/logout/", {"next": target})]
    lure = {"next": target, "back": target, "url": target, "redirect": target, "site": target}
    answers.append(Client().post(PAGE, a_form(town.floods) | lure))
    answers.append(
        Client().post(EMBED, {"topic": "floods", "email": cast.CARLA, "started": clock(60, EMBED_SALT)} | lure)
    )
    answers.append(
        signed_in(a_subscriber("own@example.org")).post(
            f"/me/language/?next={quote(target)}", {"language": "en"} | lure
        )
    )
    for answer in answers:
        assert answer.status_code == 302
        assert EVIL not in answer["Location"]
    page = Client().get(f"/embed/water/?back={quote(target)}&site={quote(target)}").content.decode()
    assert not re.search(rf'(?:href|action|value)="[^"?]*{EVIL}', page)


@pytest.mark.django_db
def test_pages_of_one_s_own_and_pages_with_tokens_are_kept_and_passed_on_by_nobody() -> None:
    world = a_world()
    browser = signed_in(world.carla)
    pages = [
        path for path in [*world.pages.values(), "/me/download/"] if re.match(r"/(me|confirm|u|subscribe|embed)/", path)
    ]
    assert len(pages) > 15
    for path in pages:
        for method in (browser.get, browser.head):
            answer = method(path)
            assert {"private", "no-store"} <= set(
                re.split(r",\s*", answer["Cache-Control"])
            ) or "check-your-mail" in path
            assert answer["Referrer-Policy"] == "same-origin", path
            assert answer["X-Robots-Tag"] == "noindex", path
        assert not re.search(
            r'(?:src|href)="(?:https?:)?//', answer.getvalue().decode().replace("https://alerts.example.org", "")
        )


def test_the_log_has_no_token_and_no_address(site: Callable[..., Site]) -> None:
    town = cast.a_town()
    running = site(SIGN_UPS_PER_IP_AND_HOUR="1")
    carla = a_subscriber("carla@secret.example", floods=Frequency.IMMEDIATE)
    signer.cache_clear()
    tokens = {name: kind.make(carla) for name, kind in KINDS.items()}
    for name, token in tokens.items():
        for path in (KINDS[name].at(token), KINDS[name].at(token[:-1]), KINDS[name].at(token) + "x"):
            running.post(path, {"scope": "nonsense"})
            running.get(path)
    hidden, cookie = running.opened_form(SIGN_IN)
    for email in ("carla@secret.example", "carla@secret.example", "carla@@secret.example"):
        running.post(SIGN_IN, hidden | {"email": email}, cookie)
        running.post(EMBED, {"topic": town.floods.slug, "email": email})
    assert "Forbidden" in running.log
    assert "Bad Request: /u/…" in running.log
    for token in tokens.values():
        assert token[:-1] not in running.log
    assert "secret.example" not in running.log


@pytest.mark.django_db
def test_a_made_up_host_is_in_no_link() -> None:
    town = cast.a_town()
    cast.ask(town.floods)
    token = confirmation_token(SignUp.objects.get())
    for path in ("/", f"/confirm/{token}/", SIGN_IN):
        assert Client().get(path, headers={"Host": EVIL}).status_code == 400
        assert EVIL not in Client().get(path, headers={"X-Forwarded-Host": EVIL}).content.decode()
