"""The measurements of the history benchmark, run inside Django."""

import os
import random
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial
from typing import Any

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from agencies.models import Agency  # noqa: E402
from alerts.finding.sent_to_me import sent_to  # noqa: E402
from alerts.lanes import Lane  # noqa: E402
from alerts.models import Bulletin, BulletinTopic, Dispatch  # noqa: E402
from alerts.partitions import ensure_month, next_month  # noqa: E402
from bench.people import follow  # noqa: E402
from govnotify.lib.database import bigints, query  # noqa: E402
from subscriptions.models import Subscriber, Topic  # noqa: E402

TOPICS, FOLLOWED, FOLLOWERS = 400, 8, 100
ROUNDS = 3
PAGES = 200
INDEX = "CREATE INDEX delivery_history ON {partition} (recipient_id, recipient_kind, dispatch_id)"
BY_INDEX = """
SELECT dispatch_id, status, changed_at FROM alerts_delivery
WHERE recipient_id = %(person)s AND recipient_kind = 1 ORDER BY dispatch_id DESC LIMIT 21
"""
DELIVER = """
INSERT INTO alerts_delivery (month, dispatch_id, recipient_kind, recipient_id, channel, lane, topics, status)
SELECT d.month, d.id, 1, s.subscriber_id, 1, 3, ARRAY[l.topic_id], 1
FROM alerts_dispatch d JOIN alerts_bulletintopic l ON l.bulletin_id = d.bulletin_id
JOIN subscriptions_subscription s ON s.topic_id = l.topic_id AND s.subscriber_id <= %(last)s
ORDER BY d.id, s.subscriber_id
"""
# Some of everybody, in ascending order as slices are.
WRITE = """
INSERT INTO alerts_delivery (month, dispatch_id, recipient_kind, recipient_id, channel, lane, topics)
SELECT %(month)s, %(dispatch)s, 1, n * 10 + floor(random() * 10)::int, 1, 3, '{1}' FROM generate_series(1, %(rows)s) n
"""


def measure(deliveries: int) -> dict[str, object]:
    """Milliseconds for a page, bytes of log and microseconds for a row."""
    call_command("migrate", verbosity=0)
    month = timezone.now().date().replace(day=1)
    later = next_month(month)
    for one in (month, later):
        ensure_month(one)
    people, nobody = _country(deliveries, month)
    drawn = random.Random(1).sample(people, min(PAGES, len(people)))  # noqa: S311  no secret
    result: dict[str, object] = {"deliveries": deliveries, "load_before": round(os.getloadavg()[0], 1)}
    pages = [_ms(partial(sent_to, one)) for one in drawn]
    result |= _quantiles("page_ms", pages)
    result |= _quantiles("page_that_finds_nothing_ms", [_ms(lambda: sent_to(nobody)) for _ in range(20)])
    result |= _plan(drawn[0])
    partition = f"alerts_delivery_{month:%Y_%m}"
    query(INDEX.format(partition=partition), {})
    query(f"ANALYZE {partition}", {})
    indexed = [_ms(partial(query, BY_INDEX, {"person": one.pk})) for one in drawn]
    result |= _quantiles("by_index_ms", indexed)
    [(size,)] = query("SELECT pg_relation_size('delivery_history')", {})
    result["index_bytes_a_row"] = round(size / deliveries, 1)
    query("DROP INDEX delivery_history", {})
    result |= _writes(deliveries, later)
    return result | {"load_after": round(os.getloadavg()[0], 1)}


