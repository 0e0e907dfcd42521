"""Whoever an address may belong to: everybody that an answer must not tell apart."""

from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone

from subscriptions.address_key import address_key
from subscriptions.changing_address import request_change
from subscriptions.erasing import erase
from subscriptions.models import Frequency, OutboxMessage, SignUp, Subscriber
from subscriptions.suppressing import suppress
from tests.integration.subscriptions.cast import Town, a_subscriber, ask


def known(email: str, town: Town) -> None:
    a_subscriber(email, floods=Frequency.IMMEDIATE)


def unknown(email: str, town: Town) -> None:
    pass


def pending(email: str, town: Town) -> None:
    ask(town.roads, email=email, ip="192.0.2.200")


def pending_for_days(email: str, town: Town) -> None:
    pending(email, town)
    before = timezone.now() - timedelta(days=3)
    SignUp.objects.filter(subscriber__email=email).update(created_at=before)
    OutboxMessage.objects.filter(subscriber__email=email).update(created_at=before)


def suppressed(email: str, town: Town) -> None:
    known(email, town)
    suppress(address_keys=[address_key(email)], reason="hard-bounce", code="5.1.1")


def suppressed_and_unknown(email: str, town: Town) -> None:
    suppress(address_keys=[address_key(email)], reason="complaint")


def ended(email: str, town: Town) -> None:
    known(email, town)
    Subscriber.objects.filter(email=email).update(status=Subscriber.Status.ENDED, ended_at=timezone.now())


def erased(email: str, town: Town) -> None:
    known(email, town)
    erase(subscribers=Subscriber.objects.filter(email=email))


def wanted_by_another(email: str, town: Town) -> None:
    other = a_subscriber(f"other-{email}", roads=Frequency.DAILY)
    request_change(subscriber=other, email=email, page="/me/address/", ip="192.0.2.201")


EVERYBODY: list[Callable[[str, Town], None]] = [
    known, unknown, pending, pending_for_days, suppressed, suppressed_and_unknown, ended, erased, wanted_by_another
]  # fmt: skip
