"""The page behind the confirmation mail's link."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from time_machine import TimeMachineFixture

from subscriptions.confirming import confirmation_token
from subscriptions.models import SignUp
from tests.integration.subscriptions.cast import Town, ask, has


@pytest.fixture
def link(town: Town) -> str:
    ask(town.floods, town.roads)
    return f"/confirm/{confirmation_token(SignUp.objects.get())}/"


def seen(client: Client, link: str) -> dict[str, str]:
    return {"seen": client.get(link).context["seen"]}


def test_the_page_shows_what_was_asked_for_and_the_button_does_it(link: str, client: Client) -> None:
    assert "Flood warnings" in client.get(link).content.decode()
    answer = client.post(link, seen(client, link), follow=True)
    assert "You are subscribed" in answer.content.decode()
    assert has(SignUp.objects.get().subscriber) == {"floods": "immediate", "roads": "immediate"}


def test_the_form_sent_twice_is_harmless(link: str, client: Client) -> None:
    form = seen(client, link)
    client.post(link, form)
    assert client.post(link, form, follow=True).status_code == 200


def test_more_asked_for_meanwhile_shows_the_page_again(link: str, town: Town, client: Client) -> None:
    form = seen(client, link)
    ask(town.drought)
    answer = client.post(link, form)
    assert answer.status_code == 409
    assert "Drought notices" in answer.content.decode()
    assert has(SignUp.objects.get().subscriber) == {}
    client.post(link, {"seen": answer.context["seen"]})
    assert len(has(SignUp.objects.get().subscriber)) == 3


@pytest.mark.parametrize("cut", [1, 5, 20])
def test_a_cut_link_explains_itself(link: str, client: Client, cut: int) -> None:
    answer = client.get(f"{link[: -cut - 1]}/")
    assert answer.status_code == 404
    assert "copy the whole link" in answer.content.decode()


def test_an_old_link_and_one_whose_sign_up_is_gone_say_so(
    link: str, client: Client, time_machine: TimeMachineFixture
) -> None:
    time_machine.move_to(timezone.now() + timedelta(days=8))
    assert client.get(link).status_code == 410
    time_machine.move_to(timezone.now() - timedelta(days=8))
    SignUp.objects.all().delete()
    answer = client.post(link)
    assert answer.status_code == 410
    assert "no longer works" in answer.content.decode()


def test_a_post_from_elsewhere_is_refused_by_the_csrf_check(link: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post(link, {"seen": "x"})
    assert answer.status_code == 403
    assert "This form is too old" in answer.content.decode()


def test_when_every_topic_is_closed_there_is_nothing_to_confirm(link: str, town: Town, client: Client) -> None:
    type(town.floods).objects.update(closed_at=timezone.now())
    assert "These topics are closed" in client.get(link).content.decode()
