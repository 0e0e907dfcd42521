"""Starting and changing subscriptions, with the record of consent: the caller knows that it is agreed."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType

from django.db import transaction
from django.utils import timezone

from subscriptions.models import ConsentRecord, Frequency, Subscriber, Subscription, Topic

Act, Way = ConsentRecord.Act, ConsentRecord.Way
OWN_PAGES: Mapping[int, int] = MappingProxyType({})  # sources of topics that were all chosen on our own pages


@transaction.atomic
def subscribe(
    *,
    subscriber: Subscriber,
    choices: Mapping[Topic, Frequency],
    way: ConsentRecord.Way,
    page: str = "",
    sources: Mapping[int, int] = OWN_PAGES,
) -> None:
    """Give the subscriber each topic at its frequency; what is so already leaves no record.

    `sources` are ids of `Source` by topic id, and kept of what begins now.
    """
    now = timezone.now()
    locked = Subscriber.objects.select_for_update().get(pk=subscriber.pk)
    had = {row.topic_id: row for row in locked.subscriptions.filter(topic__in=list(choices))}
    new, revived, changed = [], [], []
    for topic, frequency in choices.items():
        row, source = had.get(topic.pk), sources.get(topic.pk)
        if row is None:
            row = Subscription(subscriber=locked, topic=topic, frequency=frequency, started_at=now, source_id=source)
            new.append(row)
        elif row.ended_at is not None:
            row.frequency, row.started_at, row.ended_at, row.source_id = frequency, now, None, source
            revived.append(row)
        elif row.frequency != frequency:
            row.frequency = frequency
            changed.append(row)
    Subscription.objects.bulk_create(new)
    Subscription.objects.bulk_update(revived + changed, ["frequency", "started_at", "ended_at", "source"])
    record_consent(new + revived, act=Act.GIVEN, way=way, page=page, at=now)
    record_consent(changed, act=Act.CHANGED, way=way, page=page, at=now)
    if choices:
        activate(subscriber=locked, at=now)


def activate(*, subscriber: Subscriber, at: datetime) -> None:
    """Make somebody who listens again active; nothing for who is."""
    if subscriber.status != Subscriber.Status.ACTIVE:
        subscriber.status = Subscriber.Status.ACTIVE
        subscriber.confirmed_at = subscriber.confirmed_at or at
        subscriber.ended_at = subscriber.joined_to = None
        subscriber.save(update_fields=["status", "confirmed_at", "ended_at", "joined_to"])


def record_consent(
    subscriptions: Iterable[Subscription],
    *,
    act: ConsentRecord.Act,
    way: ConsentRecord.Way,
    page: str,
    at: datetime,
) -> None:
    """One record for each of a person's subscriptions; those of machines leave none."""
    ConsentRecord.objects.bulk_create(
        ConsentRecord(
            subscriber_id=row.subscriber_id,
            topic_id=row.topic_id,
            act=act,
            way=way,
            frequency=row.frequency,
            page=page[:200],
            at=at,
        )
        for row in subscriptions
        if row.subscriber_id is not None
    )
