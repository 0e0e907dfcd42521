"""Forgetting a person: the address is gone at once, the counts stay."""

import secrets

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from subscriptions.address_key import address_key
from subscriptions.address_rows import delete_stand_ins
from subscriptions.models import AddressChange, ConsentRecord, SignInLink, Subscriber, SubscriberArea, Subscription
from subscriptions.subscribing import record_consent


@transaction.atomic
def erase(*, subscribers: QuerySet[Subscriber]) -> int:
    """Erase these people; how many. Suppressions stay: a keyed hash that protects the person.

    The rows stay without an address, so that deliveries can be counted; no address finds them any more.
    """
    now = timezone.now()
    locked = list(subscribers.select_for_update().order_by("pk"))
    mine = {"subscriber__in": [subscriber.pk for subscriber in locked]}
    ended = list(Subscription.objects.current().filter(**mine))
    Subscription.objects.filter(pk__in=[row.pk for row in ended]).update(ended_at=now)
    record_consent(ended, act=ConsentRecord.Act.WITHDRAWN, way=ConsentRecord.Way.MANAGED, page="erasure", at=now)
    _forget_address_changes(locked)
    for subscriber in locked:
        subscriber.email, subscriber.ascii_domain = "", None
        subscriber.address_key = secrets.token_bytes(32)
        subscriber.status, subscriber.ended_at = Subscriber.Status.ENDED, subscriber.ended_at or now
        subscriber.paused_until, subscriber.signed_out_at = None, now
        subscriber.save(
            update_fields=[
                "email", "ascii_domain", "address_key", "status", "ended_at", "paused_until", "signed_out_at"
            ]
        )  # fmt: skip
        subscriber.sign_ups.all().delete()
        subscriber.outbox.all().delete()
        subscriber.endpoints.all().delete()
    SubscriberArea.objects.filter(**mine).delete()
    SignInLink.objects.filter(**mine).delete()
    return len(locked)


def _forget_address_changes(subscribers: list[Subscriber]) -> None:
    """With them go the pending rows that stood for the addresses that were left, or asked for and never confirmed."""
    changes = list(AddressChange.objects.filter(subscriber__in=subscribers))
    asked = [address_key(change.new_email) for change in changes if change.new_email]
    former = [change.former_id for change in changes if change.former_id]
    AddressChange.objects.filter(pk__in=[change.pk for change in changes]).delete()
    delete_stand_ins((Q(pk__in=former) | Q(address_key__in=asked)) & ~Q(pk__in=[one.pk for one in subscribers]))
