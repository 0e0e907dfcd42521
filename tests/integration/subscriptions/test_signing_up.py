"""Signing up: what is asked for, which mail goes out, and how often."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from channels.address import BadAddress
from subscriptions.limits import RateLimited
from subscriptions.models import Frequency, OutboxMessage, SignUp, Subscriber, Subscription
from tests.integration.subscriptions.cast import CARLA, Town, a_subscriber, ask

Kind, Status = OutboxMessage.Kind, OutboxMessage.Status


def test_a_new_address_is_kept_as_typed_and_asked_to_confirm(town: Town) -> None:
    ask(town.floods, town.roads, frequency=Frequency.DAILY, language="es")
    carla = Subscriber.objects.get()
    request = SignUp.objects.get()
    message = OutboxMessage.objects.get()
    assert (carla.email, carla.status, carla.language) == (CARLA, "pending", "es")
    assert request.choices == {str(town.floods.pk): "daily", str(town.roads.pk): "daily"}
    assert (message.kind, message.subject_id, message.subscriber) == (Kind.CONFIRM, request.pk, carla)


def test_nothing_is_subscribed_before_the_address_confirms(town: Town) -> None:
    ask(town.floods)
    assert not Subscription.objects.exists()


def test_every_spelling_of_an_address_is_the_same_person(town: Town) -> None:
    for email in ("Carla@Example.org", "carla@example.org", " CARLA@EXAMPLE.ORG "):
        ask(town.floods, email=email)
    assert Subscriber.objects.get().email == "Carla@Example.org"


def test_an_address_gets_one_mail_a_day_whatever_is_asked_for(town: Town) -> None:
    ask(town.floods)
    ask(town.floods)
    ask(town.roads, frequency=Frequency.WEEKLY)
    assert OutboxMessage.objects.count() == 1
    assert SignUp.objects.get().choices == {str(town.floods.pk): "immediate", str(town.roads.pk): "weekly"}


def test_the_day_after_another_mail_goes_out(town: Town) -> None:
    ask(town.floods)
    yesterday = timezone.now() - timedelta(hours=25)
    OutboxMessage.objects.update(created_at=yesterday)
    SignUp.objects.update(created_at=yesterday)
    ask(town.roads)
    assert OutboxMessage.objects.count() == 2
    assert SignUp.objects.order_by("pk").last().choices == {str(town.roads.pk): "immediate"}  # type: ignore[union-attr]


def test_a_mail_that_could_not_be_sent_does_not_count(town: Town) -> None:
    ask(town.floods)
    OutboxMessage.objects.update(status=Status.FAILED)
    ask(town.floods)
    assert OutboxMessage.objects.filter(status=Status.PENDING).count() == 1


def test_who_already_gets_everything_is_told_so(town: Town) -> None:
    a_subscriber(floods=Frequency.IMMEDIATE)
    ask(town.floods)
    assert OutboxMessage.objects.get().kind == Kind.ALREADY_SUBSCRIBED


@pytest.mark.parametrize("frequency", [Frequency.IMMEDIATE, Frequency.DAILY])
def test_additions_and_changes_of_a_subscriber_must_be_confirmed_from_the_mail(
    town: Town, frequency: Frequency
) -> None:
    carla = a_subscriber(floods=Frequency.WEEKLY)
    ask(town.roads, town.floods, frequency=frequency)
    assert OutboxMessage.objects.get().kind == Kind.CONFIRM
    assert carla.subscriptions.get().frequency == Frequency.WEEKLY


def test_a_confirmed_sign_up_opens_again_with_the_new_choices_alone(town: Town) -> None:
    ask(town.floods)
    SignUp.objects.update(confirmed_at=timezone.now())
    ask(town.roads)
    request = SignUp.objects.get()
    assert (request.choices, request.confirmed_at) == ({str(town.roads.pk): "immediate"}, None)


@pytest.mark.parametrize(
    "address",
    ["", "carla", 'carla"@example.org', '"carla"@example.org', "carla😀@example.org", "a" * 5_000 + "@example.org",
     "carla@example.org\nBcc: all@example.org", "carla@exa mple.org", "carla@[192.0.2.1]", "carla@example"],
)  # fmt: skip
def test_what_is_no_address_leaves_nothing_behind(town: Town, address: str) -> None:
    with pytest.raises(BadAddress):
        ask(town.floods, email=address)
    assert not Subscriber.objects.exists()


@pytest.mark.parametrize("address", ["müller@example.org", "карла@example.org", "carla@exämple.org"])
def test_addresses_in_every_script_are_taken(town: Town, address: str) -> None:
    ask(town.floods, email=address)
    assert Subscriber.objects.get().email == address


def test_one_network_may_not_sign_up_the_whole_country(town: Town, settings: Settings) -> None:
    settings.SIGN_UPS_PER_IP_AND_HOUR = 2
    ask(town.floods, email="one@example.org")
    ask(town.floods, email="two@example.org")
    with pytest.raises(RateLimited) as limited:
        ask(town.floods, email="three@example.org")
    assert 0 < limited.value.retry_after <= 3_600
    ask(town.floods, email="four@example.org", ip="192.0.2.2")
    assert Subscriber.objects.count() == 3


def test_an_ipv6_household_counts_as_one(town: Town, settings: Settings) -> None:
    settings.SIGN_UPS_PER_IP_AND_HOUR = 1
    ask(town.floods, email="one@example.org", ip="2001:db8:1:2::1")
    with pytest.raises(RateLimited):
        ask(town.floods, email="two@example.org", ip="2001:db8:1:2:ffff::9")
    ask(town.floods, email="three@example.org", ip="2001:db8:1:3::1")


def test_one_mail_domain_may_not_be_flooded(town: Town, settings: Settings) -> None:
    settings.SIGN_UPS_PER_MAIL_DOMAIN_AND_HOUR = 1
    ask(town.floods, email="one@example.org", ip="192.0.2.1")
    with pytest.raises(RateLimited):
        ask(town.floods, email="two@Example.ORG", ip="192.0.2.2")


def test_with_the_cache_gone_people_can_still_sign_up(
    town: Town, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}}
    ask(town.floods)
    assert Subscriber.objects.count() == 1
    assert "its limits do not count" in caplog.text
    assert "example.org" not in caplog.text.lower()


def test_known_and_unknown_addresses_take_the_same_statements(town: Town) -> None:
    a_subscriber(floods=Frequency.IMMEDIATE)
    shapes = []
    for email in (CARLA, "stranger@example.org"):
        with CaptureQueriesContext(connection) as captured:
            ask(town.floods, email=email)
        shapes.append([query["sql"].split('"')[:2:2] for query in captured])
    assert shapes[0] == shapes[1]
