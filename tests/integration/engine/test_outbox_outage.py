"""A confirmation that was accepted is not forgotten because the database is away."""

import pytest
from django.db import OperationalError

from alerts.engine import transactional
from alerts.engine.transactional import send_outbox
from alerts.lanes import LEASE
from govnotify.lib import database
from subscriptions.address_key import address_key
from subscriptions.models import OutboxMessage, SignInLink, Subscriber

pytestmark = pytest.mark.django_db(transaction=True)


class Clock:
    """On which every look is ten seconds after the last, so that nobody waits for an outage to end."""

    now = 0.0
    sleep = staticmethod(lambda seconds: None)

    def monotonic(self) -> float:
        self.now += 10.0
        return self.now


def test_an_acceptance_is_recorded_after_an_outage_that_was_longer_than_a_lease(inbox, monkeypatch):
    person = Subscriber.objects.create(
        email="one@example.org", address_key=address_key("one@example.org"), status="active"
    )
    link = SignInLink.objects.create(subscriber=person)
    OutboxMessage.objects.create(subscriber=person, kind=OutboxMessage.Kind.SIGN_IN, subject_id=link.pk)
    clock, write = Clock(), transactional._record_all

    def away_for_two_leases(feed) -> None:
        if clock.now < 2 * LEASE.total_seconds():
            raise OperationalError("the database is away")
        write(feed)

    monkeypatch.setattr(transactional, "_record_all", away_for_two_leases)
    monkeypatch.setattr(database, "time", clock)
    send_outbox()
    assert len(inbox.mails) == 1
    assert OutboxMessage.objects.get().status == OutboxMessage.Status.SENT