def _plan(person: Subscriber) -> dict[str, object]:
    """How the page's first query reads the deliveries, and how many pages of memory it touches in all."""
    seen: list[tuple[str, Any]] = []

    def keep(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if "candidate" in sql:
            seen.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(keep):
        sent_to(person)
    statement, values = seen[0]
    [([plan],)] = query(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", values)
    top = plan["Plan"]
    return {
        "deliveries_read_by": sorted({node["Node Type"] for node in _nodes(top) if _reads_deliveries(node)}),
        "buffers": top["Shared Hit Blocks"] + top["Shared Read Blocks"],
        "planning_ms": plan["Planning Time"],
        "execution_ms": plan["Execution Time"],
    }


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", []):
        yield from _nodes(child)


def _reads_deliveries(node: dict[str, Any]) -> bool:
    """Those that are not left out while it runs: only one of the months is looked into for a dispatch."""
    return bool(node["Actual Loops"]) and str(node.get("Relation Name", "")).startswith("alerts_delivery")


def _country(deliveries: int, month: date) -> tuple[list[Subscriber], Subscriber]:
    """Everybody with what they follow, the dispatches, and who follows all and was sent nothing."""
    agency = Agency.objects.create(slug="a", name="A", from_address="a@a.example", reply_address="a@a.example")
    topics = Topic.objects.bulk_create(Topic(agency=agency, slug=f"t{n}", name=f"Topic {n}") for n in range(TOPICS))
    count = TOPICS * FOLLOWERS // FOLLOWED
    draw = random.Random(2)  # noqa: S311  no secret
    choices = {n: draw.sample(topics, FOLLOWED) for n in range(1, count + 1)}
    follow(topics[0], [(n, f"p{n}@people.example") for n in (*choices, count + 1)])
    query("DELETE FROM subscriptions_subscription", {})
    pairs = [(n, topic.pk) for n, chosen in choices.items() for topic in chosen]
    pairs += [(count + 1, topic.pk) for topic in topics]
    query(
        "INSERT INTO subscriptions_subscription (subscriber_id, topic_id, frequency, started_at) "
        "SELECT p, t, 'immediate', '2026-01-01' FROM unnest(%(people)s::bigint[], %(topics)s::bigint[]) AS x(p, t)",
        {"people": bigints(n for n, _ in pairs), "topics": bigints(topic for _, topic in pairs)},
    )
    now = timezone.now()
    bulletins = Bulletin.objects.bulk_create(
        (Bulletin(agency=agency, status="published", published_at=now) for _ in range(deliveries // FOLLOWERS)), 1_000
    )
    BulletinTopic.objects.bulk_create(
        (BulletinTopic(bulletin=one, topic=topics[n % TOPICS], position=0) for n, one in enumerate(bulletins)), 1_000
    )
    Dispatch.objects.bulk_create(
        (Dispatch(bulletin=one, lane=Lane.ROUTINE, month=month, cut_off=now, state="done") for one in bulletins), 1_000
    )
    Dispatch.objects.bulk_create(
        Dispatch(
            period="daily", lane=Lane.DIGEST, month=month, since=now, cut_off=now - timedelta(days=n), state="done"
        )
        for n in range(395)
    )
    query(DELIVER, {"last": count})
    query("VACUUM (ANALYZE)", {})
    found = list(Subscriber.objects.order_by("pk"))
    return found[:-1], found[-1]


def _writes(rows: int, month: date) -> dict[str, object]:
    """Dispatches of a tenth of the people, with and without the index in turn; medians."""
    for number in range(10):
        query(WRITE, {"month": month, "dispatch": number, "rows": rows // 10})
    index = INDEX.format(partition=f"alerts_delivery_{month:%Y_%m}")
    found: dict[str, list[tuple[float, float]]] = {"plain": [], "indexed": []}
    for number in range(10, 10 + ROUNDS):
        found["plain"].append(_write(month, number, rows // 10))
        query(index, {})
        found["indexed"].append(_write(month, 100 + number, rows // 10))
        query("DROP INDEX delivery_history", {})
    return {
        f"{unit}_{name}": round(statistics.median(pass_[place] for pass_ in passes), 2)
        for name, passes in found.items()
        for place, unit in enumerate(("wal_bytes_a_row", "us_a_row"))
    }


def _write(month: date, dispatch: int, rows: int) -> tuple[float, float]:
    """Bytes of log and µs for a row, the first after a checkpoint: as often as not a page is written whole."""
    query("CHECKPOINT", {})
    [(before,)] = query("SELECT pg_current_wal_lsn()", {})
    took = _ms(lambda: query(WRITE, {"month": month, "dispatch": dispatch, "rows": rows}))
    [(written,)] = query("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), %(before)s)", {"before": before})
    return float(written) / rows, took * 1_000 / rows


def _ms(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return (time.perf_counter() - start) * 1_000


def _quantiles(name: str, values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    return {
        f"{name}_p50": round(statistics.median(ordered), 2),
        f"{name}_p95": round(ordered[int(len(ordered) * 0.95)], 2),
    }
