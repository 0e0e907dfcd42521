"""A mail server keeps the connections of all other lanes waiting: an emergency goes out over its own."""

import asyncio
from collections.abc import Iterator

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.utils import timezone

from alerts.engine.digests import start_run
from govnotify.lib.queues import Queue, wake
from govnotify.processes import worker
from subscriptions.models import Frequency, OutboxMessage, SignInLink, Subscriber, Subscription
from tests.inbox import Inbox
from tests.integration.faults.platform import Platform
from tests.integration.faults.scenes import a_bulletin_sent, a_crowd, an_alert_sent, has_reached

pytestmark = pytest.mark.django_db(transaction=True)
CONNECTIONS = 2  # of each process
OTHERS = (Queue.ROUTINE, Queue.TRANSACTIONAL, Queue.DIGEST)


class Bottleneck(Inbox):
    """Who is not in `free` gets no verdict until everybody is."""

    def __init__(self) -> None:
        super().__init__()
        self.free: set[str] | None = set()
        self.holding = 0  # connections that wait for a verdict

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.holding += 1
        while self.free is not None and envelope.rcpt_tos[0] not in self.free:  # noqa: ASYNC110  the test's thread opens
            await asyncio.sleep(0.05)
        self.holding -= 1
        return await super().handle_DATA(server, session, envelope)


@pytest.fixture
def inbox(settings) -> Iterator[Bottleneck]:
    with Bottleneck() as server:
        settings.EMAIL_URL = server.url
        yield server
        server.free = None


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
    platform.wait_until(lambda: inbox.holding == CONNECTIONS * len(OTHERS), "every other lane is held up")

    rescue, endangered = a_crowd("rescue", 50)
    inbox.free = endangered
    emergency = an_alert_sent(rescue)
    platform.wait_until(lambda: has_reached(emergency, endangered), "the emergency has gone out")
    assert set(inbox.recipients()) == endangered, "somebody else was let through"
    inbox.free = None
    platform.wait_until(lambda: has_reached(routine, readers), "the bulletin goes on by itself")
