"""Asks the search benchmark's pages, and looks at how PostgreSQL answers each of their queries."""

import json
import re
import statistics
import time
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from alerts.models import ArchiveEntry
from govnotify.lib.database import query

ROUNDS = 7
LARGE = 2_000  # rows: a table with more is not to be read from end to end


def measure() -> list[dict[str, Any]]:
    """Each page: milliseconds in the middle and at worst, queries, and the large tables that were read whole."""
    return [_page(name, path) for name, path in _paths().items()]


def _paths() -> dict[str, str]:
    common, middle, rare = _words()
    count = ArchiveEntry.objects.count()
    deep = ArchiveEntry.objects.order_by("published_at")[count // 100].pk
    busy = query("SELECT topics[1], count(*) FROM alerts_archiveentry GROUP BY 1 ORDER BY 2 DESC LIMIT 1", {})[0][0]
    agency = query("SELECT agency_id, count(*) FROM alerts_archiveentry GROUP BY 1 ORDER BY 2 DESC LIMIT 1", {})[0][0]
    return {
        "home": "/",
        "home, a common word": f"/?q={common}",
        "home, a rare word": f"/?q={rare}",
        "home, two letters": f"/?q={common[:2]}",
        "home, a mistyped word": f"/?q={rare[:3]}x{rare[3:]}",
        "home, nothing like it": "/?q=qqqwwwzzz",
        "a subject": "/categories/subject-1/",
        "archive": "/archive/",
        "archive, deep": f"/archive/?older={deep}",
        "archive, a common word": f"/archive/?q={common}",
        "archive, a common word, deep": f"/archive/?q={common}&older={deep}",
        "archive, a word in between": f"/archive/?q={middle}",
        "archive, a rare word": f"/archive/?q={rare}",
        "archive, a mistyped word": f"/archive/?q={rare[:3]}x{rare[3:]}",
        "archive, two common words": f"/archive/?q={common}+{middle}",
        "archive, an agency": f"/archive/?agency=agency-{agency}",
        "archive, a topic": f"/archive/?topic=topic-{busy}",
        "archive, a topic and a common word": f"/archive/?topic=topic-{busy}&q={common}",
        "archive, a subject": "/archive/?category=subject-1",
        "archive, a subject and a rare word": f"/archive/?category=subject-1&q={rare}",
        "archive, Arabic": "/archive/?language=ar",
        "archive, Arabic and a common word": f"/archive/?language=ar&q={common}",
        "archive, alerts": "/archive/?kind=alert",
        "archive, a year and a rare word": f"/archive/?since=2024-01-01&until=2024-12-31&q={rare}",
    }


def _words() -> tuple[str, str, str]:
    """One of the most common, one that one bulletin in some hundreds has, and one of the rarest."""
    counted = query(
        "SELECT word FROM ts_stat('SELECT words FROM alerts_archiveentry LIMIT 20000') WHERE length(word) = 6 "
        "ORDER BY ndoc DESC",
        {},
    )
    return counted[0][0], counted[len(counted) // 20][0], counted[-1][0]


def _page(name: str, path: str) -> dict[str, Any]:
    client, taken = Client(SERVER_NAME="127.0.0.1"), []
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(path)
    if answer.status_code != 200:
        raise RuntimeError(f"{path} answered {answer.status_code}")
    queries = list(asked.captured_queries)  # the next request forgets them
    slowest = max(queries, key=lambda one: float(one["time"]), default={"sql": ""})
    for _ in range(ROUNDS):
        started = time.perf_counter()
        client.get(path)
        taken.append((time.perf_counter() - started) * 1_000)
    return {
        "page": name,
        "ms": round(statistics.median(taken), 1),
        "worst_ms": round(max(taken), 1),
        "queries": len(queries),
        "read_whole": sorted({table for one in queries for table in _read_whole(one["sql"])}),
        "slowest": _plan(slowest["sql"]),
    }


def _explained(sql: str) -> Any:
    if not sql.startswith(("SELECT", "WITH")):
        return []
    [(plan,)] = query(f"EXPLAIN (FORMAT JSON) {sql.replace('%', '%%')}", {})
    return plan if not isinstance(plan, str) else json.loads(plan)


def _read_whole(sql: str) -> set[str]:
    scanned = {
        node["Relation Name"]
        for top in _explained(sql)
        for node in _nodes(top["Plan"])
        if node["Node Type"] == "Seq Scan"
    }
    rows = dict(
        query("SELECT relname, reltuples FROM pg_class WHERE relname = ANY(%(names)s)", {"names": list(scanned)})
    )
    return {table for table in scanned if rows[table] > LARGE}


def _plan(sql: str) -> str:
    """The plan of a query in one line: its nodes from the top, with their indexes."""
    nodes = [node for top in _explained(sql) for node in _nodes(top["Plan"])]
    words = [f"{node['Node Type']} {node.get('Index Name', '')}".strip() for node in nodes]
    return re.sub(r"\s+", " ", " < ".join(words))


def _nodes(node: dict[str, Any]) -> list[dict[str, Any]]:
    return [node, *(below for child in node.get("Plans", []) for below in _nodes(child))]
