"""Moving somebody to another address when that says yes, and back when the old one says no.

While a move can be taken back, the address that was left has a row of its own, pending, or ended where the two were
joined: nothing is sent to it, and who reads there may sign up anew.
"""

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from channels.address import parse_address
from subscriptions.address_key import address_key
from subscriptions.address_rows import ADDRESS_FIELDS, delete_stand_ins, ensure_row, locked_rows, set_address
from subscriptions.erasing import erase
from subscriptions.joining import join, separate
from subscriptions.models import (
    AddressChange,
    ConsentRecord,
    Frequency,
    OutboxMessage,
    ReadingTime,
    Subscriber,
    Suppression,
)
from subscriptions.models.address_change import TAKE_BACK_FOR
from subscriptions.signing_in import end_sessions
from subscriptions.subscribing import record_consent, subscribe

FORGOTTEN_AT_ONCE = 100  # changes: each takes some statements


class ChangeOver(Exception):  # noqa: N818  named as what happened
    """The change was called off, replaced or refused, or it is too late to take it back."""


@transaction.atomic
def confirm_change(*, change: AddressChange) -> Subscriber:
    """The new address says yes: from now on it gets the mail, and every session ends. Twice is once.

    What was suppressed or bounced at the old address stays with that; the new one has just proved that mail arrives.
    Where that has subscriptions of its own, the two are joined there (`subscriptions.joining`). Returns who gets the
    mail now. Raises ChangeOver.
    """
    key = address_key(change.new_email) if change.new_email else b""
    rows = locked_rows(Q(pk=change.subscriber_id) | Q(address_key=key))
    change.refresh_from_db()
    subscriber = rows[change.subscriber_id]
    if change.ended_at:
        raise ChangeOver
    if change.confirmed_at:
        return Subscriber.objects.standing_for(subscriber.pk) or subscriber
    subscriber.sign_ups.filter(confirmed_at=None).delete()  # asked for at an address that is not theirs any more
    for holder in rows.values():
        if holder != subscriber:
            if holder.status == Subscriber.Status.ACTIVE:
                return _join(change, subscriber, holder)
            _give_up(holder, to=subscriber)
    now = timezone.now()
    old = subscriber.email
    _move(subscriber, change.new_email)
    change.former = ensure_row(address=parse_address(old), language=subscriber.language).get()
    change.confirmed_at = now
    change.save(update_fields=["former", "confirmed_at"])
    # What is still to be said to the old address must not follow to the new one.
    waiting = subscriber.outbox.filter(status=OutboxMessage.Status.PENDING)
    waiting.filter(kind=OutboxMessage.Kind.ADDRESS_NOTICE).update(subscriber=change.former)
    Suppression.objects.filter(address_key=subscriber.address_key).delete()
    _record(subscriber, "/me/address/confirm/")
    end_sessions(subscriber=subscriber)
    return subscriber


@transaction.atomic
def refuse_change(*, change: AddressChange) -> None:
    """The old address says no: what waits is off, what was made is taken back, and every session ends.

    That holds for later changes as well: whoever was not them asked for those. Twice is once. Raises ChangeOver.
    """
    later = AddressChange.objects.filter(subscriber=change.subscriber_id, requested_at__gte=change.requested_at)
    made = later.filter(ended_at=None).exclude(confirmed_at=None).order_by("requested_at")
    joined = [one for one in made.select_related("subscriber") if one.joined]
    into = [Subscriber.objects.standing_for(one.joined["into"]) for one in joined if one.joined]
    others = Q(pk__in=made.values("former")) | Q(pk__in=[one.pk for one in into if one])
    rows = locked_rows(Q(pk=change.subscriber_id) | others)
    change.refresh_from_db()
    if change.is_final:
        raise ChangeOver
    if change.confirmed_at and change.ended_at:
        return
    subscriber = rows.pop(change.subscriber_id)
    for one in joined:
        separate(change=one, page="/me/address/refuse/")
    first = made.filter(joined__isnull=True).first()
    if first is not None:
        former = rows.pop(first.former_id or 0, None)
        if former is None or not former.email:
            raise ChangeOver
        _take_back(subscriber, former)
    later.filter(ended_at=None).update(ended_at=timezone.now(), former=None, joined=None)
    delete_stand_ins(Q(pk__in=rows))
    end_sessions(subscriber=subscriber)


