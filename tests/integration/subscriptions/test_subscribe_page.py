"""The page that takes an address: every bad input has a sentence, every address the same answer."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from time_machine import TimeMachineFixture

from subscriptions.models import Frequency, OutboxMessage, SignUp, Subscriber
from tests.integration.subscriptions.cast import CARLA, Town, a_form, a_subscriber, has, signed_in

PAGE, DONE = "/subscribe/", "/subscribe/check-your-mail/?topic=floods"


def test_topics_of_several_agencies_are_asked_for_in_one_go(town: Town, client: Client) -> None:
    form = a_form(town.floods, town.roads, **{f"frequency-{town.roads.pk}": "weekly"}, language="uk")
    answer = client.post(PAGE, form)
    assert (answer.status_code, answer["Location"]) == (302, f"{DONE}&topic=roads")
    request = SignUp.objects.get()
    assert request.choices == {str(town.floods.pk): "immediate", str(town.roads.pk): "weekly"}
    assert (request.language, request.page, request.subscriber.email) == ("uk", PAGE, CARLA)


def test_the_page_shows_the_chosen_topics_and_leaves_out_what_is_not_public(town: Town, client: Client) -> None:
    text = client.get(f"{PAGE}?topic=floods&topic=duty-roster&topic=nonsense").content.decode()
    assert "Flood warnings" in text
    assert "Duty roster" not in text


def test_internal_topics_can_t_be_slipped_into_the_form(town: Town, client: Client) -> None:
    client.post(PAGE, a_form(town.floods, town.internal))
    assert SignUp.objects.get().choices == {str(town.floods.pk): "immediate"}


def test_the_answer_is_the_same_for_known_unknown_and_ended_addresses(town: Town) -> None:
    a_subscriber(floods=Frequency.IMMEDIATE)
    a_subscriber("former@example.org")
    Subscriber.objects.filter(email="former@example.org").update(status=Subscriber.Status.ENDED)
    answers = set()
    for email in (CARLA, "former@example.org", "stranger@example.org", CARLA):
        browser = Client()
        answer = browser.post(PAGE, a_form(town.floods, email=email))
        headers = tuple(sorted((name, value) for name, value in answer.items() if name != "Expires"))
        page = browser.get(answer["Location"]).content
        answers.add((answer.status_code, answer.content, headers, page))
    assert len(answers) == 1


def test_a_form_sent_twice_sends_one_mail(town: Town, client: Client) -> None:
    form = a_form(town.floods)
    assert client.post(PAGE, form)["Location"] == client.post(PAGE, form)["Location"]
    assert OutboxMessage.objects.count() == 1


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("", "Enter your e-mail address"),
        ('carla"@example.org', "without quotation marks"),
        ("carla😀@example.org", "can&#x27;t have “😀” in it"),
        ("a" * 5_000 + "@example.org", "at most 254 characters"),
        ("carla@example.org\r\nBcc: all@example.org", "without line breaks"),
        ("carla example@example.org", "Remove the space"),
        ("carla@@example.org", "one @ sign"),
        ("carla@", "missing after the @"),
        ("carla@nowhere", "is not a name that mail can be sent to"),
        ("carla\x00@example.org", "Null characters are not allowed"),
        ("<script>alert(1)</script>@example.org", "can&#x27;t have “&lt;” in it"),
    ],
)
def test_a_bad_address_gets_a_sentence_in_a_summary_and_at_the_field(
    town: Town, client: Client, address: str, sentence: str
) -> None:
    answer = client.post(PAGE, a_form(town.floods, email=address))
    text = answer.content.decode()
    assert answer.status_code == 422
    assert text.count(sentence) == 2
    assert 'href="#id_email"' in text
    assert "<title>Error:" in text
    assert not Subscriber.objects.exists()


@pytest.mark.parametrize("address", ["müller@example.org", "данило@example.org", "o'carla+news@exämple.org"])
def test_addresses_that_browsers_refuse_but_mail_allows_are_taken(town: Town, client: Client, address: str) -> None:
    assert client.post(PAGE, a_form(town.floods, email=address))["Location"] == DONE
    assert Subscriber.objects.get().email == address


def test_a_robot_that_fills_in_the_hidden_field_gets_the_same_answer_and_nothing_else(
    town: Town, client: Client
) -> None:
    assert client.post(PAGE, a_form(town.floods, website="https://spam.example"))["Location"] == DONE
    assert not Subscriber.objects.exists()


def test_a_form_that_comes_back_at_once_is_asked_for_again_and_then_taken(
    town: Town, client: Client, time_machine: TimeMachineFixture
) -> None:
    time_machine.move_to(timezone.now(), tick=False)  # no page is slow
    shown = client.get(f"{PAGE}?topic=floods").context["form"]
    form = a_form(town.floods, started=shown["started"].value())
    answer = client.post(PAGE, form)
    assert (answer.status_code, "once more" in answer.content.decode()) == (422, True)
    time_machine.move_to(timezone.now() + timedelta(seconds=3))
    assert client.post(PAGE, form)["Location"] == DONE


@pytest.mark.parametrize("started", ["", "forged", "1700000000:1rS:forged"])
def test_a_clock_that_is_lost_or_forged_starts_anew_with_the_answer(
    town: Town, client: Client, time_machine: TimeMachineFixture, started: str
) -> None:
    answer = client.post(PAGE, a_form(town.floods, started=started))
    assert answer.status_code == 422
    time_machine.move_to(timezone.now() + timedelta(seconds=3))
    again = a_form(town.floods, started=answer.context["form"]["started"].value())
    assert client.post(PAGE, again)["Location"] == DONE


def test_without_a_topic_the_page_leads_back_to_the_search(town: Town, client: Client) -> None:
    for answer in (client.get(PAGE), client.post(PAGE, a_form())):
        assert "Choose at least one topic" in answer.content.decode()
    assert not Subscriber.objects.exists()


def test_a_made_up_frequency_or_language_is_refused(town: Town, client: Client) -> None:
    assert client.post(PAGE, a_form(town.floods, language="xx")).status_code == 422
    assert client.post(PAGE, a_form(town.floods) | {f"frequency-{town.floods.pk}": "hourly"}).status_code == 422
    assert not Subscriber.objects.exists()


def test_too_many_sign_ups_get_429_and_the_time_to_come_back(town: Town, client: Client, settings: Settings) -> None:
    settings.SIGN_UPS_PER_IP_AND_HOUR = 1
    client.post(PAGE, a_form(town.floods))
    answer = client.post(PAGE, a_form(town.floods, email="other@example.org"))
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0
    assert "Try again in" in answer.content.decode()


def test_the_visitor_s_own_header_is_not_believed_unless_a_proxy_writes_it(
    town: Town, client: Client, settings: Settings
) -> None:
    settings.SIGN_UPS_PER_IP_AND_HOUR = 1
    forms = [a_form(town.floods, email=f"{number}@example.org") for number in range(4)]
    client.post(PAGE, forms[0], headers={"X-Forwarded-For": "198.51.100.1"})
    assert client.post(PAGE, forms[1], headers={"X-Forwarded-For": "198.51.100.2"}).status_code == 429
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert client.post(PAGE, forms[2], headers={"X-Forwarded-For": "9.9.9.9, 198.51.100.3"}).status_code == 302
    assert client.post(PAGE, forms[3], headers={"X-Forwarded-For": "8.8.8.8, 198.51.100.3"}).status_code == 429


def test_who_is_signed_in_adds_topics_without_another_mail(town: Town) -> None:
    carla = a_subscriber(floods=Frequency.DAILY)
    browser = signed_in(carla)
    assert "You are signed in" in browser.get(f"{PAGE}?topic=roads").content.decode()
    browser.post("/me/topics/", {f"frequency-{town.roads.pk}": "weekly"})
    assert has(carla) == {"floods": "daily", "roads": "weekly"}
    assert not OutboxMessage.objects.exists()
