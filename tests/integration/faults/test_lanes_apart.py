"""A server keeps the connections of all other lanes waiting: an emergency goes out over its own."""

import os
import signal
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.utils import timezone

from alerts.engine.digests import start_run
from channels.push.client import PER_SERVICE
from govnotify.lib.queues import Queue, wake
from govnotify.processes import worker
from subscriptions.models import Frequency, OutboxMessage, SignInLink, Subscriber, Subscription
from tests.browsers import a_row
from tests.integration.faults.bottleneck import Bottleneck
from tests.integration.faults.platform import Platform
from tests.integration.faults.scenes import a_bulletin_sent, a_crowd, an_alert_sent, has_reached
from tests.integration.staff.cast import a_topic, an_agency
from tests.push_service import STALL, PushService

pytestmark = pytest.mark.django_db(transaction=True)
CONNECTIONS = 2  # of each process
OTHERS = (Queue.ROUTINE, Queue.TRANSACTIONAL, Queue.DIGEST)


@pytest.fixture
def inbox(settings) -> Iterator[Bottleneck]:
    with Bottleneck() as server:
        settings.EMAIL_URL = server.url
        yield server


def test_an_emergency_goes_out_while_the_connections_of_every_other_lane_are_held(
    platform: Platform, inbox: Bottleneck
) -> None:
    platform.environment["EMAIL_CONNECTIONS"] = str(CONNECTIONS)
    city, _ = a_crowd("city", 10)
    Subscription.objects.filter(topic=city).update(frequency=Frequency.DAILY)
    a_bulletin_sent(city)
    digest = start_run(period=Frequency.DAILY, cut_off=timezone.now())
    assert digest is not None
    water, readers = a_crowd("water", 20)
    routine = a_bulletin_sent(water)
    for person in Subscriber.objects.order_by("pk")[:CONNECTIONS]:
        link = SignInLink.objects.create(subscriber=person)
        OutboxMessage.objects.create(kind=OutboxMessage.Kind.SIGN_IN, subscriber=person, subject_id=link.pk)
    platform.start(*(worker(queue) for queue in (*OTHERS, Queue.EMERGENCY)))
    wake(Queue.TRANSACTIONAL)
    platform.wait_until(lambda: inbox.holding >= CONNECTIONS * len(OTHERS), "every other lane is held up")

    rescue, endangered = a_crowd("rescue", 50)
    inbox.free = endangered
    emergency = an_alert_sent(rescue)
    platform.wait_until(lambda: has_reached(emergency, endangered), "the emergency has gone out")
    assert set(inbox.recipients()) == endangered, "somebody else was let through"
    inbox.free = None
    platform.wait_until(lambda: has_reached(routine, readers), "the bulletin goes on by itself")


def test_an_emergency_reaches_browsers_while_every_connection_of_routine_pushes_is_held(
    platform: Platform, push_service: PushService
) -> None:
    """By the push service that both lanes have their browsers at."""
    platform.environment |= {
        "VAPID_KEYS": ",".join(settings.VAPID_KEYS),
        "PUSH_ALLOWED_NETWORKS": ",".join(settings.PUSH_ALLOWED_NETWORKS),
        "PUSH_ALLOWED_PORTS": str(push_service.port),
        "PUSH_CA_FILE": str(push_service.ca_file),
    }
    water, rescue = (a_topic(an_agency(slug, slug.title()), f"{slug}-news") for slug in ("water", "rescue"))
    waiting = [push_service.browser() for _ in range(2 * PER_SERVICE)]
    for browser in waiting:
        a_row(browser, [water])
        browser.answers = [STALL] * 100
    endangered = push_service.browser()
    a_row(endangered, [rescue])
    routine, _ = platform.start(worker(Queue.ROUTINE_PUSH), worker(Queue.EMERGENCY_PUSH))
    a_bulletin_sent(water)
    platform.wait_until(
        lambda: sum(browser.attempts for browser in waiting) >= PER_SERVICE, "the service holds all connections"
    )

    an_alert_sent(rescue)
    platform.wait_until(lambda: endangered.messages, "the emergency has gone out")
    assert not any(browser.messages for browser in waiting)
    os.killpg(routine.pid, signal.SIGKILL)  # else it would wait for the service
