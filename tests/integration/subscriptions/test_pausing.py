"""A break until a day: from one's own page, and from a mail's link instead of leaving."""

from datetime import date, timedelta

import pytest
from django.core import signing
from django.test import Client
from time_machine import TimeMachineFixture

from subscriptions.confirming import confirmation_token
from subscriptions.models import Frequency, SignUp, Subscriber
from subscriptions.pausing import BadPause, pause, undo, undo_token
from tests.integration.subscriptions.cast import Town, a_subscriber, has, signed_in, unsubscribe_link

NOW = "2026-11-22T12:00:00Z"
TODAY = date(2026, 11, 22)


@pytest.fixture
def carla(town: Town, time_machine: TimeMachineFixture) -> Subscriber:
    time_machine.move_to(NOW)
    return a_subscriber(floods=Frequency.WEEKLY, roads=Frequency.IMMEDIATE)


def days(number: int) -> date:
    return TODAY + timedelta(days=number)


def paused_until(subscriber: Subscriber) -> date | None:
    subscriber.refresh_from_db()
    return subscriber.paused_until


@pytest.mark.parametrize("number", [1, 14, 365])
def test_a_break_lasts_until_a_day_at_most_a_year_ahead(carla: Subscriber, number: int) -> None:
    pause(subscriber_id=carla.pk, until=days(number))
    assert paused_until(carla) == days(number)
    assert carla.is_paused
    assert has(carla) == {"floods": "weekly", "roads": "immediate"}


@pytest.mark.parametrize("number", [-1, 0, 366, 9_999])
def test_no_other_day_will_do(carla: Subscriber, number: int) -> None:
    with pytest.raises(BadPause):
        pause(subscriber_id=carla.pk, until=days(number))
    assert paused_until(carla) is None


def test_it_ends_by_itself_on_the_day(carla: Subscriber, time_machine: TimeMachineFixture) -> None:
    pause(subscriber_id=carla.pk, until=days(7))
    time_machine.move_to("2026-11-28T23:59:59Z", tick=False)
    carla.refresh_from_db()
    assert carla.is_paused
    time_machine.move_to("2026-11-29T00:00:01Z")
    assert not carla.is_paused
    assert "paused" not in signed_in(carla).get("/me/").content.decode()


def test_an_erased_person_can_t_be_paused(carla: Subscriber) -> None:
    Subscriber.objects.update(email="")
    assert pause(subscriber_id=carla.pk, until=days(7)) is None
    assert paused_until(carla) is None


def test_the_undo_takes_back_that_act_alone(carla: Subscriber) -> None:
    pause(subscriber_id=carla.pk, until=days(7))
    longer = pause(subscriber_id=carla.pk, until=days(14))
    assert longer is not None
    token = undo_token(longer)
    undo(token=token, subscriber_id=carla.pk)
    assert paused_until(carla) == days(7)
    pause(subscriber_id=carla.pk, until=days(30))
    undo(token=token, subscriber_id=carla.pk)
    assert paused_until(carla) == days(30)
    for spoilt in (token[:-2], ""):
        with pytest.raises(signing.BadSignature):
            undo(token=spoilt, subscriber_id=carla.pk)
    with pytest.raises(signing.BadSignature):
        undo(token=token, subscriber_id=carla.pk + 1)


def test_every_page_of_hers_says_that_it_is_paused_and_offers_to_resume(carla: Subscriber, town: Town) -> None:
    browser = signed_in(carla)
    answer = browser.post("/me/pause/", {"until": "2026-12-06"}, follow=True).content.decode()
    assert "It comes again on 6 December 2026" in answer
    for path in ("/me/", "/me/address/", "/me/endpoints/", "/me/sent/", "/me/areas/", "/me/times/"):
        page = browser.get(path).content.decode()
        assert "Your mail is paused until 6 December 2026" in page
        assert "Resume now" in page
    assert "Your mail is paused until" in browser.get(unsubscribe_link(carla, town.floods)).content.decode()
    assert "The break is over" in browser.post("/me/resume/", follow=True).content.decode()
    assert paused_until(carla) is None


@pytest.mark.parametrize(
    ("until", "sentence"),
    [
        ("", "Choose the day on which your mail comes again."),
        ("2026-11-22", "Choose a day in the future."),
        ("2026-11-01", "Choose a day in the future."),
        ("0001-01-01", "Choose a day in the future."),
        ("2027-11-23", "A break can last a year at most."),
        ("9999-12-31", "A break can last a year at most."),
        ("2026-02-30", "Write the day as year, month and day"),
        ("tomorrow", "Write the day as year, month and day"),
        ("22/12/2026", "Write the day as year, month and day"),
        ("2026-12-01 \x00", "Write the day as year, month and day"),
        ("9" * 5_000, "Write the day as year, month and day"),
    ],
)
def test_a_day_that_can_t_be_is_explained(carla: Subscriber, until: str, sentence: str) -> None:
    answer = signed_in(carla).post("/me/pause/", {"until": until})
    assert (answer.status_code, sentence in answer.content.decode()) == (422, True)
    assert paused_until(carla) is None


def test_a_mail_s_link_offers_a_break_that_can_be_undone(carla: Subscriber, town: Town, client: Client) -> None:
    link = unsubscribe_link(carla, town.floods)
    assert "Take a break instead?" in client.get(link).content.decode()
    answer = client.post(link, {"pause": "2"})
    assert "It comes again on 6 December 2026" in answer.content.decode()
    assert paused_until(carla) == days(14)
    assert has(carla) == {"floods": "weekly", "roads": "immediate"}
    client.post(link, {"undo-pause": answer.context["undo"]})
    assert paused_until(carla) is None


def test_a_mail_s_link_makes_no_break_shorter(carla: Subscriber, town: Town, client: Client) -> None:
    pause(subscriber_id=carla.pk, until=days(90))
    client.post(unsubscribe_link(carla, town.floods), {"pause": "1"})
    assert paused_until(carla) == days(90)


@pytest.mark.parametrize("form", [{"pause": "0"}, {"pause": "-1"}, {"pause": "99"}, {"pause": ""}, {"pause": "x"}])
def test_a_break_that_the_page_does_not_offer_is_none(
    carla: Subscriber, town: Town, client: Client, form: dict[str, str]
) -> None:
    assert client.post(unsubscribe_link(carla, town.floods), form).status_code == 400
    assert paused_until(carla) is None


def test_a_forged_undo_and_the_link_of_somebody_gone_change_nothing(
    carla: Subscriber, town: Town, client: Client
) -> None:
    link = unsubscribe_link(carla, town.floods)
    client.post(link, {"pause": "4"})
    answer = client.post(link, {"undo-pause": "forged"})
    assert answer.status_code == 410
    assert "It is too late to undo this" in answer.content.decode()
    assert paused_until(carla) == days(28)
    Subscriber.objects.update(email="")
    assert "nothing to pause" in client.post(link, {"pause": "4"}).content.decode()


def test_who_confirms_new_topics_during_a_break_is_told_of_it(carla: Subscriber, town: Town, client: Client) -> None:
    pause(subscriber_id=carla.pk, until=days(7))
    choices = {str(town.drought.pk): "daily"}
    sign_up = SignUp.objects.create(subscriber=carla, choices=choices, language="en", page="/")
    page = client.get(f"/confirm/{confirmation_token(sign_up)}/").content.decode()
    assert "Your mail is paused until 29 November 2026" in page