def forget_former_addresses() -> int:
    """Delete what was kept to take a slice of the changes back, for which it is too late; how many changes."""
    now = timezone.now()
    over = AddressChange.objects.exclude(new_email="").filter(
        Q(confirmed_at__lt=now - TAKE_BACK_FOR) | Q(confirmed_at=None, requested_at__lt=now - TAKE_BACK_FOR)
    )
    changes = list(over.order_by("requested_at")[:FORGOTTEN_AT_ONCE])
    for change in changes:
        with transaction.atomic():
            AddressChange.objects.filter(pk=change.pk).update(new_email="", former=None, joined=None)
            if change.joined:
                _forget_joined(change.subscriber_id, change.joined["into"])
            delete_stand_ins(Q(pk=change.former_id or 0) | Q(address_key=address_key(change.new_email)))
    return len(changes)


def _forget_joined(former: int, into: int) -> None:
    """Erase an address that is still joined to that other.

    One that signed up anew since is somebody's, and what a later change joined can be taken back for longer.
    """
    found = Subscriber.objects.filter(pk=former, joined_to=into)
    for row in found:
        _hand_on_reading_times(row)
    erase(subscribers=found)


def _hand_on_reading_times(former: Subscriber) -> None:
    """By which the digests came that were sent to an address which was joined to another; whoever has that is told.

    They ended with the address: a digest that is being made at this moment must not find them.
    """
    ended = Coalesce("until_at", former.ended_at or timezone.now())
    person = Subscriber.objects.standing_for(former.pk)
    ReadingTime.objects.filter(subscriber=former).update(subscriber=person, until_at=ended)


def _join(change: AddressChange, subscriber: Subscriber, holder: Subscriber) -> Subscriber:
    """Its reader said yes, so the new address takes in what the old one has; that keeps its row, ended."""
    change.joined = join(subscriber=subscriber, into=holder, page="/me/address/confirm/")
    change.confirmed_at = timezone.now()
    change.save(update_fields=["joined", "confirmed_at"])
    Suppression.objects.filter(address_key=holder.address_key).delete()
    end_sessions(subscriber=subscriber)
    return Subscriber.objects.get(pk=holder.pk)


def _give_up(row: Subscriber, *, to: Subscriber) -> None:
    """Free the row's address. If it was pending, what was asked for there goes to `to`; else its counts stay."""
    if row.status == Subscriber.Status.PENDING:
        row.sign_ups.update(subscriber=to)
        row.outbox.update(subscriber=to)
        row.delete()
    else:
        erase(subscribers=Subscriber.objects.filter(pk=row.pk))


def _take_back(subscriber: Subscriber, former: Subscriber) -> None:
    """Give the old address its subscriber again, with what it may have begun to follow by itself meanwhile."""
    current = former.subscriptions.current().select_related("topic")
    own = {row.topic: Frequency(row.frequency) for row in current}
    old = former.email
    former.endpoints.exclude(url__in=subscriber.endpoints.values("url")).update(subscriber=subscriber)
    subscriber.outbox.filter(status=OutboxMessage.Status.PENDING).delete()  # meant for the address that goes
    _give_up(former, to=subscriber)
    _move(subscriber, old)
    subscribe(subscriber=subscriber, choices=own, way=ConsentRecord.Way.UNDO, page="/me/address/refuse/")
    _record(subscriber, "/me/address/refuse/")


def _move(subscriber: Subscriber, email: str) -> None:
    set_address(subscriber, parse_address(email))
    subscriber.save(update_fields=ADDRESS_FIELDS)


def _record(subscriber: Subscriber, page: str) -> None:
    """Consent, given anew from the address that the mail goes to now."""
    current = subscriber.subscriptions.current()
    record_consent(current, act=ConsentRecord.Act.GIVEN, way=ConsentRecord.Way.ADDRESS, page=page, at=timezone.now())
