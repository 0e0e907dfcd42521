"""Another address for the same person: the new one says yes, the old one can say no."""

import re
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from time_machine import TimeMachineFixture

from subscriptions.changing_address import (
    SameAddress,
    change_to_confirm,
    change_to_refuse,
    confirm_token,
    refuse_token,
    request_change,
)
from subscriptions.ending import end
from subscriptions.erasing import erase
from subscriptions.limits import RateLimited
from subscriptions.models import (
    AddressChange,
    ConsentRecord,
    Endpoint,
    Frequency,
    OutboxMessage,
    SignInLink,
    SignUp,
    Subscriber,
    Subscription,
    Suppression,
)
from subscriptions.moving_address import (
    ChangeOver,
    confirm_change,
    forget_former_addresses,
    refuse_change,
)
from subscriptions.outbox_mail import NothingToSay, OutboxMail, render
from subscriptions.signing_in import request_sign_in
from subscriptions.suppressing import suppress
from tests.integration.subscriptions.cast import CARLA, Town, a_subscriber, ask, has

NEW, OTHER = "Carla@New.example.org", "other@example.org"


@pytest.fixture
def carla(town: Town) -> Subscriber:
    return a_subscriber(floods=Frequency.WEEKLY, roads=Frequency.IMMEDIATE)


def wish(subscriber: Subscriber, email: str = NEW) -> AddressChange:
    subscriber.refresh_from_db()
    return request_change(subscriber=subscriber, email=email, page="/me/address/", ip="192.0.2.1")


def moved(subscriber: Subscriber, email: str = NEW) -> AddressChange:
    change = wish(subscriber, email)
    confirm_change(change=change)
    subscriber.refresh_from_db()
    change.refresh_from_db()
    return change


def mails() -> dict[str, OutboxMail]:
    """What waits in the outbox, by kind."""
    waiting = OutboxMessage.objects.select_related("subscriber").order_by("pk")
    return {message.kind: render(message) for message in waiting}


def test_the_new_address_gets_a_link_and_the_old_one_word_of_it(carla: Subscriber) -> None:
    wish(carla)
    asked, told = mails()["address_confirm"], mails()["address_notice"]
    assert (asked.to.typed, told.to.typed) == (NEW, CARLA)
    assert "/me/address/confirm/" in asked.text
    assert "/me/address/refuse/" in told.text
    assert has(carla) == {"floods": "weekly", "roads": "immediate"}
    assert Subscriber.objects.with_address(CARLA).get() == carla


def test_neither_mail_names_the_other_address(carla: Subscriber) -> None:
    wish(carla)
    asked, told = mails()["address_confirm"], mails()["address_notice"]
    for text in (asked.text, asked.html):
        assert CARLA.lower() not in text.lower()
    for text in (told.text, told.html):
        assert NEW.lower() not in text.lower()


def test_the_button_moves_everything_and_records_consent(carla: Subscriber) -> None:
    endpoint = Endpoint.objects.create(subscriber=carla, url="https://hooks.example/", sealed_secret="-")
    moved(carla)
    assert carla.email == NEW
    assert Subscriber.objects.with_address(NEW.upper()).get() == carla
    assert has(carla) == {"floods": "weekly", "roads": "immediate"}
    endpoint.refresh_from_db()
    assert endpoint.subscriber == carla
    records = ConsentRecord.objects.filter(subscriber_id=carla.pk).values_list("topic__slug", "act", "way", "frequency")
    assert set(records) == {("floods", "given", "address", "weekly"), ("roads", "given", "address", "immediate")}


def test_pressed_twice_it_moves_once(carla: Subscriber) -> None:
    change = moved(carla)
    confirm_change(change=change)
    assert ConsentRecord.objects.count() == 2
    assert Subscriber.objects.exclude(email="").count() == 2  # the old address waits to be taken back


def test_suppressions_stay_with_their_addresses_and_the_new_one_has_just_proved_itself(carla: Subscriber) -> None:
    old = bytes(carla.address_key)
    suppress(address_keys=[old], reason="hard-bounce", code="5.1.1")
    change = wish(carla)
    pending = Subscriber.objects.with_address(NEW).get()
    suppress(address_keys=[bytes(pending.address_key)], reason="complaint")
    confirm_change(change=change)
    assert [bytes(row.address_key) for row in Suppression.objects.all()] == [old]


