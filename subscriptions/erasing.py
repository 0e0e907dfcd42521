"""Forgetting a person: the address is gone at once, the counts stay."""

from django.db import transaction
from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce
from django.utils import timezone

from subscriptions.address_key import address_key
from subscriptions.address_rows import delete_stand_ins
from subscriptions.models import (
    AddressChange,
    ConsentRecord,
    Endpoint,
    OutboxMessage,
    ReadingTime,
    SignInLink,
    SignUp,
    Subscriber,
    SubscriberArea,
    Subscription,
)
from subscriptions.models.subscriber import SubscriberQuerySet
from subscriptions.subscribing import record_consent

RANDOM_KEY = RawSQL("uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())", ())  # no address has it


@transaction.atomic
def erase(*, subscribers: SubscriberQuerySet) -> int:
    """Erase these people; how many. Suppressions stay: a keyed hash that protects the person.

    The rows stay without an address, so that deliveries can be counted; no address finds them any more.
    """
    now = timezone.now()
    ids = subscribers.ids_with_joined()  # also at addresses that they had before
    locked = list(Subscriber.objects.select_for_update().filter(pk__in=ids).order_by("pk"))
    mine = {"subscriber__in": [subscriber.pk for subscriber in locked]}
    ended = list(Subscription.objects.current().filter(**mine))
    Subscription.objects.filter(pk__in=[row.pk for row in ended]).update(ended_at=now)
    record_consent(ended, act=ConsentRecord.Act.WITHDRAWN, way=ConsentRecord.Way.MANAGED, page="erasure", at=now)
    _forget_address_changes(locked)
    Subscriber.objects.filter(pk__in=mine["subscriber__in"]).update(
        email="", ascii_domain=None, address_key=RANDOM_KEY,
        status=Subscriber.Status.ENDED, ended_at=Coalesce("ended_at", now),
        paused_until=None, signed_out_at=now,
        time_zone=None, digest_hour=None, digest_weekday=None, quiet_from=None, quiet_until=None,
    )  # fmt: skip
    for model in (SignUp, OutboxMessage, Endpoint):
        model._default_manager.filter(**mine).delete()
    SubscriberArea.objects.filter(**mine).delete()
    ReadingTime.objects.filter(**mine).delete()
    SignInLink.objects.filter(**mine).delete()
    return len(locked)


def _forget_address_changes(subscribers: list[Subscriber]) -> None:
    """With them go the pending rows that stood for the addresses that were left, or asked for and never confirmed."""
    changes = list(AddressChange.objects.filter(subscriber__in=subscribers))
    asked = [address_key(change.new_email) for change in changes if change.new_email]
    former = [change.former_id for change in changes if change.former_id]
    AddressChange.objects.filter(pk__in=[change.pk for change in changes]).delete()
    delete_stand_ins((Q(pk__in=former) | Q(address_key__in=asked)) & ~Q(pk__in=[one.pk for one in subscribers]))
