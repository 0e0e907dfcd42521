"""Endpoints: who may have which, and how they prove that they want our webhooks."""

from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module
from pathlib import Path

import pytest
from django.db import IntegrityError
from django.utils import timezone
from pytest_django import Settings

from channels.https.guard import ForbiddenTarget
from govnotify.lib.database import query
from subscriptions.endpoints import (
    LEASE,
    EndpointRefused,
    ask_again,
    guard,
    register_endpoint,
    remove_endpoint,
    set_topics,
    verify,
    verify_pending,
)
from subscriptions.keys import secret_box
from subscriptions.models import Endpoint, Subscription
from tests.integration.subscriptions.cast import Town, a_subscriber
from tests.integration.subscriptions.receiver import Receiver, receiving

URL = "https://hooks.example.org/govnotify"


@pytest.fixture
def receiver(tmp_path: Path, settings: Settings) -> Iterator[Receiver]:
    with receiving(tmp_path) as running:
        settings.WEBHOOK_ALLOWED_NETWORKS = ["127.0.0.0/8"]
        settings.WEBHOOK_ALLOWED_PORTS = [running.port]
        settings.WEBHOOK_CA_FILE = running.ca_file
        guard.cache_clear()
        yield running
    guard.cache_clear()


def test_a_new_endpoint_waits_for_its_challenge_and_its_secret_is_sealed(town: Town) -> None:
    carla = a_subscriber()
    endpoint, secret = register_endpoint(owner=carla, url=f" {URL} ", topics=[town.floods, town.roads])
    assert (endpoint.url, endpoint.status, endpoint.subscriber) == (URL, "pending", carla)
    assert secret.startswith("whsec_")
    assert secret not in endpoint.sealed_secret
    assert secret_box().decrypt(endpoint.sealed_secret) == secret
    assert set(endpoint.subscriptions.values_list("topic__slug", flat=True)) == {"floods", "roads"}


def test_an_agency_can_own_an_endpoint_on_its_internal_topics(town: Town) -> None:
    endpoint, _ = register_endpoint(owner=town.water, url=URL, topics=[town.internal])
    assert endpoint.agency == town.water


def test_internal_topics_are_nobody_elses(town: Town) -> None:
    for owner in (a_subscriber(), town.city):
        with pytest.raises(EndpointRefused):
            register_endpoint(owner=owner, url=URL, topics=[town.internal])
    assert not Endpoint.objects.exists()


@pytest.mark.parametrize(
    "url",
    ["http://hooks.example.org/", "https://127.0.0.1/", "https://user@hooks.example.org/", "hooks", "", "x" * 5_000],
)
def test_a_target_that_is_never_dialled_is_refused_with_a_reason(town: Town, url: str) -> None:
    with pytest.raises(ForbiddenTarget):
        register_endpoint(owner=a_subscriber(), url=url, topics=[town.floods])


def test_an_owner_has_each_address_once_and_ten_at_most(town: Town) -> None:
    carla = a_subscriber()
    for number in range(10):
        register_endpoint(owner=carla, url=f"{URL}/{number}", topics=[town.floods])
    with pytest.raises(EndpointRefused, match="registered this address"):
        register_endpoint(owner=carla, url=f"{URL}/3", topics=[town.floods])
    with pytest.raises(EndpointRefused, match="10 endpoints"):
        register_endpoint(owner=carla, url=f"{URL}/11", topics=[town.floods])
    register_endpoint(owner=town.water, url=f"{URL}/3", topics=[town.floods])


def test_without_topics_there_is_nothing_to_register(town: Town) -> None:
    with pytest.raises(EndpointRefused):
        register_endpoint(owner=a_subscriber(), url=URL, topics=[])


def test_topics_of_an_endpoint_are_replaced(town: Town) -> None:
    endpoint, _ = register_endpoint(owner=a_subscriber(), url=URL, topics=[town.floods, town.drought])
    set_topics(endpoint=endpoint, topics=[town.drought, town.roads])
    set_topics(endpoint=endpoint, topics=[town.floods, town.roads])
    assert set(endpoint.subscriptions.current().values_list("topic__slug", flat=True)) == {"floods", "roads"}
    assert endpoint.subscriptions.count() == 3


def test_an_endpoint_that_echoes_the_signed_challenge_becomes_active(town: Town, receiver: Receiver) -> None:
    endpoint, _ = register_endpoint(owner=a_subscriber(), url=receiver.url(), topics=[town.floods])
    assert verify_pending() == 1
    endpoint.refresh_from_db()
    assert endpoint.status == "active"
    assert endpoint.verified_at is not None
    assert receiver.signatures[0].startswith("v1,")
    assert verify_pending() == 0


def test_an_endpoint_that_does_not_echo_fails_with_a_note_for_its_owner(town: Town, receiver: Receiver) -> None:
    receiver.echoes = False
    endpoint, _ = register_endpoint(owner=a_subscriber(), url=receiver.url(), topics=[town.floods])
    verify(endpoint=endpoint)
    assert endpoint.status == "failed"
    assert "challenge" in endpoint.note
    receiver.echoes = True
    ask_again(endpoint=endpoint)
    verify(endpoint=endpoint)
    assert (endpoint.status, endpoint.note) == ("active", "")


def test_a_challenge_under_way_is_left_to_its_worker_until_the_lease_ends(town: Town, receiver: Receiver) -> None:
    register_endpoint(owner=a_subscriber(), url=receiver.url(), topics=[town.floods])
    Endpoint.objects.update(challenge_at=timezone.now())
    assert verify_pending() == 0
    Endpoint.objects.update(challenge_at=timezone.now() - LEASE - timedelta(seconds=1))
    assert verify_pending() == 1
    assert len(receiver.requests) == 1


def test_an_active_endpoint_is_not_challenged_again(town: Town, receiver: Receiver) -> None:
    endpoint, _ = register_endpoint(owner=a_subscriber(), url=receiver.url(), topics=[town.floods])
    Endpoint.objects.update(status=Endpoint.Status.ACTIVE)
    ask_again(endpoint=endpoint)
    verify(endpoint=endpoint)
    assert (endpoint.status, receiver.requests) == ("active", [])


def test_a_removed_endpoint_leaves_nothing(town: Town) -> None:
    endpoint, _ = register_endpoint(owner=a_subscriber(), url=URL, topics=[town.floods])
    remove_endpoint(endpoint=endpoint)
    assert not Endpoint.objects.exists()
    assert not Subscription.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_no_topic_is_twice_at_any_step_of_the_migration_there_and_back_broken_off_and_begun_again(town: Town) -> None:
    migration = import_module("subscriptions.migrations.0018_one_subscription_per_endpoint")
    forth, back = migration.FORTH, migration.BACK
    endpoint = Endpoint.objects.create(agency=town.water, url=URL, sealed_secret="")

    def subscribe() -> None:
        Subscription.objects.create(endpoint=endpoint, topic=town.floods, started_at=timezone.now())

    subscribe()
    steps = iter([*back[:2], *back, *back, *forth[:2], *forth, *forth])
    try:
        for statement in steps:
            query(statement, {})
            with pytest.raises(IntegrityError):
                subscribe()
    finally:
        for statement in steps:
            query(statement, {})