def test_an_address_in_other_letters_has_its_domain_in_ascii(carla: Subscriber) -> None:
    moved(carla, "carla@bücher.example")
    assert carla.ascii_domain == "xn--bcher-kva.example"
    moved(carla, NEW)
    assert carla.ascii_domain is None


@pytest.mark.parametrize("email", [CARLA, "carla@EXAMPLE.org"])
def test_the_address_that_one_has_is_no_new_one(carla: Subscriber, email: str) -> None:
    with pytest.raises(SameAddress):
        wish(carla, email)
    assert not OutboxMessage.objects.exists()


def test_who_had_left_with_the_new_address_makes_way(carla: Subscriber, town: Town) -> None:
    former = a_subscriber(NEW, drought=Frequency.DAILY)
    end(subscriber_id=former.pk, among=Subscription.objects.all(), way=ConsentRecord.Way.LINK)
    moved(carla)
    former.refresh_from_db()
    assert (former.email, carla.email) == ("", NEW)
    assert has(carla) == {"floods": "weekly", "roads": "immediate"}


def test_what_was_asked_for_at_the_new_address_can_still_be_confirmed(carla: Subscriber, town: Town) -> None:
    ask(town.drought, email=NEW)
    ask(town.floods, email=CARLA)  # this one was mailed to an address that is hers no more
    moved(carla)
    assert [list(one.choices) for one in SignUp.objects.filter(subscriber=carla)] == [[str(town.drought.pk)]]


def test_all_sessions_and_links_from_before_are_over(carla: Subscriber) -> None:
    link = SignInLink.objects.create(subscriber=carla)
    moved(carla)
    link.refresh_from_db()
    assert link.used_at is not None
    assert carla.signed_out_at is not None


def test_one_address_gets_one_mail_a_day_whoever_asks(carla: Subscriber, town: Town) -> None:
    other = a_subscriber(OTHER, drought=Frequency.DAILY)
    for _ in range(4):
        assert wish(carla).pk == wish(carla).pk
    wish(other)
    kinds = list(OutboxMessage.objects.values_list("kind", flat=True))
    assert sorted(kinds) == ["address_confirm", "address_notice", "address_notice"]


def test_a_person_changes_three_times_a_day_at_most(carla: Subscriber) -> None:
    for number in range(3):
        wish(carla, f"carla{number}@example.org")
    with pytest.raises(RateLimited):
        wish(carla, "carla3@example.org")
    assert AddressChange.objects.waiting().count() == 1


def test_a_newer_wish_takes_the_older_one_s_place(carla: Subscriber) -> None:
    first = wish(carla)
    wish(carla, OTHER)
    with pytest.raises(ChangeOver):
        confirm_change(change=first)
    with pytest.raises(NothingToSay):
        render(OutboxMessage.objects.get(kind="address_confirm", subject_id=first.pk))
    carla.refresh_from_db()
    assert carla.email == CARLA


def test_the_old_address_stops_a_change_that_waits(carla: Subscriber) -> None:
    change = wish(carla)
    for _ in range(2):
        refuse_change(change=change)
    with pytest.raises(ChangeOver):
        confirm_change(change=change)
    carla.refresh_from_db()
    assert (carla.email, carla.signed_out_at is not None) == (CARLA, True)


def test_within_a_week_the_old_address_takes_it_back(carla: Subscriber, time_machine: TimeMachineFixture) -> None:
    change = moved(carla)
    request_sign_in(email=NEW, ip="192.0.2.1")
    time_machine.move_to(timezone.now() + timedelta(days=6, hours=23))
    for _ in range(2):
        refuse_change(change=change)
    carla.refresh_from_db()
    assert (carla.email, has(carla)) == (CARLA, {"floods": "weekly", "roads": "immediate"})
    assert not Subscriber.objects.with_address(NEW).exists()
    assert not carla.outbox.filter(kind="signin", status="pending").exists()
    assert not SignInLink.objects.filter(used_at=None).exists()


def test_after_a_week_it_is_too_late_and_the_old_address_is_forgotten(
    carla: Subscriber, time_machine: TimeMachineFixture
) -> None:
    change = moved(carla)
    assert forget_former_addresses() == 0
    time_machine.move_to(timezone.now() + timedelta(days=7, minutes=1))
    with pytest.raises(ChangeOver):
        refuse_change(change=change)
    assert forget_former_addresses() == 1
    assert not Subscriber.objects.with_address(CARLA).exists()
    change.refresh_from_db()
    assert (change.new_email, change.former) == ("", None)
    carla.refresh_from_db()
    assert carla.email == NEW


