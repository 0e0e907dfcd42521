"""What a signed-in subscriber changes, takes along and has forgotten."""

import json

from django.utils import timezone

from subscriptions.erasing import erase
from subscriptions.exporting import as_json, export
from subscriptions.managing import change_topics, end_everything, set_language
from subscriptions.models import (
    ConsentRecord,
    Endpoint,
    Frequency,
    OutboxMessage,
    SignInLink,
    SignUp,
    Subscriber,
    Suppression,
)
from subscriptions.suppressing import suppress
from tests.integration.subscriptions.cast import CARLA, Town, a_subscriber, ask, has


def test_frequencies_change_topics_end_and_new_ones_begin_in_one_go(town: Town) -> None:
    carla = a_subscriber(floods=Frequency.WEEKLY, drought=Frequency.DAILY)
    choices = {town.floods: Frequency.IMMEDIATE, town.drought: None, town.roads: Frequency.DAILY}
    ended = change_topics(subscriber=carla, choices=choices, page="/me/topics/")
    assert has(carla) == {"floods": "immediate", "roads": "daily"}
    assert ended.topic_ids == (town.drought.pk,)
    records = ConsentRecord.objects.values_list("topic__slug", "act", "way")
    assert set(records) == {
        ("floods", "changed", "managed"),
        ("drought", "withdrawn", "managed"),
        ("roads", "given", "managed"),
    }


def test_what_stays_as_it_is_leaves_no_record(town: Town) -> None:
    carla = a_subscriber(floods=Frequency.WEEKLY)
    change_topics(subscriber=carla, choices={town.floods: Frequency.WEEKLY, town.roads: None}, page="/me/")
    assert not ConsentRecord.objects.exists()


def test_ending_everything_ends_the_subscriber(town: Town) -> None:
    carla = a_subscriber(floods=Frequency.WEEKLY, roads=Frequency.DAILY)
    assert len(end_everything(subscriber=carla, page="/me/").topic_ids) == 2
    carla.refresh_from_db()
    assert (has(carla), carla.status) == ({}, "ended")


def test_the_language_is_changed(town: Town) -> None:
    carla = a_subscriber()
    set_language(subscriber=carla, language="uk")
    carla.refresh_from_db()
    assert carla.language == "uk"


def test_the_export_holds_everything_on_the_person_and_is_json(town: Town) -> None:
    carla = a_subscriber(floods=Frequency.WEEKLY, roads=Frequency.DAILY)
    Endpoint.objects.create(subscriber=carla, url="https://hooks.example/", sealed_secret="secret")
    change_topics(subscriber=carla, choices={town.roads: None}, page="/me/")
    data = json.loads("".join(as_json(export(carla))))
    assert data["address"] == CARLA
    assert {row["topic"]: bool(row["ended"]) for row in data["subscriptions"]} == {
        "Flood warnings": False,
        "Road works": True,
    }
    assert [row["act"] for row in data["consent"]] == ["withdrawn"]
    assert [row["url"] for row in data["endpoints"]] == ["https://hooks.example/"]
    assert "secret" not in json.dumps(data)


def test_erasing_takes_the_address_away_at_once_and_keeps_counts_and_suppression(town: Town) -> None:
    carla = a_subscriber(floods=Frequency.WEEKLY)
    key = bytes(carla.address_key)
    ask(town.roads)
    SignInLink.objects.create(subscriber=carla)
    Endpoint.objects.create(subscriber=carla, url="https://hooks.example/", sealed_secret="-")
    suppress(address_keys=[key], reason="complaint")
    assert erase(subscribers=Subscriber.objects.filter(pk=carla.pk)) == 1
    carla.refresh_from_db()
    assert (carla.email, carla.status, has(carla)) == ("", "ended", {})
    assert bytes(carla.address_key) != key
    for model in (SignUp, SignInLink, Endpoint, OutboxMessage):
        assert not model.objects.exists()
    assert carla.subscriptions.count() == 1
    assert ConsentRecord.objects.filter(act="withdrawn").count() == 1


def test_after_erasing_the_address_can_come_back_as_somebody_new(town: Town) -> None:
    carla = a_subscriber(floods=Frequency.WEEKLY)
    erase(subscribers=Subscriber.objects.all())
    ask(town.floods)
    assert Subscriber.objects.with_address(CARLA).get() != carla


def test_suppressing_twice_keeps_the_first_reason(town: Town) -> None:
    carla = a_subscriber()
    suppress(address_keys=[bytes(carla.address_key)], reason="hard-bounce", code="5.1.1 " + "x" * 200)
    suppress(address_keys=[bytes(carla.address_key)], reason="complaint")
    row = Suppression.objects.get()
    assert (row.reason, row.code[:5], row.at <= timezone.now()) == ("hard-bounce", "5.1.1", True)
