"""Whether somebody is known here is told to nobody but them: every answer is the same, to the last byte."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from channels.tokens import unsubscribe_token
from subscriptions.confirming import confirmation_token
from subscriptions.erasing import erase
from subscriptions.keys import signer
from subscriptions.models import Frequency, SignInLink, SignUp, Subscriber
from subscriptions.pages.form_clock import EMBED_SALT
from subscriptions.signing_in import sign_in_token
from tests.integration.abuse.answers import told
from tests.integration.abuse.people import EVERYBODY
from tests.integration.abuse.test_robots import clock
from tests.integration.subscriptions.cast import Town, a_form, a_subscriber, ask, signed_in

Asked = Callable[[Town, str], list[Any]]


def subscribing(town: Town, email: str) -> list[Any]:
    browser = Client()
    answer = browser.post("/subscribe/", a_form(town.floods, email=email))
    return [answer, browser.get(answer.get("Location", "/subscribe/"))]


def subscribing_twice(town: Town, email: str) -> list[Any]:
    return [*subscribing(town, email), *subscribing(town, email)]


def embedded(town: Town, email: str) -> list[Any]:
    browser = Client()
    form = {"topic": "floods", "email": email, "started": clock(60, EMBED_SALT)}
    answer = browser.post("/embed/water/subscribe/", form)
    return [answer, browser.get(answer.get("Location", "/embed/water/"))]


def signing_in(town: Town, email: str) -> list[Any]:
    return [Client().post("/me/sign-in/", {"email": email}) for _ in range(7)]  # the last ones are too many


def changing_address(town: Town, email: str) -> list[Any]:
    browser = signed_in(a_subscriber(f"asks-{email}", roads=Frequency.DAILY))
    answer = browser.post("/me/address/", {"email": email})
    return [answer, browser.get("/me/address/"), browser.get("/me/"), browser.get("/me/download/")]


@pytest.mark.parametrize("ask_for", [subscribing, subscribing_twice, embedded, signing_in])
def test_every_form_answers_everybody_alike(town: Town, settings: Settings, ask_for: Asked) -> None:
    settings.SIGN_UPS_PER_IP_AND_HOUR = 1_000
    answers = {}
    for number, somebody in enumerate(EVERYBODY):
        email = f"somebody{number}@example.org"
        somebody(email, town)
        answers[somebody.__name__] = [told(one, email) for one in ask_for(town, email)]
    assert {name for name, one in answers.items() if one != answers["unknown"]} == set()


def test_asking_for_another_address_tells_nothing_of_it(town: Town) -> None:
    answers = {}
    for number, somebody in enumerate(EVERYBODY):
        email = f"somebody{number}@example.org"
        somebody(email, town)
        first, *pages, download = changing_address(town, email)
        answers[somebody.__name__] = [told(one, f"asks-{email}", email) for one in (first, *pages)]
        mine = Subscriber.objects.get(email=f"asks-{email}")
        assert {mail["kind"] for mail in json.loads(download.getvalue())["account_mails"]} == {"address_notice"}
        assert mine.subscriptions.current().count() == 1
    assert {name for name, one in answers.items() if one != answers["unknown"]} == set()


@pytest.mark.parametrize("ask_for", [subscribing, embedded])
def test_too_much_is_too_much_for_everybody(town: Town, settings: Settings, ask_for: Asked) -> None:
    for number, somebody in enumerate(EVERYBODY):
        somebody(f"somebody{number}@example.org", town)
    settings.SIGN_UPS_PER_MAIL_DOMAIN_AND_HOUR = 0
    answers = set()
    for number in range(len(EVERYBODY)):
        email = f"somebody{number}@example.org"
        status, *rest = told(ask_for(town, email)[0], email)
        assert status == 429
        answers.add(str(rest))
    assert len(answers) == 1


def test_a_good_unsubscribe_link_says_the_same_of_who_left_was_erased_or_never_was(town: Town) -> None:
    left, gone = (a_subscriber(f"{name}@example.org", floods=Frequency.DAILY) for name in ("left", "gone"))
    left.subscriptions.update(ended_at=timezone.now())
    erase(subscribers=Subscriber.objects.filter(pk=gone.pk))
    answers = set()
    for number in (left.pk, gone.pk, 9_000_000):
        token = unsubscribe_token(signer(), number, 1, [town.floods.pk]).decode()
        answers.add(str([told(Client().get(f"/u/{token}"), token), told(Client().head(f"/u/{token}"), token)]))
    assert len(answers) == 1


def test_links_that_are_over_say_the_same_whyever(town: Town) -> None:
    carla, bob = (a_subscriber(f"{name}@example.org", floods=Frequency.DAILY) for name in ("carla", "bob"))
    used, old, of_bob = (SignInLink.objects.create(subscriber=one) for one in (carla, carla, bob))
    SignInLink.objects.filter(pk=used.pk).update(used_at=timezone.now())
    old.created_at = timezone.now() - timedelta(hours=2)
    tokens = [sign_in_token(link) for link in (used, old, of_bob)]
    erase(subscribers=Subscriber.objects.filter(pk=bob.pk))
    answers = {str(told(Client().get(f"/me/sign-in/{token}/"), token)) for token in tokens}
    answers |= {str(told(Client().get(f"/me/sign-in/{token}/"), token)) for token in tokens}
    assert len(answers) == 1


def test_a_confirmation_s_page_is_the_same_for_somebody_new_and_somebody_known(town: Town) -> None:
    a_subscriber("known@example.org", drought=Frequency.DAILY)
    answers = set()
    for email in ("known@example.org", "new@example.org"):
        ask(town.floods, town.roads, email=email)
        token = confirmation_token(SignUp.objects.get(subscriber__email=email))
        answers.add(str(told(Client().get(f"/confirm/{token}/"), token)))
    assert len(answers) == 1
