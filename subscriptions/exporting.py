"""Everything that is held here on one person, as data, a page of rows at a time however long their history is."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time
from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from subscriptions.models import ConsentRecord, SignInLink, Source, Subscriber, Suppression, Topic

PAGE = 500  # rows in memory
OWN_PAGES = "pages"
Row = TypeVar("Row", bound=Model)


def export(subscriber: Subscriber) -> dict[str, Any]:
    """All of it by name: values, and for lists generators of their rows; `as_json` writes both."""
    return {
        "address": subscriber.email,
        "language": subscriber.language,
        "status": subscriber.status,
        "since": subscriber.confirmed_at,
        "first_seen": subscriber.created_at,
        "ended": subscriber.ended_at,
        "paused_until": subscriber.paused_until,
        "time_zone": subscriber.time_zone,
        "digest_hour": subscriber.digest_hour,
        "digest_weekday": subscriber.digest_weekday,
        "quiet_from": subscriber.quiet_from,
        "quiet_until": subscriber.quiet_until,
        "reading_times": _reading_times(subscriber),
        "areas": _areas(subscriber),
        "subscriptions": _subscriptions(subscriber),
        "consent": _consent(subscriber),
        "sign_ups": _sign_ups(subscriber),
        "address_changes": _address_changes(subscriber),
        "joined_addresses": _joined(subscriber),
        "sign_in_links": _sign_in_links(subscriber),
        "account_mails": _account_mails(subscriber),
        "endpoints": _endpoints(subscriber),
        "not_written_to": _suppressions(subscriber),
    }


def as_json(data: Mapping[str, Any]) -> Iterator[str]:
    """The text of a JSON object, in pieces: a list is written as its rows come. Times are in ISO 8601."""
    yield "{"
    for number, (name, value) in enumerate(data.items()):
        yield f"{',' if number else ''}\n  {json.dumps(name)}: "
        yield from _array(value) if isinstance(value, Iterator) else [_text(value)]
    yield "\n}\n"


def _array(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    separator = "["
    for row in rows:
        yield f"{separator}\n    {_text(row)}"
        separator = ","
    yield "[]" if separator == "[" else "\n  ]"


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=_iso)


def _iso(value: date | datetime | time) -> str:
    return value.isoformat()


def _pages(rows: QuerySet[Row]) -> Iterator[Row]:
    """Along the primary key: no transaction stays open, however slowly somebody downloads."""
    after = 0
    while True:
        page = list(rows.filter(pk__gt=after).order_by("pk")[:PAGE])
        yield from page
        if len(page) < PAGE:
            return
        after = page[-1].pk


def _ids(subscriber: Subscriber) -> list[int]:
    """Theirs, and those that they had at addresses which were joined to this one."""
    return Subscriber.objects.filter(pk=subscriber.pk).ids_with_joined()


def _areas(subscriber: Subscriber) -> Iterator[dict[str, Any]]:
    for place in subscriber.areas.order_by("pk"):
        yield {"name": place.name, "code": place.code}


def _subscriptions(subscriber: Subscriber) -> Iterator[dict[str, Any]]:
    for row in _pages(subscriber.subscriptions.select_related("topic__agency", "source")):
        yield {
            "topic": row.topic.name,
            "agency": row.topic.agency.name,
            "frequency": row.frequency,
            "started": row.started_at,
            "ended": row.ended_at,
            "came_from": str(row.source or OWN_PAGES),
        }


def _reading_times(subscriber: Subscriber) -> Iterator[dict[str, Any]]:
    for row in _pages(subscriber.reading_times.select_related("daily", "weekly")):
        yield {
            "time_zone": row.daily.zone,
            "hour": row.daily.hour,
            "weekday": row.weekly.weekday,
            "from": row.from_at,
            "until": row.until_at,
        }


def _consent(subscriber: Subscriber) -> Iterator[dict[str, Any]]:
    for record in _pages(ConsentRecord.objects.filter(subscriber_id__in=_ids(subscriber)).select_related("topic")):
        yield {
            "topic": record.topic.name,
            "act": record.act,
            "way": record.way,
            "frequency": record.frequency,
            "page": record.page,
            "at": record.at,
        }


def _sign_ups(subscriber: Subscriber) -> Iterator[dict[str, Any]]:
    for one in _pages(subscriber.sign_ups.all()):
        names = dict(Topic.objects.filter(pk__in=one.choices).values_list("pk", "name"))
        sources = Source.objects.in_bulk(one.sources.values())
        yield {
            "topics": {names.get(int(topic), topic): frequency for topic, frequency in one.choices.items()},
            "came_from": {names.get(int(topic), topic): str(sources[source]) for topic, source in one.sources.items()},
            "language": one.language,
            "page": one.page,
            "at": one.created_at,
            "confirmed": one.confirmed_at,
        }


def _address_changes(subscriber: Subscriber) -> Iterator[dict[str, Any]]:
    for one in _pages(subscriber.address_changes.select_related("former")):
        yield {
            "new_address": one.new_email,
            "address_before": one.former.email if one.former else "",
            "page": one.page,
            "asked": one.requested_at,
            "confirmed": one.confirmed_at,
            "ended": one.ended_at,
        }


def _joined(subscriber: Subscriber) -> Iterator[dict[str, Any]]:
    """Addresses of before, for as long as they are kept."""
    for one in Subscriber.objects.filter(pk__in=_ids(subscriber)).exclude(pk=subscriber.pk).order_by("pk"):
        yield {"address": one.email, "language": one.language, "since": one.confirmed_at, "joined": one.ended_at}


def _sign_in_links(subscriber: Subscriber) -> Iterator[dict[str, Any]]:
    for link in _pages(SignInLink.objects.filter(subscriber=subscriber)):
        yield {"at": link.created_at, "used": link.used_at}


def _account_mails(subscriber: Subscriber) -> Iterator[dict[str, Any]]:
    for mail in _pages(subscriber.outbox.all()):
        yield {
            "kind": mail.kind,
            "at": mail.created_at,
            "status": mail.status,
            "attempts": mail.attempts,
            "answer": mail.detail,
            "sent": mail.sent_at,
        }


def _endpoints(subscriber: Subscriber) -> Iterator[dict[str, Any]]:
    for one in _pages(subscriber.endpoints.prefetch_related("subscriptions__topic")):
        topics = [
            {"topic": row.topic.name, "started": row.started_at, "ended": row.ended_at}
            for row in one.subscriptions.all()
        ]
        yield {
            "url": one.url,
            "status": one.status,
            "note": one.note,
            "created": one.created_at,
            "verified": one.verified_at,
            "topics": topics,
        }


def _suppressions(subscriber: Subscriber) -> Iterator[dict[str, Any]]:
    for one in Suppression.objects.filter(address_key=subscriber.address_key):
        yield {"reason": one.reason, "answer": one.code, "at": one.at}
