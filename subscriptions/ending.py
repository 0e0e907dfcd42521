"""Ending subscriptions, with the record of withdrawn consent, and taking that back."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from subscriptions.models import ConsentRecord, Subscriber, Subscription
from subscriptions.models.subscription import SubscriptionQuerySet
from subscriptions.subscribing import activate, record_consent

Act, Way = ConsentRecord.Act, ConsentRecord.Way


@dataclass(frozen=True, slots=True)
class Ended:
    """What one act ended. `at` also stands in the rows that it ended: that is how they are found again."""

    subscriber_id: int
    at: datetime
    topic_ids: tuple[int, ...]


@transaction.atomic
def end(*, subscriber_id: int, among: SubscriptionQuerySet, way: ConsentRecord.Way, page: str = "") -> Ended:
    """End those of `among` that this subscriber has; nobody and nothing to end is fine.

    Who has nothing left, and no endpoint either, has ended: no reason remains to keep the address.
    """
    now = timezone.now()
    subscriber = Subscriber.objects.select_for_update().filter(pk=subscriber_id).first()
    if subscriber is None:
        return Ended(subscriber_id, now, ())
    rows = list(among.current().filter(subscriber=subscriber))
    Subscription.objects.filter(pk__in=[row.pk for row in rows]).update(ended_at=now)
    record_consent(rows, act=Act.WITHDRAWN, way=way, page=page, at=now)
    if rows and not _still_listens(subscriber):
        subscriber.status, subscriber.ended_at = Subscriber.Status.ENDED, now
        subscriber.save(update_fields=["status", "ended_at"])
    return Ended(subscriber_id, now, tuple(row.topic_id for row in rows))


@transaction.atomic
def restore(*, subscriber_id: int, at: datetime, page: str = "") -> int:
    """Take back what was ended at that very moment, each at the frequency it had; returns how many."""
    subscriber = Subscriber.objects.select_for_update().filter(pk=subscriber_id).exclude(email="").first()
    if subscriber is None:
        return 0
    rows = list(Subscription.objects.filter(subscriber=subscriber, ended_at=at))
    Subscription.objects.filter(pk__in=[row.pk for row in rows]).update(ended_at=None)
    now = timezone.now()
    record_consent(rows, act=Act.GIVEN, way=Way.UNDO, page=page, at=now)
    if rows:
        activate(subscriber=subscriber, at=now)
    return len(rows)


def _still_listens(subscriber: Subscriber) -> bool:
    return subscriber.subscriptions.current().exists() or subscriber.endpoints.exists()
