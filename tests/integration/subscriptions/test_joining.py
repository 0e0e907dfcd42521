"""An address that has subscriptions of its own takes in those of another, where both said so; and gives them back."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from time_machine import TimeMachineFixture

from channels.tokens import unsubscribe_token
from subscriptions import unsubscribing
from subscriptions.areas import set_areas
from subscriptions.changing_address import confirm_token, request_change
from subscriptions.confirming import confirm, fingerprint
from subscriptions.erasing import erase
from subscriptions.exporting import as_json, export
from subscriptions.keys import signer
from subscriptions.managing import change_topics
from subscriptions.models import (
    AddressChange,
    ConsentRecord,
    Endpoint,
    Frequency,
    OutboxMessage,
    ReadingTime,
    SignUp,
    Subscriber,
    Subscription,
)
from subscriptions.moving_address import ChangeOver, confirm_change, forget_former_addresses, refuse_change
from subscriptions.outbox_mail import render
from subscriptions.reading_times import set_times
from subscriptions.unsubscribing import Scope, unsubscribe
from tests.integration.subscriptions.cast import CARLA, Town, a_country, a_subscriber, ask, has, signed_in

WORK = "work@example.org"
BOTH = {"floods": "weekly", "roads": "immediate", "drought": "daily"}


@pytest.fixture
def carla(town: Town) -> Subscriber:
    return a_subscriber(floods=Frequency.WEEKLY, roads=Frequency.IMMEDIATE)


@pytest.fixture
def work(town: Town) -> Subscriber:
    return a_subscriber(WORK, roads=Frequency.DAILY, drought=Frequency.DAILY)


def wish(subscriber: Subscriber, email: str = WORK) -> AddressChange:
    return request_change(subscriber=subscriber, email=email, page="/me/address/", ip="192.0.2.1")


def joined(subscriber: Subscriber, into: Subscriber) -> AddressChange:
    change = wish(subscriber, into.email)
    assert confirm_change(change=change) == into
    for one in (subscriber, into, change):
        one.refresh_from_db()
    return change


def test_nothing_happens_before_the_address_says_yes(carla: Subscriber, work: Subscriber) -> None:
    wish(carla)
    assert (len(has(carla)), len(has(work))) == (2, 2)
    mail = render(OutboxMessage.objects.get(kind="address_confirm"))
    assert "subscriptions of its own" in mail.text
    assert "subscriptions of its own" in mail.html
    assert CARLA.lower() not in mail.text.lower() + mail.html.lower()
    assert "subscriptions of its own" not in render(OutboxMessage.objects.get(kind="address_notice")).text


def test_who_asks_learns_nothing_of_the_address(carla: Subscriber, work: Subscriber) -> None:
    seen = []
    for email in (WORK, "none@example.org"):
        browser = signed_in(carla)
        browser.post("/me/address/", {"email": email})
        text = browser.get("/me/address/").text.replace(email, "")
        tokens = [part.split('"')[0] for part in text.split('name="csrfmiddlewaretoken" value="')[1:]]
        for token in tokens:
            text = text.replace(token, "")
        kinds = sorted(OutboxMessage.objects.filter(subscriber=carla).values_list("kind", flat=True))
        seen.append((text, kinds))
        OutboxMessage.objects.all().delete()
    assert seen[0] == seen[1]


def test_the_mail_is_in_the_language_of_its_reader(carla: Subscriber, work: Subscriber) -> None:
    Subscriber.objects.filter(pk=work.pk).update(language="ro")
    wish(carla)
    assert render(OutboxMessage.objects.get(kind="address_confirm")).language == "ro"


def test_topics_of_both_come_together_and_the_more_frequent_way_holds(carla: Subscriber, work: Subscriber) -> None:
    began = carla.subscriptions.get(topic__slug="floods").started_at
    joined(carla, work)
    assert (has(work), has(carla)) == (BOTH, {})
    assert (carla.status, carla.joined_to, work.email) == ("ended", work, WORK)
    assert work.subscriptions.get(topic__slug="floods").started_at == began  # what waits for its digest is not lost
    given = ConsentRecord.objects.filter(subscriber_id=work.pk).values_list("topic__slug", "act", "way", "frequency")
    assert set(given) == {("floods", "given", "address", "weekly"), ("roads", "changed", "address", "immediate")}
    withdrawn = ConsentRecord.objects.filter(subscriber_id=carla.pk, act="withdrawn", way="address")
    assert withdrawn.count() == 2


def test_it_is_done_once_and_ends_the_sessions_of_the_old_address(carla: Subscriber, work: Subscriber) -> None:
    change = joined(carla, work)
    assert confirm_change(change=change) == work
    assert ConsentRecord.objects.count() == 4
    assert carla.signed_out_at is not None
    assert work.signed_out_at is None


@pytest.mark.parametrize(
    ("mine", "theirs", "both"),
    [(["N-11"], ["S"], {"N-11", "S"}), (["N-11"], [], set()), ([], ["S"], set()), ([], [], set())],
)
def test_places_of_both_and_every_place_where_one_has_none(
    carla: Subscriber, work: Subscriber, mine: list[str], theirs: list[str], both: set[str]
) -> None:
    places = a_country()
    set_areas(subscriber=carla, places=[places[code] for code in mine])
    set_areas(subscriber=work, places=[places[code] for code in theirs])
    change = joined(carla, work)
    assert set(work.areas.values_list("code", flat=True)) == both
    refuse_change(change=change)
    assert set(work.areas.values_list("code", flat=True)) == set(theirs)
    assert set(carla.areas.values_list("code", flat=True)) == set(mine)


@pytest.mark.parametrize(("mine", "theirs", "both"), [(3, 5, 3), (3, None, None), (None, 5, None)])
def test_a_break_lasts_as_long_as_both_wanted(
    carla: Subscriber, work: Subscriber, mine: int | None, theirs: int | None, both: int | None
) -> None:
    today = timezone.now().date()
    for one, days in ((carla, mine), (work, theirs)):
        until = today + timedelta(days=days) if days else None
        Subscriber.objects.filter(pk=one.pk).update(paused_until=until)
    joined(carla, work)
    assert work.paused_until == (today + timedelta(days=both) if both else None)


def test_machines_come_along_and_go_back(carla: Subscriber, work: Subscriber) -> None:
    machine = Endpoint.objects.create(subscriber=carla, url="https://hooks.example/", sealed_secret="-")
    change = joined(carla, work)
    machine.refresh_from_db()
    assert machine.subscriber == work
    refuse_change(change=change)
    machine.refresh_from_db()
    assert machine.subscriber == carla


def test_links_of_old_mails_go_on_to_work(carla: Subscriber, work: Subscriber, town: Town) -> None:
    token = unsubscribe_token(signer(), carla.pk, 1, [town.roads.pk]).decode()
    joined(carla, work)
    assert unsubscribing.read(token).subscriber_id == work.pk
    assert Client().post(f"/u/{token}", {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert has(work) == {"floods": "weekly", "drought": "daily"}


def test_within_a_week_the_old_address_takes_everything_back(
    carla: Subscriber, work: Subscriber, time_machine: TimeMachineFixture
) -> None:
    change = joined(carla, work)
    time_machine.move_to(timezone.now() + timedelta(days=6, hours=23))
    for _ in range(2):
        refuse_change(change=change)
    for one in (carla, work):
        one.refresh_from_db()
    assert has(carla) == {"floods": "weekly", "roads": "immediate"}
    assert has(work) == {"roads": "daily", "drought": "daily"}
    assert (carla.status, carla.joined_to, work.status) == ("active", None, "active")


def test_what_was_changed_by_hand_since_stays(carla: Subscriber, work: Subscriber, town: Town) -> None:
    change = joined(carla, work)
    change_topics(subscriber=work, choices={town.floods: Frequency.DAILY}, page="/me/")
    refuse_change(change=change)
    assert has(work) == {"floods": "daily", "roads": "daily", "drought": "daily"}


def test_after_a_week_the_old_address_is_forgotten_and_its_links_still_work(
    carla: Subscriber, work: Subscriber, town: Town, time_machine: TimeMachineFixture
) -> None:
    token = unsubscribe_token(signer(), carla.pk, 1, [town.floods.pk]).decode()
    change = joined(carla, work)
    time_machine.move_to(timezone.now() + timedelta(days=7, minutes=1))
    with pytest.raises(ChangeOver):
        refuse_change(change=change)
    assert forget_former_addresses() == 1
    assert not Subscriber.objects.with_address(CARLA).exists()
    assert has(work) == BOTH
    unsubscribe(token=unsubscribing.read(token), scope=Scope.MATCHED)
    assert "floods" not in has(work)


def test_a_join_can_be_taken_back_for_a_week_though_an_earlier_move_no_longer_can(
    carla: Subscriber, work: Subscriber, time_machine: TimeMachineFixture
) -> None:
    confirm_change(change=wish(carla, "between@example.org"))
    carla.refresh_from_db()
    time_machine.move_to(timezone.now() + timedelta(days=5))
    change = joined(carla, work)
    time_machine.move_to(timezone.now() + timedelta(days=3))
    forget_former_addresses()
    refuse_change(change=change)
    carla.refresh_from_db()
    assert (carla.email, has(carla)) == ("between@example.org", {"floods": "weekly", "roads": "immediate"})
    assert has(work) == {"roads": "daily", "drought": "daily"}


def test_reading_times_that_are_handed_on_ended_with_the_former_address(
    carla: Subscriber, work: Subscriber, time_machine: TimeMachineFixture
) -> None:
    set_times(subscriber_id=carla.pk, zone="Asia/Kathmandu", hour=7, weekday=0, quiet=None)
    joined(carla, work)
    time_machine.move_to(timezone.now() + timedelta(days=7, minutes=1))
    forget_former_addresses()
    [handed_on] = ReadingTime.objects.filter(subscriber=work)
    # A digest that was due a moment ago and is being made now is by the times of the address that is kept.
    assert handed_on.until_at == carla.ended_at


def test_two_joins_in_a_row_come_apart_from_the_first(carla: Subscriber, work: Subscriber, town: Town) -> None:
    first = joined(carla, work)
    third = a_subscriber("third@example.org", floods=Frequency.DAILY)
    joined(work, third)
    token = unsubscribe_token(signer(), carla.pk, 1, []).decode()
    assert unsubscribing.read(token).subscriber_id == third.pk
    assert has(third) == BOTH | {"floods": "daily"}
    refuse_change(change=first)
    assert has(carla) == {"floods": "weekly", "roads": "immediate"}
    assert has(third) == BOTH | {"floods": "daily"}  # nobody can say any more whose was what: they choose themselves


def test_a_move_and_a_join_are_taken_back_together(carla: Subscriber, work: Subscriber) -> None:
    move = wish(carla, "between@example.org")
    confirm_change(change=move)
    carla.refresh_from_db()
    joined(carla, work)
    refuse_change(change=move)
    for one in (carla, work):
        one.refresh_from_db()
    assert (carla.email, has(carla)) == (CARLA, {"floods": "weekly", "roads": "immediate"})
    assert has(work) == {"roads": "daily", "drought": "daily"}


def test_who_signs_up_at_the_old_address_again_is_somebody_of_their_own(
    carla: Subscriber, work: Subscriber, town: Town
) -> None:
    joined(carla, work)
    ask(town.drought, email=CARLA)
    sign_up = SignUp.objects.get()
    confirm(sign_up=sign_up, seen=fingerprint(sign_up))
    carla.refresh_from_db()
    assert (carla.status, carla.joined_to, list(has(carla))) == ("active", None, ["drought"])
    assert has(work) == BOTH


def test_erasing_and_the_download_cover_the_old_address_too(carla: Subscriber, work: Subscriber) -> None:
    joined(carla, work)
    data = "".join(as_json(export(work)))
    assert f'"address": "{CARLA}"' in data
    assert data.count('"act": "withdrawn"') == 2
    erase(subscribers=Subscriber.objects.filter(pk=work.pk))
    assert not Subscriber.objects.exclude(email="").exists()
    assert not Subscription.objects.current().exists()


def test_the_page_says_what_comes_and_signs_in_whoever_had_asked(carla: Subscriber, work: Subscriber) -> None:
    browser = signed_in(carla)
    browser.post("/me/address/", {"email": WORK})
    link = f"/me/address/confirm/{confirm_token(AddressChange.objects.get())}/"
    assert "subscriptions of its own" in Client().get(link).text
    assert has(work) == {"roads": "daily", "drought": "daily"}
    assert "Your address is changed" in browser.post(link, follow=True).text
    assert has(work) == BOTH
    page = browser.get("/me/").text
    assert "drought" in page.lower()
