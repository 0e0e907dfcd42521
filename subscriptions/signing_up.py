"""Signing up: somebody typed an address and chose topics. Nothing of it happens before the address confirms.

Known and unknown addresses get the same answer for the same statements; what differs is said in the mail.
"""

from collections.abc import Mapping
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from channels.address import Address, parse_address
from govnotify.lib.queues import Queue, wake
from subscriptions.address_key import address_key_of
from subscriptions.limits import admit_sign_up
from subscriptions.models import Frequency, OutboxMessage, SignUp, Subscriber, Suppression, Topic

DAY = timedelta(days=1)
CONFIRMATIONS = (OutboxMessage.Kind.CONFIRM, OutboxMessage.Kind.ALREADY_SUBSCRIBED)


def sign_up(*, email: str, choices: Mapping[Topic, Frequency], language: str, page: str, ip: str) -> None:
    """Ask the address to confirm these topics, at most once a day whatever is asked for in that time.

    `page` is where the form was filled in. Raises BadAddress and RateLimited.
    """
    address = parse_address(email)
    admit_sign_up(ip=ip, mail_domain=address.domain)
    with transaction.atomic():
        subscriber = _locked_subscriber(address, language)
        request = _merged_sign_up(subscriber, choices, language, page)
        if not _had_a_mail_today(subscriber):
            kind = OutboxMessage.Kind.CONFIRM if _changes_something(request) else OutboxMessage.Kind.ALREADY_SUBSCRIBED
            OutboxMessage.objects.create(kind=kind, subscriber=subscriber, subject_id=request.pk)
        transaction.on_commit(lambda: wake(Queue.TRANSACTIONAL))  # also with no mail to send: the same for everybody


def _locked_subscriber(address: Address, language: str) -> Subscriber:
    """The address's row, made where there is none; under its lock two forms sent at once send one mail."""
    key = address_key_of(address.key)
    plain = address.typed.rpartition("@")[2].isascii()
    new = Subscriber(
        email=address.typed, ascii_domain=None if plain else address.domain, address_key=key, language=language
    )
    Subscriber.objects.bulk_create([new], ignore_conflicts=True)
    return Subscriber.objects.select_for_update().get(address_key=key)


def _merged_sign_up(subscriber: Subscriber, choices: Mapping[Topic, Frequency], language: str, page: str) -> SignUp:
    """The day's one sign-up with these choices added. The link that was mailed for it works for all of them.

    One that was confirmed opens again with the new choices alone: the others may have been left since.
    """
    chosen = {str(topic.pk): str(frequency) for topic, frequency in choices.items()}
    today = subscriber.sign_ups.filter(created_at__gt=timezone.now() - DAY).order_by("-pk").first()
    request = today or SignUp(subscriber=subscriber)
    request.choices = chosen if today is None or today.confirmed_at else today.choices | chosen
    request.confirmed_at = None
    request.language, request.page = language, page[:200]
    request.save()
    return request


def _had_a_mail_today(subscriber: Subscriber) -> bool:
    """Whether one is on its way or was sent; one that could not be sent does not count."""
    return (
        subscriber.outbox.filter(kind__in=CONFIRMATIONS, created_at__gt=timezone.now() - DAY)
        .exclude(status=OutboxMessage.Status.FAILED)
        .exists()
    )


def _changes_something(request: SignUp) -> bool:
    """Also for somebody who has it all but is no longer written to: confirming lifts the suppression."""
    current = request.subscriber.subscriptions.current().values_list("topic_id", "frequency")
    has = {str(topic_id): frequency for topic_id, frequency in current}
    active = request.subscriber.status == Subscriber.Status.ACTIVE
    suppressed = Suppression.objects.filter(address_key=request.subscriber.address_key).exists()
    asks_more = any(has.get(topic_id) != frequency for topic_id, frequency in request.choices.items())
    return not active or suppressed or asks_more
