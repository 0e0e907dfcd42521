"""Carla manages what she gets and moves to another address, with a browser without script and two mailboxes."""

import json
import re

import pytest

from agencies.models import Agency
from agencies.models.api_key import Scope
from subscriptions.models import Frequency, LeavingCount, Subscriber
from tests.engine import work_through
from tests.inbox import Inbox, Mail
from tests.integration.api.requests import Machine
from tests.integration.staff.cast import a_key, a_topic, an_agency
from tests.integration.subscriptions.cast import a_subscriber, has
from tests.journeys.visitor import Visitor

pytestmark = pytest.mark.django_db(transaction=True)
SITE = "https://news.gov.example"
OLD, NEW, TAKEN = "carla@old.example", "carla@new.example", "bob@else.example"


@pytest.fixture
def water(settings) -> Agency:
    settings.SITE_URL = SITE
    agency = an_agency("water", "Ministry of Water")
    for slug in ("floods", "drought"):
        a_topic(agency, slug)
    return agency


@pytest.fixture
def carla(water: Agency) -> Subscriber:
    return a_subscriber(OLD, floods=Frequency.IMMEDIATE, drought=Frequency.IMMEDIATE)


def publish(agency: Agency, title: str, topic: str = "floods") -> None:
    bulletin = {"topics": [topic], "title": title, "body": f"{title}, **today**."}
    assert Machine(a_key(agency, Scope.BULLETINS)).post("bulletins", bulletin).status_code == 201
    work_through()


def link(mail: Mail, start: str) -> str:
    (found,) = set(re.findall(rf"{re.escape(SITE + start)}\S+", mail.text("plain")))
    return str(found)


def last(inbox: Inbox, recipient: str) -> Mail:
    return [mail for mail in inbox.mails if mail.recipient == recipient][-1]


def sign_in(visitor: Visitor, inbox: Inbox, address: str) -> None:
    visitor.open("/me/sign-in/")
    visitor.press("Send me a link", email=address)
    work_through()
    visitor.open(link(last(inbox, address), "/me/sign-in/"))
    visitor.press("Sign in")
    assert visitor.path == "/me/"


def scanned(visitor: Visitor, address: str) -> None:
    """A mail scanner follows every link several times."""
    for _ in range(3):
        visitor.open(address)


def test_the_mail_moves_with_her_and_comes_back_when_it_was_not_her(
    water: Agency, carla: Subscriber, inbox: Inbox
) -> None:
    here, at_new, at_old = Visitor(), Visitor(), Visitor()
    sign_in(here, inbox, OLD)
    here.open("/me/address/")
    here.press("Send the link", email=NEW)
    work_through()
    confirm, refuse = link(last(inbox, NEW), "/me/address/confirm/"), link(last(inbox, OLD), "/me/address/refuse/")
    scanned(Visitor(), confirm)
    scanned(Visitor(), refuse)
    publish(water, "Before")
    at_new.open(confirm)
    at_new.press("Yes, send my mails here")
    publish(water, "After")
    at_old.open(refuse)
    at_old.press("This was not me: take it back")
    publish(water, "Back again")
    bulletins = [(mail.recipient, str(mail.message["Subject"])) for mail in inbox.mails if mail.message["List-Id"]]
    assert bulletins == [(OLD, "Before"), (NEW, "After"), (OLD, "Back again")]
    here.open("/me/")
    assert here.path == "/me/sign-in/"

    sign_in(here, inbox, OLD)
    page = here.open("/me/sent/")
    assert [page.index(title) for title in ("Back again", "After", "Before")] == sorted(
        page.index(title) for title in ("Before", "After", "Back again")
    )
    assert page.count("Accepted by your mail server.") == 3
    data = json.loads(here.open("/me/download/"))
    assert [len(one["deliveries"]) for one in data["sent"]] == [1, 1, 1]
    assert {one["way"] for one in data["consent"]} == {"address"}


def test_an_address_that_has_its_own_subscriptions_takes_in_hers_when_it_confirms(
    water: Agency, carla: Subscriber, inbox: Inbox
) -> None:
    bob = a_subscriber(TAKEN, drought=Frequency.DAILY)
    here = Visitor()
    sign_in(here, inbox, OLD)
    here.open("/me/address/")
    assert "A link is on its way to" in here.press("Send the link", email=TAKEN)
    work_through()
    assert has(bob) == {"drought": "daily"}
    there = Visitor()
    there.open(link(last(inbox, TAKEN), "/me/address/confirm/"))
    there.press("Yes, send my mails here")
    assert has(bob) == {"drought": "immediate", "floods": "immediate"}


def test_a_reason_is_given_after_leaving(water: Agency, carla: Subscriber, inbox: Inbox) -> None:
    publish(water, "Before")
    here = Visitor()
    here.open(link(inbox.to(OLD), "/u/"))
    here.press("Stop this topic")
    here.press("Send my answer", reason="too-many")
    assert "It is kept without your name or address." in here.page
    assert LeavingCount.objects.get().topic.slug == "floods"
    publish(water, "After")
    publish(water, "Of the other topic", "drought")
    assert [str(mail.message["Subject"]) for mail in inbox.mails] == ["Before", "Of the other topic"]
