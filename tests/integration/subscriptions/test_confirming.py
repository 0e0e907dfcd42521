"""Confirming: what was asked for happens once, with a record of it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from time_machine import TimeMachineFixture

from channels.tokens import BadToken, ExpiredToken
from subscriptions.confirming import ChoicesChanged, confirm, confirmation_token, fingerprint, sign_up_of
from subscriptions.models import ConsentRecord, Frequency, SignUp, Subscriber, Suppression
from subscriptions.suppressing import suppress
from tests.integration.subscriptions.cast import Town, a_subscriber, ask, has


def press() -> Subscriber:
    """The button on the page of the only sign-up."""
    request = SignUp.objects.get()
    confirm(sign_up=request, seen=fingerprint(request))
    return Subscriber.objects.get()


def test_confirming_makes_subscriber_and_subscriptions_active(town: Town) -> None:
    ask(town.floods, town.roads, frequency=Frequency.DAILY, language="fr")
    carla = press()
    assert (carla.status, carla.language) == ("active", "fr")
    assert carla.confirmed_at is not None
    assert has(carla) == {"floods": "daily", "roads": "daily"}


def test_consent_is_recorded_with_topic_frequency_way_and_page(town: Town) -> None:
    ask(town.floods, page="/topics/floods/")
    carla = press()
    record = ConsentRecord.objects.get()
    assert (record.subscriber_id, record.topic, record.frequency) == (carla.pk, town.floods, "immediate")
    assert (record.act, record.way, record.page) == ("given", "confirmed", "/topics/floods/")


def test_pressing_twice_is_pressing_once(town: Town) -> None:
    ask(town.floods)
    press()
    press()
    assert ConsentRecord.objects.count() == 1


def test_a_change_of_frequency_is_recorded_as_a_change(town: Town) -> None:
    a_subscriber(floods=Frequency.WEEKLY)
    ask(town.floods, frequency=Frequency.IMMEDIATE)
    assert has(press()) == {"floods": "immediate"}
    assert ConsentRecord.objects.get().act == "changed"


def test_what_somebody_left_comes_back_when_confirmed_anew(town: Town) -> None:
    carla = a_subscriber(floods=Frequency.WEEKLY)
    carla.subscriptions.update(ended_at=timezone.now())
    Subscriber.objects.update(status=Subscriber.Status.ENDED, ended_at=timezone.now())
    ask(town.floods, frequency=Frequency.DAILY)
    carla = press()
    assert (carla.status, carla.ended_at, has(carla)) == ("active", None, {"floods": "daily"})
    assert carla.subscriptions.count() == 1


def test_confirming_lifts_the_suppression_of_that_address_only(town: Town) -> None:
    ask(town.floods)
    carla = Subscriber.objects.get()
    suppress(address_keys=[bytes(carla.address_key), b"x" * 32], reason="hard-bounce", code="5.1.1")
    press()
    assert [bytes(row.address_key) for row in Suppression.objects.all()] == [b"x" * 32]


def test_only_what_the_page_showed_can_be_confirmed(town: Town) -> None:
    ask(town.floods)
    request = SignUp.objects.get()
    seen = fingerprint(request)
    ask(town.roads)
    with pytest.raises(ChoicesChanged):
        confirm(sign_up=request, seen=seen)
    assert has(request.subscriber) == {}


def test_topics_that_closed_or_became_internal_meanwhile_are_left_out(town: Town) -> None:
    ask(town.floods, town.drought, town.roads)
    type(town.floods).objects.filter(pk=town.drought.pk).update(closed_at=timezone.now())
    type(town.floods).objects.filter(pk=town.roads.pk).update(is_public=False)
    assert has(press()) == {"floods": "immediate"}


def test_the_link_names_its_sign_up_and_expires_after_a_week(town: Town, time_machine: TimeMachineFixture) -> None:
    ask(town.floods)
    request = SignUp.objects.get()
    token = confirmation_token(request)
    assert sign_up_of(token) == request
    time_machine.move_to(timezone.now() + timedelta(days=6, hours=23))
    assert sign_up_of(token) == request
    time_machine.move_to(timezone.now() + timedelta(hours=2))
    with pytest.raises(ExpiredToken):
        sign_up_of(token)


@pytest.mark.parametrize(
    "spoil",
    [lambda t: t[:-1], lambda t: t[:10], lambda t: t[:-9] + ("B" if t[-9] == "A" else "A") + t[-8:], lambda t: t + "A"],
)
def test_a_link_that_is_cut_or_forged_is_none(town: Town, spoil: Callable[[str], str]) -> None:
    ask(town.floods)
    with pytest.raises(BadToken):
        sign_up_of(spoil(confirmation_token(SignUp.objects.get())))
