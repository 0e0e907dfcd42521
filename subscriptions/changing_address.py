"""Asking for another address: a link to the new one, word of it to the old one.

Known and unknown new addresses get the same answer for the same statements, and the same mail; that the two are to be
joined is said to the new one alone. It learns nothing of the old one, nor the old one of it: either may be somebody
else's by mistake.
"""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from channels.address import parse_address
from channels.tokens import read_timed_token, timed_token
from govnotify.lib.queues import Queue, wake
from subscriptions.address_key import address_key, address_key_of
from subscriptions.address_rows import ensure_row, locked_rows
from subscriptions.keys import signer
from subscriptions.limits import RateLimited, admit_sign_up
from subscriptions.models import AddressChange, OutboxMessage, Subscriber
from subscriptions.models.address_change import LINK_WORKS_FOR, TAKE_BACK_FOR, AddressChangeQuerySet

MOST_A_DAY = 3  # changes that one person asks for
DAY = timedelta(days=1)
_CONFIRM, _REFUSE = "address-confirm", "address-refuse"


class SameAddress(Exception):  # noqa: N818  named as what happened
    """The new address is the one that they have."""


def request_change(*, subscriber: Subscriber, email: str, page: str, ip: str) -> AddressChange:
    """Mail a link to the new address, at most one a day whoever asks, and word of it to the old one.

    Asked for the same address again, it is the same change. Raises BadAddress, SameAddress and RateLimited.
    """
    address = parse_address(email)
    key = address_key_of(address.key)
    admit_sign_up(ip=ip, address=address)
    with transaction.atomic():
        ensure_row(address=address, language=subscriber.language)
        rows = locked_rows(Q(pk=subscriber.pk) | Q(address_key=key))
        asking = rows[subscriber.pk]
        if bytes(asking.address_key) == key:
            raise SameAddress
        today = list(asking.address_changes.filter(requested_at__gt=timezone.now() - DAY))
        same = [one for one in asking.address_changes.waiting() if address_key(one.new_email) == key]
        if not same and len(today) >= MOST_A_DAY:
            raise RateLimited(int(DAY.total_seconds()))
        holder = next(row for row in rows.values() if bytes(row.address_key) == key)
        change = same[0] if same else _new_change(asking, holder, address.typed, page)
        transaction.on_commit(lambda: wake(Queue.TRANSACTIONAL))  # also with no mail to send: the same for everybody
    return change


def cancel_change(*, subscriber: Subscriber) -> None:
    """Call off what waits for the new address."""
    subscriber.address_changes.waiting().update(ended_at=timezone.now())


def confirm_token(change: AddressChange) -> str:
    """What stands in the link that the new address gets; works for LINK_WORKS_FOR."""
    return timed_token(signer(), _CONFIRM, change.pk, change.requested_at)


def refuse_token(change: AddressChange) -> str:
    """What stands in the link that the old address gets; works until the change can't be taken back any more."""
    return timed_token(signer(), _REFUSE, change.pk, change.requested_at)


def change_to_confirm(token: str) -> AddressChange:
    """The change that the link names, waiting or done. Raises BadToken, ExpiredToken, AddressChange.DoesNotExist."""
    return _named(token, _CONFIRM, LINK_WORKS_FOR).get(Q(ended_at=None))


def joins(change: AddressChange) -> bool:
    """Whether the new address has subscriptions of its own, to which others come: for its reader alone."""
    if not change.new_email or change.confirmed_at:
        return False
    return Subscriber.objects.active().with_address(change.new_email).exists()


def change_to_refuse(token: str) -> AddressChange:
    """The change that the link names. Raises BadToken, ExpiredToken, AddressChange.DoesNotExist (erased)."""
    return _named(token, _REFUSE, LINK_WORKS_FOR + TAKE_BACK_FOR).get()


def _new_change(asking: Subscriber, holder: Subscriber, typed: str, page: str) -> AddressChange:
    now = timezone.now()
    asking.address_changes.waiting().update(ended_at=now)
    change = AddressChange.objects.create(subscriber=asking, new_email=typed, page=page[:200], requested_at=now)
    kind = OutboxMessage.Kind.ADDRESS_CONFIRM
    notices = [OutboxMessage(kind=OutboxMessage.Kind.ADDRESS_NOTICE, subscriber=asking, subject_id=change.pk)]
    if not holder.outbox.filter(kind=kind, created_at__gt=now - DAY).exists():
        notices.append(OutboxMessage(kind=kind, subscriber=holder, subject_id=change.pk))
    OutboxMessage.objects.bulk_create(notices)
    return change


def _named(token: str, purpose: str, max_age: timedelta) -> AddressChangeQuerySet:
    read = read_timed_token(signer(), purpose, token, max_age=max_age, now=timezone.now())
    return AddressChange.objects.select_related("subscriber").filter(pk=read.payload)
