"""A renewal that fails once does not leave a message that a server is slow about to others."""

import pytest
from django.db import InternalError
from django.utils import timezone

from alerts.engine import transactional
from alerts.engine.runtime import runtime
from alerts.engine.transactional import send_outbox
from subscriptions.address_key import address_key
from subscriptions.models import OutboxMessage, SignInLink, Subscriber
from tests.integration.engine.test_slow_domains import SLOW, finish_stragglers, slow_inbox

__all__ = ["slow_inbox"]
pytestmark = pytest.mark.django_db(transaction=True)


def test_the_next_renewal_is_made_after_one_that_failed(slow_inbox, monkeypatch):
    monkeypatch.setattr(transactional, "RENEW_SECONDS", 0.01)
    renew = transactional._renew
    failed: list[bool] = []

    def fails_once(feed) -> None:
        if not failed:
            failed.append(True)
            raise InternalError("out of memory, say")
        renew(feed)

    monkeypatch.setattr(transactional, "_renew", fails_once)
    person = Subscriber.objects.create(email=f"one@{SLOW}", address_key=address_key(f"one@{SLOW}"), status="active")
    link = SignInLink.objects.create(subscriber=person)
    OutboxMessage.objects.create(subscriber=person, kind=OutboxMessage.Kind.SIGN_IN, subject_id=link.pk)
    send_outbox()
    assert runtime().is_waiting
    OutboxMessage.objects.update(next_attempt_at=timezone.now())  # the lease is over, but for its renewal
    for _ in range(100):
        runtime().attend(0.02)
        if OutboxMessage.objects.filter(next_attempt_at__gt=timezone.now()).exists():
            break
    assert not send_outbox()
    slow_inbox.released.set()
    finish_stragglers()
    assert len(slow_inbox.mails) == 1
