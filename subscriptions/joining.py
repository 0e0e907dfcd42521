"""Two subscribers who turned out to be one person: joined when both addresses said so, taken apart when one says no.

Whoever has the address that is kept takes in what the other had; the other ends and points to them, so that links of
mails that were sent to it still work.
"""

from collections.abc import Iterable
from typing import Any

from django.utils.dateparse import parse_datetime

from subscriptions.areas import put_areas
from subscriptions.ending import end, restore
from subscriptions.models import (
    AddressChange,
    ConsentRecord,
    Endpoint,
    Frequency,
    Place,
    Subscriber,
    Subscription,
)
from subscriptions.subscribing import subscribe

OFTEN_FIRST = [Frequency.IMMEDIATE, Frequency.DAILY, Frequency.WEEKLY]
Way = ConsentRecord.Way


def join(*, subscriber: Subscriber, into: Subscriber, page: str) -> dict[str, Any]:
    """Give `into` what both have; what is needed to take it apart. The caller has locked both rows.

    Topics of both; where both have one, the more frequent way. Places of both, and every place where one has none. A
    break lasts as long as both wanted it. Language and settings stay those of the address that is kept.
    """
    moving = {row.topic_id: row for row in subscriber.subscriptions.current().select_related("topic")}
    had = {row.topic_id: row.frequency for row in into.subscriptions.current().filter(topic__in=moving)}
    choices = {row.topic: _more_often(row.frequency, had.get(row.topic_id)) for row in moving.values()}
    sources = {row.topic_id: row.source_id for row in moving.values() if row.source_id}
    areas, theirs = _areas(into), _areas(subscriber)
    subscribe(subscriber=into, choices=choices, way=Way.ADDRESS, page=page, sources=sources)
    _keep_beginnings([row for row in moving.values() if row.topic_id not in had], into)
    put_areas(subscriber=into, places=_places(_both(areas, theirs)))
    machines = subscriber.endpoints.exclude(url__in=into.endpoints.values("url"))
    moved = list(machines.values_list("pk", flat=True))
    machines.update(subscriber=into)
    ended = end(subscriber_id=subscriber.pk, among=Subscription.objects.all(), way=Way.ADDRESS, page=page)
    pauses = [one.paused_until for one in (subscriber, into)]
    Subscriber.objects.filter(pk=into.pk).update(paused_until=None if None in pauses else min(filter(None, pauses)))
    Subscriber.objects.filter(pk=subscriber.pk).update(
        status=Subscriber.Status.ENDED, ended_at=ended.at, joined_to=into.pk
    )
    return {
        "into": into.pk,
        "at": ended.at.isoformat(),
        "topics": {str(topic.pk): [had.get(topic.pk), frequency] for topic, frequency in choices.items()},
        "areas": [areas, _both(areas, theirs)],  # before and after
        "endpoints": moved,
    }


def separate(*, change: AddressChange, page: str) -> None:
    """Take apart what the change joined, but for what was changed by hand since. The caller has locked both rows."""
    joined = change.joined
    assert joined is not None  # noqa: S101  the caller has looked
    subscriber = change.subscriber
    into = Subscriber.objects.standing_for(joined["into"])
    if into is not None and into != subscriber:
        if into.pk == joined["into"]:  # else that one was joined further: nobody can say any more whose was what
            _take_out(into, joined, page)
        Endpoint.objects.filter(pk__in=joined["endpoints"], subscriber=into).update(subscriber=subscriber)
    Subscriber.objects.filter(pk=subscriber.pk).update(joined_to=None, status=Subscriber.Status.ACTIVE, ended_at=None)
    moment = parse_datetime(joined["at"])
    assert moment is not None  # noqa: S101  we wrote it
    restore(subscriber_id=subscriber.pk, at=moment, page=page)


def _take_out(into: Subscriber, joined: dict[str, Any], page: str) -> None:
    """The topics that came, the ways of reading that changed, and the places."""
    since = ConsentRecord.objects.filter(subscriber_id=into.pk, at__gt=parse_datetime(joined["at"]))
    by_hand = set(since.exclude(way=Way.ADDRESS).values_list("topic_id", flat=True))
    topics = {int(pk): ways for pk, ways in joined["topics"].items() if int(pk) not in by_hand}
    came = [pk for pk, (before, _after) in topics.items() if before is None]
    end(subscriber_id=into.pk, among=Subscription.objects.filter(topic__in=came), way=Way.UNDO, page=page)
    current = into.subscriptions.current().filter(topic__in=topics).select_related("topic")
    subscribe(
        subscriber=into,
        choices={row.topic: Frequency(topics[row.topic_id][0]) for row in current if topics[row.topic_id][0]},
        way=Way.UNDO,
        page=page,
    )
    before, after = joined["areas"]
    if _areas(into) == after:
        put_areas(subscriber=into, places=_places(before))


def _more_often(one: str, other: str | None) -> Frequency:
    return min((Frequency(way) for way in (one, other) if way), key=OFTEN_FIRST.index)


def _keep_beginnings(rows: Iterable[Subscription], into: Subscriber) -> None:
    """What was published before the join and waits for a digest must not fall between the two."""
    began = {row.topic_id: row.started_at for row in rows}
    new = list(into.subscriptions.filter(topic__in=began))
    for row in new:
        row.started_at = began[row.topic_id]
    Subscription.objects.bulk_update(new, ["started_at"])


def _areas(subscriber: Subscriber) -> list[int]:
    return sorted(subscriber.area_links.values_list("place", flat=True))


def _both(one: list[int], other: list[int]) -> list[int]:
    """Who has none hears about every place, and goes on to do so."""
    return sorted({*one, *other}) if one and other else []


def _places(ids: list[int]) -> Iterable[Place]:
    return Place.objects.filter(pk__in=ids)
