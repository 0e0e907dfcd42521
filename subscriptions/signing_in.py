"""Signing in by a mailed link: works once, for half an hour, by a button."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from channels.address import parse_address
from channels.tokens import ExpiredToken, read_timed_token, timed_token
from govnotify.lib.queues import Queue, wake
from subscriptions.address_key import address_key_of
from subscriptions.keys import signer
from subscriptions.limits import SIGN_INS_PER_ADDRESS_AND_HOUR, admit_sign_in
from subscriptions.models import OutboxMessage, SignInLink, Subscriber

LINK_WORKS_FOR = timedelta(minutes=30)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MOST_A_DAY = 10  # then one an hour: whoever is bombed with links still gets one that works
_PURPOSE = "sign-in"


def request_sign_in(*, email: str, ip: str) -> None:
    """Mail a link to the address, if somebody active has it. Raises BadAddress and RateLimited."""
    key = address_key_of(parse_address(email).key)
    admit_sign_in(ip=ip, address_key=key)
    with transaction.atomic():
        subscriber = Subscriber.objects.active().select_for_update().filter(address_key=key).first()
        if subscriber and _may_have_another(subscriber):
            link = SignInLink.objects.create(subscriber=subscriber)
            OutboxMessage.objects.create(kind=OutboxMessage.Kind.SIGN_IN, subscriber=subscriber, subject_id=link.pk)
        transaction.on_commit(lambda: wake(Queue.TRANSACTIONAL))  # also for nobody: the same for everybody


def _may_have_another(subscriber: Subscriber) -> bool:
    """The rule that holds with the cache gone as well. The page says the same whether it does or not."""
    now = timezone.now()
    today = subscriber.outbox.filter(kind=OutboxMessage.Kind.SIGN_IN, created_at__gt=now - DAY)
    times = list(today.order_by("-created_at").values_list("created_at", flat=True)[:MOST_A_DAY])
    in_this_hour = sum(moment > now - HOUR for moment in times)
    return in_this_hour < (SIGN_INS_PER_ADDRESS_AND_HOUR if len(times) < MOST_A_DAY else 1)


def sign_in_token(link: SignInLink) -> str:
    """What stands in the mailed link."""
    return timed_token(signer(), _PURPOSE, link.pk, link.created_at)


def link_of(token: str) -> SignInLink:
    """The unused link that the token names. Raises BadToken; ExpiredToken when it is too old or was used."""
    read = read_timed_token(signer(), _PURPOSE, token, max_age=LINK_WORKS_FOR, now=timezone.now())
    link = SignInLink.objects.select_related("subscriber").filter(pk=read.payload, used_at=None).first()
    if link is None or link.subscriber.status != Subscriber.Status.ACTIVE:
        raise ExpiredToken("the link was used before")
    return link


def open_link(*, token: str) -> Subscriber:
    """Use the link up and return whose it is. Raises as `link_of`; of two presses at once one wins."""
    link = link_of(token)
    if not SignInLink.objects.filter(pk=link.pk, used_at=None).update(used_at=timezone.now()):
        raise ExpiredToken("the link was used before")
    return link.subscriber


def end_sessions(*, subscriber: Subscriber) -> None:
    """Sign this person out everywhere, and make links worthless that were mailed before."""
    now = timezone.now()
    Subscriber.objects.filter(pk=subscriber.pk).update(signed_out_at=now)
    SignInLink.objects.filter(subscriber=subscriber, used_at=None).update(used_at=now)