def test_an_address_that_never_confirmed_is_forgotten_after_a_week(
    carla: Subscriber, town: Town, time_machine: TimeMachineFixture
) -> None:
    wish(carla)
    wish(carla, OTHER)
    ask(town.roads, email=OTHER)
    time_machine.move_to(timezone.now() + timedelta(days=7, minutes=1))
    assert forget_former_addresses() == 2  # changes, one of which a sign-up keeps the address of
    assert not Subscriber.objects.with_address(NEW).exists()
    assert Subscriber.objects.with_address(OTHER).exists()  # a sign-up waits there


def test_the_retention_command_forgets_them(carla: Subscriber, time_machine: TimeMachineFixture) -> None:
    moved(carla)
    time_machine.move_to(timezone.now() + timedelta(days=8))
    call_command("retention", stdout=(said := StringIO()))
    assert "can't be taken back any more: 1" in said.getvalue()
    assert not Subscriber.objects.with_address(CARLA).exists()


def test_taking_back_undoes_the_changes_that_followed(carla: Subscriber) -> None:
    first = moved(carla)
    moved(carla, OTHER)
    wish(carla, "third@example.org")
    refuse_change(change=first)
    carla.refresh_from_db()
    assert carla.email == CARLA
    assert not AddressChange.objects.waiting().exists()
    assert not Subscriber.objects.filter(email__in=[NEW, OTHER]).exists()


def test_a_stranger_who_asked_for_the_old_address_can_t_cut_the_way_back(
    carla: Subscriber, time_machine: TimeMachineFixture
) -> None:
    strangers = [a_subscriber(f"stranger{number}@example.org", drought=Frequency.DAILY) for number in range(2)]
    wish(strangers[0], CARLA)
    time_machine.move_to(timezone.now() + timedelta(days=6))
    change = moved(carla)
    wish(strangers[1], CARLA)
    erase(subscribers=Subscriber.objects.filter(pk=strangers[1].pk))
    time_machine.move_to(timezone.now() + timedelta(days=2))
    forget_former_addresses()
    refuse_change(change=change)
    carla.refresh_from_db()
    assert carla.email == CARLA


def test_what_the_old_address_began_to_follow_by_itself_is_kept(carla: Subscriber, town: Town) -> None:
    change = moved(carla)
    again = Subscriber.objects.with_address(CARLA).get()
    assert again.status == "pending"
    Subscriber.objects.filter(pk=again.pk).update(status=Subscriber.Status.ACTIVE)
    Subscription.objects.create(
        subscriber=again, topic=town.drought, frequency=Frequency.DAILY, started_at=timezone.now()
    )
    refuse_change(change=change)
    carla.refresh_from_db()
    assert (carla.email, has(carla)) == (CARLA, {"floods": "weekly", "roads": "immediate", "drought": "daily"})
    again.refresh_from_db()
    assert (again.email, has(again)) == ("", {})


def test_word_that_still_waits_goes_to_the_old_address_after_the_change(carla: Subscriber) -> None:
    moved(carla)
    assert mails()["address_notice"].to.typed == CARLA


def test_two_who_want_each_other_s_address_wait_in_no_ring(carla: Subscriber, town: Town) -> None:
    other = a_subscriber(OTHER, drought=Frequency.DAILY)
    wish(carla, OTHER)
    wish(other, CARLA)
    assert OutboxMessage.objects.filter(kind="address_confirm").count() == 2


def test_the_links_of_an_erased_person_name_nothing(carla: Subscriber) -> None:
    change = wish(carla)
    confirm, refuse = confirm_token(change), refuse_token(change)
    erase(subscribers=Subscriber.objects.filter(pk=carla.pk))
    for look, token in ((change_to_confirm, confirm), (change_to_refuse, refuse)):
        with pytest.raises(AddressChange.DoesNotExist):
            look(token)
    assert Subscriber.objects.exclude(email="").count() == 0


def test_the_mails_links_open_pages_that_work_without_a_session(carla: Subscriber, client: Client) -> None:
    wish(carla)
    for kind, button in (
        ("address_confirm", "Yes, send my mails here"),
        ("address_notice", "This was not me: stop it"),
    ):
        found = re.search(r"http://127\.0\.0\.1:8000(/me/address/\S+)", mails()[kind].text)
        assert found
        assert button in client.get(found[1]).content.decode()
