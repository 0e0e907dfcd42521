"""What was sent to one person and to their machines, newest first, read without an index of its own.

Theirs is also what was sent to addresses that were joined to the one that they have now (subscriptions.joining).

Deliveries are kept by dispatch, not by recipient. A person's are found from the other side: through the topics that
they follow or once followed to those topics' dispatches, with one look along the deliveries' primary key for each.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import Min, QuerySet
from django.utils import timezone

from alerts.lanes import Channel, RecipientKind
from alerts.models import Delivery, Dispatch
from govnotify.lib.database import bigints, query
from subscriptions.models import Endpoint, ReadingTime, Subscriber, Subscription, Timetable

PAGE = 20  # dispatches on a page
LOOKS = 2_000  # dispatches that are looked into for one page, hits or not
NEWEST = 2**63 - 1

# `mine` are the person, at each address, and their endpoints. A scalar subquery, so that no plan ever joins the whole
# of a month: it is one look along the primary key, made for a candidate only when those before it have not filled the
# page.
FIND = """
WITH candidate AS MATERIALIZED (
    SELECT d.id, d.month FROM (
        SELECT DISTINCT l.bulletin_id FROM alerts_bulletintopic l WHERE l.topic_id = ANY(%(topics)s::bigint[])
    ) b JOIN alerts_dispatch d ON d.bulletin_id = b.bulletin_id
    WHERE d.id < %(before)s AND d.month >= %(since)s
    UNION ALL
    SELECT d.id, d.month FROM alerts_dispatch d
    WHERE d.bulletin_id IS NULL AND d.id < %(before)s AND d.month >= %(since)s
      AND (d.timetables = '{}' OR d.timetables && %(timetables)s::bigint[])
    ORDER BY id DESC LIMIT %(looks)s
)
SELECT ARRAY(
    SELECT c.id FROM candidate c
    WHERE (SELECT 1 FROM unnest(%(kinds)s::smallint[], %(ids)s::bigint[], %(channels)s::smallint[])
                         AS mine(kind, id, channel)
           CROSS JOIN LATERAL (
               SELECT 1 FROM alerts_delivery v
               WHERE v.month = c.month AND v.dispatch_id = c.id AND v.recipient_kind = mine.kind
                 AND v.recipient_id = mine.id AND v.channel = mine.channel LIMIT 1
           ) hit LIMIT 1) IS NOT NULL
    ORDER BY c.id DESC LIMIT %(page)s
), (SELECT min(id) FROM candidate), (SELECT count(*) FROM candidate)
"""
DELIVERIES = """
SELECT v.dispatch_id, v.recipient_kind, v.recipient_id, v.status, v.attempts, v.changed_at, v.doubts,
       coalesce(v.detail, '')
