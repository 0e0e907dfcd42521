"""A mail scanner opens every link of every mail, many times: nothing changes, and each link works for its reader."""

import re
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urljoin, urlsplit

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from alerts.engine.digests import start_run
from subscriptions.changing_address import request_change
from subscriptions.models import AddressChange, Frequency, SignUp, Subscriber
from subscriptions.signing_in import request_sign_in
from tests.engine import work_through
from tests.inbox import Inbox, Mail
from tests.integration.abuse import rows
from tests.integration.engine.test_correcting import a_correction, bulletin_of, follow_up
from tests.integration.faults.scenes import a_bulletin_sent, an_alert_sent
from tests.integration.subscriptions import cast
from tests.integration.subscriptions.cast import a_subscriber, ask, has
from tests.journeys.visitor import Visitor

pytestmark = pytest.mark.django_db(transaction=True)
SITE = "https://news.gov.example"
CARLA, NEW, STRANGER, TAKEN = "carla@example.org", "carla@new.example", "dan@example.org", "bob@example.org"
SCANNERS: list[dict[str, str]] = [
    {
        "User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/126.0 Safari/537.36"
    },  # most say that they are people
    {"User-Agent": "BarracudaCentral/1.0", "Accept": "*/*"},
    {"User-Agent": "GoogleImageProxy", "Via": "1.1 proxy"},
    {
        "User-Agent": "Mozilla/5.0 (iPhone)",
        "Sec-Purpose": "prefetch;prerender",
        "Purpose": "prefetch",
        "X-Moz": "prefetch",
    },
    {"User-Agent": "curl/8.5.0", "Range": "bytes=0-99", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-User": "?1"},
]
_HREF = re.compile(r'(?:href|src|action)="([^"#]+)"')


def links(mail: Mail) -> set[str]:
    """All of it: text, HTML and headers."""
    text = mail.text("plain") + mail.text("html").replace("&amp;", "&") + str(mail.message["List-Unsubscribe"])
    text += str(mail.message["List-Archive"]) + str(mail.message["List-Help"])
    return {found.rstrip(".,)>") for found in re.findall(rf'{re.escape(SITE)}[^\s"<>]*', text)}


def mails_of_every_kind(inbox: Inbox, settings: Settings) -> dict[str, Mail]:
    settings.SITE_URL = SITE
    town = cast.a_town()
    carla = a_subscriber(CARLA, floods=Frequency.IMMEDIATE, roads=Frequency.DAILY)
    a_subscriber(TAKEN, drought=Frequency.IMMEDIATE)
    found: dict[str, Mail] = {}

    def sent(*names: str) -> None:
        before = len(inbox.mails)
        work_through()
        new = inbox.mails[before:]
        assert len(new) == len(names), [str(mail.message["Subject"]) for mail in new]
        found.update(zip(names, new, strict=True))

    ask(town.floods, town.roads, email=STRANGER)
    sent("confirm")
    ask(town.floods, email=CARLA)
    sent("already")
    request_sign_in(email=CARLA, ip="192.0.2.1")
    sent("sign-in")
    request_change(subscriber=carla, email=TAKEN, page="/me/address/", ip="192.0.2.1")
    sent("notice-taken", "taken")
    request_change(subscriber=carla, email=NEW, page="/me/address/", ip="192.0.2.1")
    sent("notice", "address")
    first = a_bulletin_sent(town.floods)
    sent("bulletin")
    a_correction(bulletin_of(first))
    sent("correction")
    alert = an_alert_sent(town.floods)
    sent("alert")
    follow_up(alert, "Cancel", town.floods)
    sent("cancel")
    a_bulletin_sent(town.roads)
    assert start_run(period=Frequency.DAILY, cut_off=timezone.now()) is not None
    sent("digest")
    return found


def on_page(page: str, address: str) -> Iterator[str]:
    for found in _HREF.findall(page):
        target = urljoin(address, found.replace("&amp;", "&"))
        if urlsplit(target).netloc in {"", urlsplit(SITE).netloc} and not urlsplit(target).path.startswith("/static/"):
            yield target


def walk(start: set[str], headers: dict[str, str], depth: int) -> int:
    """GET and HEAD every link twice, and what is linked there, so many pages deep; how many addresses were seen."""
    robot, seen, now = Client(), set[str](), start
    for level in range(depth + 1):
        further: set[str] = set()
        for address in sorted(now - seen):
            parts = urlsplit(address)
            path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
            for ask_for in (robot.head, robot.get, robot.get) if level == 0 else (robot.get,):
                answer = ask_for(path, headers=headers, follow=True)
                assert answer.status_code < 500, path
            if "html" in answer.get("Content-Type", ""):
                further |= set(on_page(answer.getvalue().decode(), address))
        seen |= now
        now = further
    return len(seen)


def test_a_scanner_of_every_mail_changes_nothing_and_uses_nothing_up(inbox: Inbox, settings: Settings) -> None:
    mails = mails_of_every_kind(inbox, settings)
    everything = {link for mail in mails.values() for link in links(mail)}
    assert all(links(mail) for mail in mails.values())
    before = rows.digest()
    for number, headers in enumerate(SCANNERS):
        assert walk(everything, headers, depth=0 if number else 2) >= len(everything)
    assert rows.digest() == before
    _a_sign_up_is_confirmed(mails)
    _an_address_changes_and_comes_back(mails)
    _a_sign_in_link_works_once(mails, settings)
    _every_mail_of_a_list_unsubscribes(mails)


def the(mail: Mail, start: str) -> str:
    (found,) = {link for link in links(mail) if urlsplit(link).path.startswith(start)}
    return found


def _a_sign_up_is_confirmed(mails: dict[str, Mail]) -> None:
    visitor = Visitor()
    visitor.open(the(mails["confirm"], "/confirm/"))
    visitor.press("Yes, subscribe me")
    assert has(Subscriber.objects.get(email=STRANGER)) == {"floods": "immediate", "roads": "immediate"}
    assert SignUp.objects.filter(confirmed_at=None).count() == 1  # Carla's, who has it all


def _an_address_changes_and_comes_back(mails: dict[str, Mail]) -> None:
    visitor = Visitor()
    visitor.open(the(mails["address"], "/me/address/confirm/"))
    visitor.press("Yes, send my mails here")
    assert Subscriber.objects.filter(email=NEW).exists()
    visitor.open(the(mails["notice"], "/me/address/refuse/"))
    visitor.press("This was not me: take it back")
    assert set(AddressChange.objects.exclude(confirmed_at=None).values_list("subscriber__email", flat=True)) == {CARLA}


def _a_sign_in_link_works_once(mails: dict[str, Mail], settings: Settings) -> None:
    """The change of address ended the one that was mailed before it, as it should; so here is another."""
    Visitor().open(the(mails["sign-in"], "/me/sign-in/"), status=410)
    carla = Subscriber.objects.get(email=CARLA)
    Subscriber.objects.filter(pk=carla.pk).update(signed_out_at=timezone.now() - timedelta(days=1))
    link = cast.sign_in_link(carla)
    for headers in SCANNERS:
        walk({SITE + link}, headers, depth=1)
    visitor = Visitor()
    visitor.open(link)
    visitor.press("Sign in")
    assert visitor.path == "/me/"
    Visitor().open(link, status=410)


def _every_mail_of_a_list_unsubscribes(mails: dict[str, Mail]) -> None:
    carla = Subscriber.objects.get(email=CARLA)
    for kind, topic in (
        ("bulletin", "floods"), ("correction", "floods"), ("alert", "floods"), ("cancel", "floods"), ("digest", "roads")
    ):  # fmt: skip
        carla.subscriptions.update(ended_at=None)
        Subscriber.objects.filter(pk=carla.pk).update(status=Subscriber.Status.ACTIVE)
        assert topic in has(carla)
        path = urlsplit(str(mails[kind].message["List-Unsubscribe"]).strip("<>")).path
        assert Client().post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
        assert topic not in has(carla), kind
