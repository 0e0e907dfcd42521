"""Forgetting a person: the address is gone at once, the counts stay."""

import secrets

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from subscriptions.models import ConsentRecord, SignInLink, Subscriber, Subscription
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
    for subscriber in locked:
        subscriber.email, subscriber.ascii_domain = "", None
        subscriber.address_key = secrets.token_bytes(32)
        subscriber.status, subscriber.ended_at = Subscriber.Status.ENDED, subscriber.ended_at or now
        subscriber.save(update_fields=["email", "ascii_domain", "address_key", "status", "ended_at"])
        subscriber.sign_ups.all().delete()
        subscriber.outbox.all().delete()
        subscriber.endpoints.all().delete()
    SignInLink.objects.filter(**mine).delete()
    return len(locked)
