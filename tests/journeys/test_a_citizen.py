"""One person, from the first look to the last mail, with nothing but a browser and a mailbox."""

import re

import pytest
from django.test import Client

from agencies.models import Agency
from agencies.models.api_key import Scope
from govnotify.lib.queues import Queue
from subscriptions.models import ConsentRecord, Subscriber, Subscription, Topic
from tests.engine import work_through
from tests.inbox import Inbox, Mail
from tests.integration.api.requests import Machine
from tests.integration.staff.cast import a_key, a_topic, an_agency, listeners
from tests.journeys.visitor import Visitor

pytestmark = pytest.mark.django_db(transaction=True)
SITE = "https://news.gov.example"
CARLA = "Carla@Example.org"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def town(settings) -> dict[str, Machine]:
    """Two agencies with a topic each; how their systems speak."""
    settings.SITE_URL = SITE
    settings.MINIMUM_FILL_SECONDS = 0.0  # the operator's limit on how fast a form may be filled in
    water, city = an_agency("water", "Ministry of Water"), an_agency("brook", "City of Brook")
    a_topic(water, "floods", "Flood warnings")
    a_topic(city, "roads", "Road works")
    return {"floods": speaker(water), "roads": speaker(city)}


def speaker(agency: Agency) -> Machine:
    return Machine(a_key(agency, Scope.BULLETINS))


def publish(town: dict[str, Machine], topic: str, title: str, **more: object) -> None:
    bulletin = {"topics": [topic], "title": title, "body": f"{title}, **today**.", **more}
    assert town[topic].post("bulletins", bulletin).status_code == 201
    work_through()


def links(mail: Mail, start: str) -> list[str]:
    """Addresses of this site in the text part that begin with these words."""
    return re.findall(rf"^(?:.* )?({re.escape(SITE + start)}\S+)", mail.text("plain"), flags=re.MULTILINE)


def subjects(inbox: Inbox) -> list[str]:
    return [str(mail.message["Subject"]) for mail in inbox.mails]


def current() -> set[str]:
    return set(Subscription.objects.current().values_list("topic__slug", flat=True))


def test_subscribe_confirm_receive_and_leave(town: dict[str, Machine], inbox: Inbox, settings) -> None:
    carla = Visitor()
    assert "Flood warnings" in carla.open("/?q=flood")
    carla.open("/subscribe/?topic=floods&topic=roads")
    carla.press("Subscribe", email=CARLA)
    assert carla.path == "/subscribe/check-your-mail/"

    publish(town, "floods", "Too early")  # nobody has confirmed anything yet
    asked = inbox.to(CARLA.replace("Example", "example"))
    assert settings.SERVICE_ADDRESS in str(asked.message["From"])
    assert asked.message["List-Unsubscribe"] is None
    assert asked.message["Auto-Submitted"] == "auto-generated"
    assert "Flood warnings" in asked.text("plain")
    (confirm,) = links(asked, "/confirm/")
    carla.open(confirm)
    carla.open(confirm)  # as mail scanners do
    assert current() == set()
    carla.press("Yes, subscribe me")
    assert current() == {"floods", "roads"}

    inbox.mails.clear()
    publish(town, "floods", "The Arn rises")
    publish(town, "roads", "Bridge closed")
    assert subjects(inbox) == ["The Arn rises", "Bridge closed"]
    (leave,) = links(inbox.mails[0], "/u/")
    carla.open(leave)
    assert current() == {"floods", "roads"}
    carla.press("Stop this topic")
    assert current() == {"roads"}

    inbox.mails.clear()
    publish(town, "floods", "The Arn falls")
    publish(town, "roads", "Bridge open")
    assert subjects(inbox) == ["Bridge open"]
    carla.open(leave)
    carla.press("Stop everything")
    publish(town, "roads", "Bridge closed again")
    assert subjects(inbox) == ["Bridge open"]
    assert Subscriber.objects.get().status == Subscriber.Status.ENDED
    acts = list(ConsentRecord.objects.order_by("pk").values_list("act", "way", "topic__slug"))
    assert sorted(acts[:2]) == [("given", "confirmed", "floods"), ("given", "confirmed", "roads")]
    assert acts[2:] == [("withdrawn", "link", "floods"), ("withdrawn", "link", "roads")]


@pytest.mark.parametrize("multipart", [True, False], ids=["multipart", "urlencoded"])
def test_the_mail_clients_one_click_leaves_and_the_next_bulletin_is_not_sent(
    town: dict[str, Machine], inbox: Inbox, multipart: bool
) -> None:
    listeners(Topic.objects.filter(slug="floods"), people=2)
    publish(town, "floods", "The Arn rises")
    address = str(inbox.to("citizen0@example.org").message["List-Unsubscribe"]).strip("<>").removeprefix(SITE)
    client = Client(enforce_csrf_checks=True)  # no cookie, no referrer, no token of a form
    assert client.get(address).status_code == 200
    assert Subscription.objects.current().count() == 2
    if multipart:
        answer = client.post(address, ONE_CLICK)
    else:
        answer = client.post(address, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded")
    assert (answer.status_code, answer.cookies.output()) == (200, "")
    inbox.mails.clear()
    publish(town, "floods", "The Arn falls")
    assert list(inbox.recipients()) == ["citizen1@example.org"]


def test_a_mail_leads_to_its_page_in_each_of_its_languages(town: dict[str, Machine], inbox: Inbox) -> None:
    listeners(Topic.objects.filter(slug="floods"), people=1)
    french = {"language": "fr", "title": "La crue monte", "body": "Partez."}
    arabic = {"language": "ar", "title": "النهر يرتفع", "body": "غادروا."}
    publish(town, "floods", "The Arn rises", variants=[french, arabic])
    visitor = Visitor()
    shown = [visitor.open(address) for address in links(inbox.mails[0], "/bulletins/")]
    for title, page in zip(["The Arn rises", "النهر يرتفع", "La crue monte"], shown, strict=True):
        assert re.search(rf"<h1[^>]*>\s*{title}", page)


def test_a_confirmation_goes_out_while_bulletins_do_not(town: dict[str, Machine], inbox: Inbox) -> None:
    """The transactional lane is its own: its worker sends it, whatever waits on the others."""
    listeners(Topic.objects.filter(slug="roads"), people=3)
    town["roads"].post("bulletins", {"topics": ["roads"], "title": "Bridge closed", "body": "Today."})
    carla = Visitor()
    carla.open("/subscribe/?topic=floods")
    carla.press("Subscribe", email=CARLA)
    work_through(Queue.TRANSACTIONAL)
    assert len(inbox.mails) == 1
    assert links(inbox.mails[0], "/confirm/")
