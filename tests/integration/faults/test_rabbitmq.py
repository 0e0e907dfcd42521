"""RabbitMQ as the broker, with quorum queues: a hint goes through it, and losing it loses nothing."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import kombu
import pytest
from amqp.exceptions import PreconditionFailed
from celery import Celery

from alerts.models import Dispatch
from govnotify.broker import broker_answers
from govnotify.embedded.rabbitmq import RabbitMq
from govnotify.lib.queues import Queue
from govnotify.processes import beat, worker
from subscriptions.models import Topic
from tests.inbox import Inbox
from tests.integration.faults.platform import Platform
from tests.integration.faults.scenes import a_crowd, doubled, has_reached

NEEDED = "RABBITMQ IS NOT TRIED: this machine has no package rabbitmq-server (apt install rabbitmq-server)"
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not RabbitMq.is_installed(), reason=NEEDED),
]
PEOPLE = 2_000
PUBLISH = """
import sys, django
django.setup()
from subscriptions.models import Topic
from tests.integration.faults.scenes import a_bulletin_sent
print(a_bulletin_sent(Topic.objects.get(slug=sys.argv[1])).pk)
"""


@pytest.fixture(scope="module")
def rabbitmq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitMq]:
    server = RabbitMq(tmp_path_factory.mktemp("rabbitmq"))
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def on_rabbitmq(platform: Platform, rabbitmq: RabbitMq, settings: Any) -> Platform:
    platform.environment["BROKER_URL"] = settings.BROKER_URL = rabbitmq.url()
    return platform


def published(platform: Platform, topic: Topic) -> Dispatch:
    """A bulletin that another process publishes, with an operator's settings."""
    said = subprocess.run(  # noqa: S603  our own words
        [sys.executable, "-c", PUBLISH, topic.slug],
        env=platform.environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return Dispatch.objects.get(pk=said.stdout)


def test_a_hint_reaches_a_worker_through_a_quorum_queue(
    on_rabbitmq: Platform, rabbitmq: RabbitMq, inbox: Inbox
) -> None:
    """Nothing else runs that could repeat it: no beat, no housekeeping."""
    topic, people = a_crowd("water", 200)
    on_rabbitmq.start(worker(Queue.ROUTINE))
    dispatch = published(on_rabbitmq, topic)
    on_rabbitmq.wait_until(lambda: has_reached(dispatch, people), "the bulletin has gone out")

    assert doubled(inbox.recipients(), people) == 0
    with Celery(broker=rabbitmq.url()) as client:
        on_rabbitmq.wait_until(lambda: answering(client), "the worker answers its health check")
        assert answering(client) <= {f"{Queue.ROUTINE}@{socket.gethostname()}"}
    with kombu.Connection(rabbitmq.url()) as connection, pytest.raises(PreconditionFailed, match="quorum"):
        declare_classic(connection, Queue.ROUTINE)


def test_a_rabbitmq_that_is_killed_in_the_middle_and_comes_back_loses_nothing(
    on_rabbitmq: Platform, rabbitmq: RabbitMq, inbox: Inbox
) -> None:
    topic, people = a_crowd("water", PEOPLE)
    on_rabbitmq.start(worker(Queue.ROUTINE), worker(Queue.HOUSEKEEPING), beat())
    dispatch = published(on_rabbitmq, topic)
    on_rabbitmq.wait_until(lambda: len(inbox.mails) >= 200, "200 mails")
    rabbitmq.kill()
    on_rabbitmq.wait_until(lambda: not broker_answers(), "the broker is gone")  # as the health page says
    rabbitmq.start()
    assert broker_answers()
    on_rabbitmq.wait_until(lambda: has_reached(dispatch, people), "the bulletin has gone out")
    assert doubled(inbox.recipients(), people) == 0

    other, others = a_crowd("parks", 100)
    second = published(on_rabbitmq, other)
    on_rabbitmq.wait_until(lambda: has_reached(second, others), "the next bulletin has gone out, too")


def answering(client: Celery) -> set[str]:
    """Workers that answer within a second, as their health checks ask them."""
    return {name for answer in client.control.ping(timeout=1.0) or [] for name in answer}


def declare_classic(connection: kombu.Connection, queue: Queue) -> None:
    channel: Any = connection.default_channel  # of py-amqp, which has no types
    channel.queue_declare(queue.value, durable=True, auto_delete=False, arguments={"x-queue-type": "classic"})
