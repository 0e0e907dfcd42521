"""Confirmations and sign-in links while a server is slow about one domain: nobody waits for it, nobody gets two."""

import pytest
from django.db import InternalError
from django.utils import timezone

from alerts.engine import transactional
from alerts.engine.runtime import runtime
from alerts.engine.transactional import send_outbox
from subscriptions.address_key import address_key
from subscriptions.models import OutboxMessage, SignInLink, Subscriber
from tests.integration.engine.slow import SLOW, finish_stragglers, slow_inbox

__all__ = ["slow_inbox"]
pytestmark = pytest.mark.django_db(transaction=True)


def test_confirmations_do_not_wait_for_a_slow_domain(slow_inbox):
    for number, domain in enumerate([SLOW, "example.org", "example.org"]):
        address = f"person{number}@{domain}"
        person = Subscriber.objects.create(email=address, address_key=address_key(address), status="active")
        link = SignInLink.objects.create(subscriber=person)
        OutboxMessage.objects.create(subscriber=person, kind=OutboxMessage.Kind.SIGN_IN, subject_id=link.pk)
    send_outbox()
    assert OutboxMessage.objects.filter(status=OutboxMessage.Status.SENT).count() == 2
    slow_inbox.released.set()
    finish_stragglers()
    assert OutboxMessage.objects.filter(status=OutboxMessage.Status.SENT).count() == 3
    assert len(slow_inbox.mails) == 3


def nobody_else_sends_a_confirmation(slow_inbox) -> None:
    """While its server is slow about it, and afterwards it has arrived once."""
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
    assert OutboxMessage.objects.get().status == OutboxMessage.Status.SENT
    assert len(slow_inbox.mails) == 1


def test_a_confirmation_that_a_server_is_slow_about_stays_with_its_worker(slow_inbox, monkeypatch):
    monkeypatch.setattr(transactional, "RENEW_SECONDS", 0.01)
    nobody_else_sends_a_confirmation(slow_inbox)


def test_a_renewal_that_fails_once_does_not_leave_it_to_others(slow_inbox, monkeypatch):
    monkeypatch.setattr(transactional, "RENEW_SECONDS", 0.01)
    renew = transactional._renew
    failed: list[bool] = []

    def fails_once(feed) -> None:
        if not failed:
            failed.append(True)
            raise InternalError("out of memory, say")
        renew(feed)

    monkeypatch.setattr(transactional, "_renew", fails_once)
    nobody_else_sends_a_confirmation(slow_inbox)
    assert failed
