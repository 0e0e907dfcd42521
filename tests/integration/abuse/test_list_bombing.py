"""Ten thousand sign-ups of one address: at most one mail a day, few rows, and the person can still sign up."""

import re
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from itertools import cycle, islice, pairwise

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from time_machine import TimeMachineFixture

from agencies.models import Agency
from subscriptions.areas import MOST as MOST_AREAS
from subscriptions.confirming import confirmation_token
from subscriptions.limits import SPELLINGS_PER_MAILBOX_AND_DAY, RateLimited
from subscriptions.models import Frequency, OutboxMessage, SignUp, Subscriber, Topic
from subscriptions.signing_in import MOST_A_DAY, request_sign_in
from subscriptions.signing_up import MOST_TOPICS, MOST_TRIES
from tests.engine import work_through
from tests.inbox import Inbox
from tests.integration.abuse import rows
from tests.integration.abuse.live import Site
from tests.integration.abuse.networks import SPELLINGS, addresses
from tests.integration.subscriptions import cast
from tests.integration.subscriptions.cast import Town, a_subscriber, ask, has
from tests.integration.subscriptions.test_at_once import at_once

WATER = "https://www.water.example"


def test_hundreds_at_once_through_every_form_make_one_mail(site: Callable[..., Site], inbox: Inbox) -> None:
    town = cast.a_town()
    Agency.objects.filter(pk=town.water.pk).update(embed_sites=[WATER])
    running = site(MINIMUM_FILL_SECONDS="0")
    forms = [running.opened_form("/subscribe/?topic=floods") for _ in range(15)]

    def by_the_page(number: int, ip: str, email: str) -> int:
        hidden, cookie = forms[number // 3 % len(forms)]
        topics = {f"frequency-{town.floods.pk}": "daily", f"frequency-{town.roads.pk}": "weekly"}
        form = {"topic": ["floods", "roads"], "email": email, "language": "fr", **topics, **hidden}
        return running.post("/subscribe/", form, cookie, ip=ip).status

    def by_the_embedded_form(number: int, ip: str, email: str) -> int:
        form = {"topic": ["floods", "drought"][number % 2], "email": email}
        return running.post("/embed/water/subscribe/", form, ("Origin", WATER), ip=ip).status

    def attack(number: int, ip: str, email: str) -> int:
        by = by_the_page if number % 3 == 0 else by_the_embedded_form
        return by(number, ip, email)

    with ThreadPoolExecutor(24) as pool:
        statuses = set(pool.map(attack, range(300), islice(addresses(), 300), islice(cycle(SPELLINGS), 300)))
    assert statuses == {302}
    work_through()
    (mail,) = inbox.mails
    assert (Subscriber.objects.count(), SignUp.objects.count(), OutboxMessage.objects.count()) == (1, 1, 1)
    own = {"topic": "drought", "email": SPELLINGS[0]}
    assert running.post("/embed/water/subscribe/", own, ("Origin", WATER), ip="192.0.2.77").status == 302
    work_through()
    assert len(inbox.mails) == 1
    (link,) = set(re.findall(r"/confirm/\S+/", mail.text("plain")))
    page = running.get(link)
    cookie = ("Cookie", page.header("Set-Cookie").partition(";")[0])
    hidden = {name: page.field(name) for name in ("csrfmiddlewaretoken", "seen", "choose")}
    assert running.post(link, hidden | {"keep": str(town.drought.pk)}, cookie).status == 302
    assert has(Subscriber.objects.get()) == {"drought": "immediate"}


@pytest.mark.parametrize("times", [500, pytest.param(10_000, marks=pytest.mark.long)])
def test_ten_thousand_from_as_many_networks_leave_as_few_rows_as_one(
    town: Town, times: int, settings: Settings
) -> None:
    settings.SIGN_UPS_PER_MAIL_DOMAIN_AND_HOUR = 2 * times  # which would end it half-way: rows hold without it
    topics = [cast.a_topic(town.city, f"topic-{number}", f"Topic {number}") for number in range(MOST_TOPICS + 60)]
    places = list(cast.a_country().values()) + [cast.a_place(f"P-{n}", f"Place {n}") for n in range(MOST_AREAS)]
    ask(town.floods, email=SPELLINGS[0])
    before = rows.count()
    for number, ip, email in zip(range(times), addresses(), cycle(SPELLINGS), strict=False):
        chosen = [topics[(number * 7 + one) % len(topics)] for one in range(7)]
        frequency = list(Frequency)[number % 3]
        ask(*chosen, email=email, ip=ip, frequency=frequency, language="fr", areas=[places[number % len(places)]])
    assert rows.count() == before
    request = SignUp.objects.get()
    assert (len(request.choices), len(request.areas)) == (MOST_TOPICS, MOST_AREAS)
    ask(town.drought, email=SPELLINGS[-1], areas=[places[0]], language="uk")
    request.refresh_from_db()
    assert request.choices[str(town.drought.pk)] == "immediate"
    assert (places[0].pk in request.areas, request.language) == (True, "uk")
    assert OutboxMessage.objects.count() == 1


def test_the_next_day_the_person_gets_a_mail_of_their_own(town: Town, time_machine: TimeMachineFixture) -> None:
    for ip, email in zip(islice(addresses(), 30), cycle(SPELLINGS), strict=False):
        ask(town.floods, email=email, ip=ip)
    time_machine.move_to(timezone.now() + timedelta(days=1, minutes=1))
    ask(town.roads, email=SPELLINGS[0])
    assert OutboxMessage.objects.count() == 2
    assert SignUp.objects.latest("pk").choices == {str(town.roads.pk): "immediate"}


@pytest.mark.django_db(transaction=True)
def test_a_server_that_refuses_the_address_is_not_asked_each_time(inbox: Inbox) -> None:
    town = cast.a_town()
    inbox.refusals[cast.CARLA.lower()] = inbox.refusals["Carla@example.org"] = "550 5.1.1 No such user"
    for ip in islice(addresses(), 20):
        ask(town.floods, ip=ip)
        work_through()
    assert set(OutboxMessage.objects.values_list("status", flat=True)) == {OutboxMessage.Status.FAILED}
    assert OutboxMessage.objects.count() == MOST_TRIES


def asked(emails: Iterable[str], topic: Topic) -> int:
    """How many of the addresses were let in, each from a network of its own."""
    taken = 0
    for email, ip in zip(emails, addresses(), strict=False):
        with suppress(RateLimited):
            ask(topic, email=email, ip=ip)
            taken += 1
    return taken


def test_tags_of_one_mailbox_are_few_mails_a_day_and_people_are_many(town: Town) -> None:
    assert asked([f"carla+{number}@example.org" for number in range(40)], town.floods) == SPELLINGS_PER_MAILBOX_AND_DAY
    assert OutboxMessage.objects.count() == SPELLINGS_PER_MAILBOX_AND_DAY
    assert asked([f"carla{number}@example.org" for number in range(40)], town.floods) == 40


@pytest.mark.parametrize("domain", ["gmail.com", "googlemail.com"])
def test_dots_that_a_receiver_does_not_see_are_few_mails_a_day(town: Town, domain: str) -> None:
    spellings = [f"c{'.' * (n & 1)}a{'.' * (n >> 1 & 1)}r{'.' * (n >> 2 & 1)}la@{domain}" for n in range(8)]
    assert asked(spellings, town.floods) == SPELLINGS_PER_MAILBOX_AND_DAY
    assert OutboxMessage.objects.count() == SPELLINGS_PER_MAILBOX_AND_DAY


def test_a_spelling_that_was_taken_is_taken_all_day_and_others_are_not_kept_out(town: Town) -> None:
    ask(town.floods, email="carla@example.org")
    asked([f"carla+{number}@example.org" for number in range(30)], town.floods)
    ask(town.roads, email="CARLA@example.org", ip="192.0.2.9")
    ask(town.roads, email="carlotta@example.org", ip="192.0.2.9")
    assert SignUp.objects.get(subscriber__email="carla@example.org").choices.keys() == {
        str(town.floods.pk), str(town.roads.pk)
    }  # fmt: skip


def test_links_to_sign_in_are_few_even_when_nothing_is_counted(town: Town, time_machine: TimeMachineFixture) -> None:
    a_subscriber(floods=Frequency.IMMEDIATE)
    start = timezone.now()
    for minute in range(0, 24 * 60, 10):
        time_machine.move_to(start + timedelta(minutes=minute), tick=False)
        for _ in range(3):
            cache.clear()  # as with a cache that is gone
            request_sign_in(email=cast.CARLA, ip="192.0.2.1")
    sent = OutboxMessage.objects.order_by("created_at").values_list("created_at", flat=True)
    assert MOST_A_DAY < len(sent) <= MOST_A_DAY + 24
    longest = max(later - earlier for earlier, later in pairwise(sent))
    assert longest <= timedelta(hours=1, minutes=10)


@pytest.mark.django_db(transaction=True)
def test_links_asked_for_at_once_are_few_even_when_nothing_is_counted(settings: Settings) -> None:
    cast.a_town()
    a_subscriber(floods=Frequency.IMMEDIATE)
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}}
    assert set(at_once(*[lambda: request_sign_in(email=cast.CARLA, ip="192.0.2.1")] * 20)) == {None}
    assert OutboxMessage.objects.count() == 5


def test_what_a_stranger_added_can_be_turned_down(town: Town, client: Client) -> None:
    ask(town.floods, email="victim@example.org")
    others = [cast.a_topic(town.city, f"topic-{number}", f"Topic {number}") for number in range(30)]
    ask(*others, email="victim@example.org", ip="198.51.100.1")
    link = f"/confirm/{confirmation_token(SignUp.objects.get())}/"
    seen = client.get(link).context["seen"]
    nothing = client.post(link, {"seen": seen, "choose": "1"})
    assert (nothing.status_code, "Nothing is ticked" in nothing.content.decode()) == (422, True)
    page = client.post(link, {"seen": seen, "choose": "1", "keep": [town.floods.pk, "9" * 30, "x"]}, follow=True)
    assert "Topic 3" not in page.content.decode()
    assert has(Subscriber.objects.get()) == {"floods": "immediate"}
    assert Topic.objects.count() > 30
