"""Unsubscribing by a mail's link, and the undo."""

from datetime import timedelta

import pytest
from django.core import signing
from django.utils import timezone
from time_machine import TimeMachineFixture

from channels.tokens import BadToken, UnsubscribeToken
from subscriptions.ending import Ended
from subscriptions.models import ConsentRecord, Endpoint, Frequency, Subscriber
from subscriptions.unsubscribing import Scope, read, undo, undo_token, unsubscribe
from tests.integration.subscriptions.cast import Town, a_subscriber, has, unsubscribe_link


@pytest.fixture
def carla(town: Town) -> Subscriber:
    return a_subscriber(floods=Frequency.WEEKLY, drought=Frequency.DAILY, roads=Frequency.IMMEDIATE)


def press(carla: Subscriber, town: Town, scope: Scope) -> Ended:
    return unsubscribe(token=UnsubscribeToken(carla.pk, 1, (town.floods.pk,)), scope=scope)


@pytest.mark.parametrize(
    ("scope", "left"),
    [(Scope.MATCHED, {"drought", "roads"}), (Scope.AGENCY, {"roads"}), (Scope.EVERYTHING, set())],
)
def test_each_button_ends_what_it_says(carla: Subscriber, town: Town, scope: Scope, left: set[str]) -> None:
    press(carla, town, scope)
    assert set(has(carla)) == left


def test_withdrawn_consent_is_recorded_per_topic(carla: Subscriber, town: Town) -> None:
    press(carla, town, Scope.AGENCY)
    records = ConsentRecord.objects.values_list("topic__slug", "act", "way", "frequency")
    assert set(records) == {("floods", "withdrawn", "link", "weekly"), ("drought", "withdrawn", "link", "daily")}


def test_pressing_twice_ends_nothing_more_and_records_nothing_more(carla: Subscriber, town: Town) -> None:
    press(carla, town, Scope.MATCHED)
    assert press(carla, town, Scope.MATCHED).topic_ids == ()
    assert ConsentRecord.objects.count() == 1


def test_who_has_nothing_left_has_ended(carla: Subscriber, town: Town) -> None:
    press(carla, town, Scope.AGENCY)
    carla.refresh_from_db()
    assert carla.status == "active"
    press(carla, town, Scope.EVERYTHING)
    carla.refresh_from_db()
    assert carla.status == "ended"
    assert carla.ended_at is not None


def test_who_has_an_endpoint_left_has_not_ended(carla: Subscriber, town: Town) -> None:
    Endpoint.objects.create(subscriber=carla, url="https://hooks.example/", sealed_secret="-")
    press(carla, town, Scope.EVERYTHING)
    carla.refresh_from_db()
    assert carla.status == "active"


def test_the_link_of_somebody_who_is_gone_does_nothing(town: Town) -> None:
    ended = unsubscribe(token=UnsubscribeToken(12_345, 1, (town.floods.pk,)), scope=Scope.EVERYTHING)
    assert ended.topic_ids == ()
    assert not ConsentRecord.objects.exists()


def test_the_link_of_one_person_leaves_others_alone(carla: Subscriber, town: Town) -> None:
    other = a_subscriber("other@example.org", floods=Frequency.IMMEDIATE)
    press(carla, town, Scope.EVERYTHING)
    assert has(other) == {"floods": "immediate"}


def test_undo_brings_back_that_one_act_at_the_same_frequencies(carla: Subscriber, town: Town) -> None:
    unsubscribe(token=UnsubscribeToken(carla.pk, 1, (town.drought.pk,)), scope=Scope.MATCHED)
    ended = press(carla, town, Scope.EVERYTHING)
    assert undo(undo_token=undo_token(ended), subscriber_id=carla.pk) == 2
    carla.refresh_from_db()
    assert (carla.status, has(carla)) == ("active", {"floods": "weekly", "roads": "immediate"})
    assert ConsentRecord.objects.filter(act="given", way="undo").count() == 2


def test_undo_twice_is_undo_once(carla: Subscriber, town: Town) -> None:
    token = undo_token(press(carla, town, Scope.MATCHED))
    undo(undo_token=token, subscriber_id=carla.pk)
    assert undo(undo_token=token, subscriber_id=carla.pk) == 0


def test_an_undo_of_somebody_else_or_of_long_ago_is_refused(
    carla: Subscriber, town: Town, time_machine: TimeMachineFixture
) -> None:
    token = undo_token(press(carla, town, Scope.MATCHED))
    with pytest.raises(signing.BadSignature):
        undo(undo_token=token, subscriber_id=carla.pk + 1)
    with pytest.raises(signing.BadSignature):
        undo(undo_token=token[:-2], subscriber_id=carla.pk)
    time_machine.move_to(timezone.now() + timedelta(days=2))
    with pytest.raises(signing.BadSignature):
        undo(undo_token=token, subscriber_id=carla.pk)


def test_the_link_says_who_and_what_and_bears_no_change_of_a_letter(carla: Subscriber, town: Town) -> None:
    token = unsubscribe_link(carla, town.floods, town.drought).removeprefix("/u/")
    assert read(token) == UnsubscribeToken(carla.pk, 1, (town.floods.pk, town.drought.pk))
    for spoilt in (token[:-1], token + "A", token.swapcase(), "", "x" * 5_000):
        with pytest.raises(BadToken):
            read(spoilt)
