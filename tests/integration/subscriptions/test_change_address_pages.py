"""The pages of a change of address: the same answer for every address, links that work once and are hard to misuse."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from time_machine import TimeMachineFixture

from subscriptions.changing_address import confirm_token, refuse_token
from subscriptions.confirming import confirmation_token
from subscriptions.erasing import erase
from subscriptions.models import AddressChange, Frequency, OutboxMessage, SignUp, Subscriber
from tests.integration.subscriptions.cast import CARLA, Town, a_subscriber, has, signed_in

PAGE, NEW = "/me/address/", "new@example.org"


@pytest.fixture
def carla(town: Town) -> Subscriber:
    return a_subscriber(floods=Frequency.WEEKLY)


def asked(carla: Subscriber, email: str = NEW) -> AddressChange:
    signed_in(carla).post(PAGE, {"email": email})
    return AddressChange.objects.latest("pk")


def confirm_link(change: AddressChange) -> str:
    return f"{PAGE}confirm/{confirm_token(change)}/"


def refuse_link(change: AddressChange) -> str:
    return f"{PAGE}refuse/{refuse_token(change)}/"


def address_of(subscriber: Subscriber) -> str:
    subscriber.refresh_from_db()
    return subscriber.email


def test_known_unknown_pending_and_former_addresses_get_the_same_answer(town: Town) -> None:
    """But for the address that was typed: it is the same length everywhere, and taken out."""
    a_subscriber("known@example.org", roads=Frequency.DAILY)
    for email, status in (("waits@example.org", "pending"), ("ended@example.org", "ended")):
        Subscriber.objects.filter(pk=a_subscriber(email).pk).update(status=status)
    answers = set()
    for number, email in enumerate(
        ("known@example.org", "waits@example.org", "ended@example.org", "never@example.org")
    ):
        browser = signed_in(a_subscriber(f"asks{number}@example.org", floods=Frequency.DAILY))
        answer = browser.post(PAGE, {"email": email.upper()})
        page = browser.get(answer["Location"])
        text = page.content.decode()
        assert email.upper() in text
        text = text.replace(email.upper(), "").replace(f"asks{number}@example.org", "")
        tokens = [part.split('"')[0] for part in text.split('name="csrfmiddlewaretoken" value="')[1:]]
        for token in tokens:
            text = text.replace(token, "")
        headers = tuple(sorted((name, value) for name, value in answer.items() if name != "Expires"))
        answers.add((answer.status_code, answer.content, headers, page.status_code, text))
    assert len(answers) == 1


def test_asked_again_for_the_same_address_the_answer_is_the_same(carla: Subscriber) -> None:
    browser = signed_in(carla)
    for _ in range(5):
        assert browser.post(PAGE, {"email": NEW})["Location"] == PAGE
    assert OutboxMessage.objects.filter(kind="address_confirm").count() == 1


@pytest.mark.parametrize(
    ("email", "sentence"),
    [
        ("", "Enter your e-mail address"),
        ("carla", "needs an @ sign"),
        ("carla@example.org", "Your mail goes to this address already."),
        ("a@b@c.example", "one @ sign"),
        ("x" * 300 + "@example.org", "too long"),
        ("new\x00@example.org", "can&#x27;t"),
    ],
)
def test_what_is_wrong_with_an_address_is_explained(carla: Subscriber, email: str, sentence: str) -> None:
    answer = signed_in(carla).post(PAGE, {"email": email})
    assert answer.status_code == 422
    assert (
        sentence in answer.content.decode()
        or "invisible" in answer.content.decode()
        or "Null" in (answer.content.decode())
    )
    assert not AddressChange.objects.exists()


def test_too_many_changes_are_stopped(carla: Subscriber) -> None:
    browser = signed_in(carla)
    for number in range(3):
        browser.post(PAGE, {"email": f"new{number}@example.org"})
    answer = browser.post(PAGE, {"email": NEW})
    assert (answer.status_code, int(answer["Retry-After"]) > 0) == (429, True)
    assert "Too many changes" in answer.content.decode()


def test_looking_changes_nothing_and_the_button_moves_the_mail(carla: Subscriber, client: Client) -> None:
    link = confirm_link(asked(carla))
    for _ in range(3):
        client.get(link)
        client.head(link)
    assert address_of(carla) == CARLA
    for _ in range(2):
        assert "Your address is changed" in client.post(link, follow=True).content.decode()
    assert address_of(carla) == NEW


def test_the_page_for_the_new_address_says_nothing_of_the_old_one_or_the_topics(
    carla: Subscriber, client: Client
) -> None:
    link = confirm_link(asked(carla))
    for page in (client.get(link), client.post(link, follow=True)):
        assert CARLA.lower() not in page.content.decode().lower()
        assert "Flood warnings" not in page.content.decode()


def test_other_browsers_are_signed_out_and_the_one_at_hand_stays(carla: Subscriber) -> None:
    here, elsewhere = signed_in(carla), signed_in(carla)
    here.post(PAGE, {"email": NEW})
    here.post(confirm_link(AddressChange.objects.get()))
    assert NEW in here.get("/me/").content.decode()
    assert elsewhere.get("/me/").status_code == 302


def test_a_stranger_s_press_signs_nobody_in(carla: Subscriber, client: Client) -> None:
    client.post(confirm_link(asked(carla)))
    assert client.get("/me/").status_code == 302


def test_a_change_is_called_off_by_its_owner(carla: Subscriber, client: Client) -> None:
    link = confirm_link(asked(carla))
    browser = signed_in(carla)
    assert NEW in browser.get(PAGE).content.decode()
    browser.post(f"{PAGE}cancel/")
    assert NEW not in browser.get(PAGE).content.decode()
    assert client.post(link).status_code == 410
    assert address_of(carla) == CARLA


def test_the_old_address_stops_it_and_everybody_is_signed_out(carla: Subscriber, client: Client) -> None:
    thief = signed_in(carla)
    thief.post(PAGE, {"email": NEW})
    change = AddressChange.objects.get()
    client.get(refuse_link(change))
    assert thief.get("/me/").status_code == 200
    for _ in range(2):
        assert "The change is stopped" in client.post(refuse_link(change), follow=True).content.decode()
    assert thief.get("/me/").status_code == 302
    assert client.post(confirm_link(change)).status_code == 410
    assert address_of(carla) == CARLA


def test_the_old_address_takes_it_back_for_seven_days(
    carla: Subscriber, client: Client, time_machine: TimeMachineFixture
) -> None:
    change = asked(carla)
    client.post(confirm_link(change))
    assert "take it back" in client.get(refuse_link(change)).content.decode()
    time_machine.move_to(timezone.now() + timedelta(days=6))
    client.post(refuse_link(change))
    assert (address_of(carla), has(carla)) == (CARLA, {"floods": "weekly"})


def test_after_seven_days_the_change_stays(carla: Subscriber, client: Client, time_machine: TimeMachineFixture) -> None:
    change = asked(carla)
    client.post(confirm_link(change))
    time_machine.move_to(timezone.now() + timedelta(days=7, minutes=5))
    for answer in (client.get(refuse_link(change)), client.post(refuse_link(change))):
        assert answer.status_code == 410
    assert address_of(carla) == NEW


def test_the_link_to_the_new_address_works_for_a_day(
    carla: Subscriber, client: Client, time_machine: TimeMachineFixture
) -> None:
    link = confirm_link(asked(carla))
    time_machine.move_to(timezone.now() + timedelta(days=1, minutes=5))
    for answer in (client.get(link), client.post(link)):
        assert (answer.status_code, "/me/sign-in/" in answer.content.decode()) == (410, True)
    assert address_of(carla) == CARLA


@pytest.mark.parametrize("spoil", [lambda token: token[:-2], lambda token: token.swapcase(), lambda token: "x" * 500])
@pytest.mark.parametrize("make", [confirm_link, refuse_link])
def test_a_link_that_is_not_whole_is_not_found(carla: Subscriber, client: Client, spoil, make) -> None:
    start, _, token = make(asked(carla)).rstrip("/").rpartition("/")
    for method in ("get", "post"):
        assert getattr(client, method)(f"{start}/{spoil(token)}/").status_code == 404
    assert address_of(carla) == CARLA


def test_one_kind_of_link_does_not_open_another_s_page(carla: Subscriber, client: Client) -> None:
    change = asked(carla)
    sign_up = SignUp.objects.create(subscriber=carla, choices={}, language="en", page="/")
    for path in (
        f"{PAGE}confirm/{refuse_token(change)}/",
        f"{PAGE}refuse/{confirm_token(change)}/",
        f"{PAGE}confirm/{confirmation_token(sign_up)}/",
        f"/me/sign-in/{confirm_token(change)}/",
    ):
        assert client.post(path).status_code == 404
    assert address_of(carla) == CARLA


def test_the_links_of_an_erased_person_lead_nowhere(carla: Subscriber, client: Client) -> None:
    change = asked(carla)
    erase(subscribers=Subscriber.objects.filter(pk=carla.pk))
    for link in (confirm_link(change), refuse_link(change)):
        assert client.get(link).status_code == 410
        assert client.post(link).status_code == 410
    assert not Subscriber.objects.exclude(email="").exists()


def test_an_address_that_has_subscriptions_by_now_takes_in_what_there_was(carla: Subscriber, client: Client) -> None:
    change = asked(carla)
    holder = Subscriber.objects.with_address(NEW).get()
    Subscriber.objects.filter(pk=holder.pk).update(status=Subscriber.Status.ACTIVE)
    assert "Your address is changed" in client.post(confirm_link(change), follow=True).content.decode()
    assert (has(holder), has(carla)) == ({"floods": "weekly"}, {})