FROM unnest(%(months)s::date[], %(dispatches)s::bigint[]) AS x(month, id)
CROSS JOIN unnest(%(kinds)s::smallint[], %(ids)s::bigint[], %(channels)s::smallint[]) AS mine(kind, id, channel)
CROSS JOIN LATERAL (
    SELECT * FROM alerts_delivery v
    WHERE v.month = x.month AND v.dispatch_id = x.id AND v.recipient_kind = mine.kind
      AND v.recipient_id = mine.id AND v.channel = mine.channel LIMIT 1
) v
ORDER BY v.dispatch_id DESC, v.recipient_kind, v.recipient_id
"""
# What a digest left out, because it was withdrawn before, has no topics.
ITEMS = """
SELECT DISTINCT i.dispatch_id, i.bulletin_id
FROM unnest(%(months)s::date[], %(dispatches)s::bigint[]) AS x(month, id)
CROSS JOIN LATERAL (
    SELECT * FROM alerts_digestitem i
    WHERE i.month = x.month AND i.dispatch_id = x.id AND i.recipient_id = ANY(%(people)s::bigint[]) OFFSET 0
) i
WHERE i.topics <> '{}' ORDER BY i.dispatch_id DESC, i.bulletin_id
"""


class One(NamedTuple):
    """A delivery: to the person by mail (`kind` 1) or to a machine of theirs (2)."""

    dispatch_id: int
    kind: int
    recipient_id: int
    status: int
    attempts: int
    changed_at: datetime | None
    doubts: int
    detail: str
    url: str  # of the machine; "" for mail
    is_earlier: bool  # whether it went to an address that was joined to the one of now

    @property
    def channel(self) -> Channel:
        return Channel.EMAIL if self.kind == RecipientKind.SUBSCRIBER else Channel.WEBHOOK

    @property
    def result(self) -> Delivery.Status:
        return Delivery.Status(self.status)


@dataclass(frozen=True, slots=True)
class Sent:
    """One dispatch as it concerned this person. `bulletin_ids` are that of the bulletin, or those in the digest."""

    dispatch: Dispatch
    deliveries: Sequence[One]
    bulletin_ids: Sequence[int]


@dataclass(frozen=True, slots=True)
class Page:
    """`older` goes into the next call as `before`; None: there is nothing older."""

    sent: Sequence[Sent]
    older: int | None


def sent_to(subscriber: Subscriber, *, before: int = NEWEST, size: int = PAGE) -> Page:
    """A page of what was sent, newest first: dispatches with an id below `before`. A page may hold fewer than `size`.

    Nine queries, whatever there is, and a few more where addresses were joined.
    """
    mine = _mine(subscriber)
    # A margin of a month: which of them are kept is for the partitions to say.
    kept = timezone.now().date() - timedelta(days=31 * (settings.KEEP_MONTHS + 1))
    values = mine.values | {
        "topics": bigints(_topics(mine)),
        "timetables": bigints(_timetables(mine)),
        "before": before,
        "since": max(mine.since, kept).replace(day=1),
        "looks": LOOKS,
        "page": size + 1,
    }
    [(found, last, candidates)] = query(FIND, values)
    unfinished = last if candidates == LOOKS else None
    older = found[size - 1] if len(found) > size else unfinished
    return Page(_sent(mine, found[:size]), older)


def everything_sent_to(subscriber: Subscriber) -> Iterator[Sent]:
    """All of it, newest first, with a page of it in memory."""
    before: int | None = NEWEST
    while before is not None:
        page = sent_to(subscriber, before=before, size=10 * PAGE)
        yield from page.sent
        before = page.older


@dataclass(frozen=True, slots=True)
class _Mine:
    """Whose deliveries are one person's: `people` has their own id first, then those at joined addresses."""

    people: Sequence[int]
    machines: Mapping[int, str]  # URLs by id
    since: date  # nothing was sent to them before

    @property
    def values(self) -> dict[str, object]:
        mails, calls = len(self.people), len(self.machines)
        return {
            "kinds": [RecipientKind.SUBSCRIBER.value] * mails + [RecipientKind.ENDPOINT.value] * calls,
            "ids": bigints([*self.people, *self.machines]),
            "channels": [Channel.EMAIL.value] * mails + [Channel.WEBHOOK.value] * calls,
        }

    def one(self, row: Sequence[Any]) -> One:
        _, kind, recipient, *_ = row
        is_mail = kind == RecipientKind.SUBSCRIBER
        url = "" if is_mail else self.machines.get(recipient, "")
        return One._make((*row, url, is_mail and recipient != self.people[0]))


def _mine(subscriber: Subscriber) -> _Mine:
    people = [subscriber.pk, *Subscriber.objects.filter(joined_to=subscriber).ids_with_joined()]
    machines = Endpoint.objects.filter(subscriber__in=people).order_by("pk").values_list("pk", "url")
    first = subscriber.created_at
    if len(people) > 1:
        first = Subscriber.objects.filter(pk__in=people).aggregate(at=Min("created_at"))["at"]
    return _Mine(people, dict(machines), first.date())


def _topics(mine: _Mine) -> QuerySet[Subscription, int]:
    """Those that the person or a machine of theirs follows or followed. An OR of the two would read the whole table."""
    of_machines = Subscription.objects.filter(endpoint__in=list(mine.machines)).values_list("topic_id", flat=True)
    own = Subscription.objects.filter(subscriber__in=mine.people).values_list("topic_id", flat=True)
    return own.union(of_machines)


def _timetables(mine: _Mine) -> list[int]:
    """By which the person's digests came: digest runs for others are not looked into."""
    own = Timetable.objects.own().values_list("pk", flat=True)
    chosen = ReadingTime.objects.filter(subscriber__in=mine.people).values_list("daily", "weekly")
    return [*own, *(one for both in chosen for one in both)]


def _sent(mine: _Mine, dispatch_ids: list[int]) -> list[Sent]:
    dispatches = Dispatch.objects.in_bulk(dispatch_ids)
    months: list[date] = [dispatches[one].month for one in dispatch_ids]
    which = {"months": months, "dispatches": bigints(dispatch_ids), "people": bigints(mine.people)}
    deliveries: dict[int, list[One]] = {}
    for row in query(DELIVERIES, mine.values | which):
        one = mine.one(row)
        deliveries.setdefault(one.dispatch_id, []).append(one)
    items: dict[int, list[int]] = {}
    for dispatch_id, bulletin_id in query(ITEMS, which):
        items.setdefault(dispatch_id, []).append(bulletin_id)
    return [
        Sent(
            dispatch=dispatches[one],
            deliveries=deliveries.get(one, []),
            bulletin_ids=[bulletin] if (bulletin := dispatches[one].bulletin_id) else items.get(one, []),
        )
        for one in dispatch_ids
    ]
