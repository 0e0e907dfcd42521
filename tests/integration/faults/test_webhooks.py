"""Machines that listen: challenged, told in signed calls, tried again by workers of their own."""

from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import pytest
from django.utils import timezone
from standardwebhooks.webhooks import WebhookVerificationError

from alerts.engine.runtime import runtime
from alerts.lanes import RULES, Channel, Lane, RecipientKind
from alerts.models import Delivery
from channels.webhook.signing import new_secret
from govnotify.lib.queues import Queue
from govnotify.processes import beat, worker
from subscriptions.endpoints import guard
from subscriptions.models import Endpoint, Topic
from tests.engine import unhurried, work_through
from tests.inbox import Inbox
from tests.integration.api.requests import BULLETIN, Machine
from tests.integration.faults.platform import Platform, make_due
from tests.integration.faults.receiver import Receiver
from tests.integration.faults.scenes import a_bulletin_sent, an_alert_sent
from tests.integration.staff.cast import a_key, a_topic, an_agency, listeners

pytestmark = pytest.mark.django_db(transaction=True)
OF_MACHINES = {"recipient_kind": RecipientKind.ENDPOINT.value}


@pytest.fixture
def receiver(tmp_path: Path, settings) -> Iterator[Receiver]:
    with Receiver(tmp_path).serving() as running:
        settings.WEBHOOK_ALLOWED_NETWORKS = ["127.0.0.0/8"]
        settings.WEBHOOK_ALLOWED_PORTS = [running.port]
        settings.WEBHOOK_CA_FILE = running.ca_file
        guard.cache_clear()
        yield running
    guard.cache_clear()


@pytest.fixture
def topic() -> Topic:
    return a_topic(an_agency(), "floods")


@pytest.fixture
def machine(topic: Topic) -> Machine:
    return Machine(a_key(topic.agency))


def registered(machine: Machine, receiver: Receiver, *paths: str) -> dict[str, str]:
    """Endpoints that wait for their challenge; their secrets by path."""
    secrets = {}
    for path in paths:
        answer = machine.post("endpoints", {"url": receiver.url(path), "topics": ["floods"]})
        assert (answer.status_code, answer.json()["status"]) == (HTTPStatus.CREATED, "pending"), answer.content
        secrets[path] = answer.json()["secret"]
    return secrets


def published(machine: Machine) -> int:
    answer = machine.post("bulletins", BULLETIN)
    assert answer.status_code == HTTPStatus.CREATED
    number: int = answer.json()["id"]
    return number


def statuses() -> set[str]:
    return {
        Delivery.Status(status).label
        for status in Delivery.objects.filter(**OF_MACHINES).values_list("status", flat=True)
    }


def rows(status: Delivery.Status) -> int:
    return Delivery.objects.filter(**OF_MACHINES, status=status).count()


def test_an_endpoint_hears_nothing_before_it_has_answered_the_challenge(
    machine: Machine, receiver: Receiver, inbox: Inbox
) -> None:
    (secret,) = registered(machine, receiver, "/a").values()
    published(machine)
    work_through(Queue.ROUTINE_WEBHOOK)
    assert not receiver.deliveries
    assert not receiver.challenges
    work_through(Queue.WEBHOOK_RETRY)
    (challenge,) = receiver.challenges
    assert challenge.verified(secret)["type"] == "endpoint.verification"
    assert Endpoint.objects.get().status == Endpoint.Status.ACTIVE


def test_deliveries_are_signed_with_the_endpoints_own_secret(
    machine: Machine, receiver: Receiver, inbox: Inbox
) -> None:
    secrets = registered(machine, receiver, "/a", "/b")
    work_through(Queue.WEBHOOK_RETRY)
    number = published(machine)
    work_through(Queue.ROUTINE_WEBHOOK)
    assert len({delivery.id for delivery in receiver.deliveries}) == 2
    for path, secret in secrets.items():
        (delivery,) = receiver.at(path)
        said = delivery.verified(secret)
        assert said["type"] == "bulletin.published"
        assert (said["data"]["id"], said["data"]["topics"]) == (str(number), ["floods"])
        assert said["data"]["variants"][0]["title"] == BULLETIN["title"]
        assert b"@" not in delivery.body  # no personal data
        with pytest.raises(WebhookVerificationError):
            delivery.verified(new_secret())
    assert statuses() == {"sent"}


