"""How much statements read, and statistics from several moments of a platform's life."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from govnotify.lib.database import IN_INDEX_ORDER, query

PLANNED = ("SELECT", "WITH", "INSERT", "UPDATE", "DELETE")
OURS = """
SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
AND (relname LIKE 'alerts%%' OR relname LIKE 'subscriptions%%')
"""
FORGET = """
DELETE FROM pg_statistic WHERE starelid = ANY(%(tables)s::text[]::regclass[])
"""
UNKNOWN = """
SELECT pg_clear_relation_stats('public', c.relname) FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid
WHERE coalesce(i.indrelid, c.oid) = ANY(%(tables)s::text[]::regclass[])
"""
EMPTY = """
SELECT pg_restore_relation_stats('schemaname', 'public', 'relname', c.relname::text,
                                 'relpages', 0, 'reltuples', 0::real)
FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid
WHERE coalesce(i.indrelid, c.oid) = ANY(%(tables)s::text[]::regclass[])
"""
OPEN_WORK = """
WITH slices AS (
    INSERT INTO alerts_slice (dispatch_id, kind, lane, agency_id, after_id, recipients)
    SELECT 0, 1, 3, 1, id, 0 FROM generate_series(1, %(rows)s) AS id
)
INSERT INTO alerts_batch (dispatch_id, kind, channel, lane, agency_id, first_id, last_id, size, token, sent, failed,
                          deferred, skipped)
SELECT 0, 1, 1, 3, 1, id, id, 1, 0, 0, 0, 0, 0 FROM generate_series(1, %(rows)s) AS id
"""


@contextmanager
def reading_few(most: int) -> Iterator[None]:
    """No step of what is executed in the block, in the caller's transaction, passes more rows than that.

    Each statement is explained as it will be executed, taken back and then executed.
    """

    def execute(run, sql, params, many, context):
        if sql.removeprefix(IN_INDEX_ORDER).lstrip("; (\n").upper().startswith(PLANNED):
            read = most_read(sql, params)
            assert read[0] <= most, f"{read[0]:.0f} rows are read\n{sql}\n{read[1]}"
        return run(sql, params, many, context)

    with connection.execute_wrapper(execute):
        yield


def most_read(sql: str, params: Any) -> tuple[float, str]:
    """The most rows that a step of the statement's plan passes or leaves out, and the plan."""
    with transaction.atomic(), connection.connection.cursor() as cursor:
        if sql.startswith(IN_INDEX_ORDER):
            cursor.execute(IN_INDEX_ORDER)
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql.removeprefix(IN_INDEX_ORDER).lstrip(';')}", params)
        plans = cursor.fetchone()[0]
        transaction.set_rollback(True)
    passed = max(node["Actual Loops"] * _passed(node) for node in _nodes(plans[0]["Plan"]))
    return passed, json.dumps(plans, indent=1)


def pages_read(sql: str, params: Any) -> tuple[int, str]:
    """How often the statement looks into a page of a table or an index, and the plan."""
    with transaction.atomic(), connection.connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", params)
        plans = cursor.fetchone()[0]
        transaction.set_rollback(True)
    whole = plans[0]["Plan"]
    return whole["Shared Hit Blocks"] + whole["Shared Read Blocks"], json.dumps(plans, indent=1)


def forget_statistics(*, as_empty: bool = False) -> None:
    """As before the first ANALYZE, truncating a table keeps what was known of its columns; or as when it was empty.

    The tables' own figures first: that locks them, and autovacuum, which writes the others while it has a lock, is out.
    """
    tables = {"tables": [name for (name,) in query(OURS, {})]}
    query(EMPTY if as_empty else UNKNOWN, tables)
    query(FORGET, tables)


def new_files(*, large: bool) -> None:
    """Of slices and batches, for the test's transaction, without rows; large ones are as after much that was undone."""
    query("TRUNCATE alerts_slice, alerts_batch", {})
    if large:
        with transaction.atomic():
            query(OPEN_WORK, {"rows": 20_000})
            transaction.set_rollback(True)


def _passed(node: Mapping[str, Any]) -> float:
    removed = [name for name in node if name.startswith("Rows Removed")]
    return float(node["Actual Rows"] + sum(node[name] for name in removed))


def _nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield plan
    for below in plan.get("Plans", []):
        yield from _nodes(below)