def test_a_retry_is_the_retry_workers_and_keeps_its_id(
    machine: Machine, receiver: Receiver, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    unhurried(monkeypatch, Lane.ROUTINE)
    (secret,) = registered(machine, receiver, "/a").values()
    work_through(Queue.WEBHOOK_RETRY)
    receiver.answers["bulletin.published"] = [503, 500]
    published(machine)
    for attempts in (1, 2):
        work_through(Queue.ROUTINE_WEBHOOK, Queue.WEBHOOK_RETRY)
        row = Delivery.objects.get(**OF_MACHINES)
        assert (row.status, row.attempts) == (Delivery.Status.DEFERRED, attempts)
        assert row.next_attempt_at is not None
        wait = (row.next_attempt_at - timezone.now()).total_seconds()
        assert wait <= 1.2 * RULES[Lane.ROUTINE].retries[Channel.WEBHOOK][attempts - 1]
        make_due()
        work_through(Queue.ROUTINE_WEBHOOK)
        assert len(receiver.deliveries) == attempts, "a retry never stands before first attempts"
    work_through(Queue.WEBHOOK_RETRY)
    assert len(receiver.deliveries) == 3
    assert len({delivery.id for delivery in receiver.deliveries}) == 1
    for delivery in receiver.deliveries:
        delivery.verified(secret)
    assert statuses() == {"sent"}


def test_a_worker_calls_no_more_machines_than_it_has_room_for_until_their_outcomes_are_recorded(
    topic: Topic, receiver: Receiver, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alerts.engine.window.UNRECORDED", 5)
    listeners([topic], people=1, machines=12)
    for number, endpoint in enumerate(Endpoint.objects.all()):
        endpoint.url = receiver.url(f"/{number}")
        endpoint.save()
    unrecorded = []
    take = receiver.answer

    def noting(path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        unrecorded.append(runtime().unrecorded)
        return take(path, headers, body)

    monkeypatch.setattr(receiver, "answer", noting)
    a_bulletin_sent(topic)
    work_through(Queue.ROUTINE_WEBHOOK)
    assert len(unrecorded) == len(receiver.deliveries) == 12
    assert max(unrecorded) <= 5
    assert statuses() == {"sent"}


def test_who_says_gone_is_never_called_for_it_again(machine: Machine, receiver: Receiver, inbox: Inbox) -> None:
    registered(machine, receiver, "/a")
    work_through(Queue.WEBHOOK_RETRY)
    receiver.answers["bulletin.published"] = [410]
    published(machine)
    work_through()
    make_due()
    work_through()
    assert len(receiver.deliveries) == 1
    assert statuses() == {"failed"}


def test_workers_challenge_deliver_and_try_again(
    platform: Platform, machine: Machine, receiver: Receiver, topic: Topic
) -> None:
    """As processes: the challenge goes out at the hint, the retries by the lanes' tables, seconds later."""
    platform.environment |= {
        "WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8",
        "WEBHOOK_ALLOWED_PORTS": str(receiver.port),
        "WEBHOOK_CA_FILE": receiver.ca_file,
    }
    platform.start(
        *(worker(queue) for queue in (Queue.WEBHOOK_RETRY, Queue.ROUTINE_WEBHOOK, Queue.EMERGENCY_WEBHOOK)),
    )
    (secret,) = registered(machine, receiver, "/a").values()
    platform.wait_until(lambda: Endpoint.objects.active().exists(), "the endpoint has answered its challenge")
    receiver.answers |= {"bulletin.published": [503], "alert.issued": [503]}
    published(machine)
    an_alert_sent(topic)
    # Each of the two: an alert's second attempt may come before a bulletin's first.
    platform.wait_until(lambda: receiver.types().keys() == {"bulletin.published", "alert.issued"}, "both were tried")
    platform.start(worker(Queue.HOUSEKEEPING), beat())
    platform.wait_until(lambda: rows(Delivery.Status.SENT) == 2, "both were received in the end")
    assert min(receiver.types().values()) >= 2  # one more where the receiver, a thread here, stood still
    assert all(delivery.verified(secret) for delivery in receiver.deliveries)
    assert len({delivery.id for delivery in receiver.deliveries}) == 2
