"""The months of the partitioned tables: made ahead by housekeeping, and by publishing where that has not run; dropped
whole when they have been kept long enough (decision 28).
"""

from dataclasses import dataclass
from datetime import date

from django.db import connection, transaction
from psycopg import sql

from govnotify.lib.database import query, unless_locked

TABLES = ("alerts_delivery", "alerts_digestitem")
# Part of each page stays free, so that recording an outcome rewrites the row in place (HOT) and touches no index.
# What cannot leaves a dead row; autovacuum comes after a fiftieth of a month, by itself only after a fifth.
STORAGE = {
    "alerts_delivery": "fillfactor = 60, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 50000",
    "alerts_digestitem": "fillfactor = 100",
}
MONTHS_AHEAD = 3
DROP_WAIT = "20ms"  # for each of the locks; a record of up to 200 outcomes is through by then


def partition_name(table: str, month: date) -> str:
    """What the rows of the month that begins on `month` are in."""
    return f"{table}_{month:%Y_%m}"


def ensure_month(month: date) -> None:
    """Make the partitions of the month that begins on `month`; where they stand, this is two catalogue look-ups.

    Made apart and then attached: CREATE … PARTITION OF would lock out every lane until the last reader is done.
    """
    for table in TABLES:
        partition = partition_name(table, month)
        if query("SELECT to_regclass(%(name)s)", {"name": partition}) == [(None,)]:
            _make(table, partition, month)


@transaction.atomic
def _make(table: str, partition: str, month: date) -> None:
    names = {"table": sql.Identifier(table), "partition": sql.Identifier(partition)}
    create = sql.SQL("CREATE TABLE {partition} (LIKE {table} INCLUDING ALL) WITH ({storage})").format(
        **names, storage=sql.SQL(STORAGE[table])
    )
    attach = sql.SQL(
        "ALTER TABLE {table} ATTACH PARTITION {partition} FOR VALUES FROM ({first}) TO ({following})"
    ).format(**names, first=sql.Literal(month.isoformat()), following=sql.Literal(next_month(month).isoformat()))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [partition])
        cursor.execute("SELECT to_regclass(%s)", [partition])
        if cursor.fetchone() == (None,):  # nobody made it while we waited
            cursor.execute(create)
            cursor.execute(attach)


def ensure_months_ahead(today: date) -> None:
    """Make this month's partitions and the next ones', so that no publisher ever waits for it."""
    month = today.replace(day=1)
    for _ in range(MONTHS_AHEAD + 1):
        ensure_month(month)
        month = next_month(month)


def next_month(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


OLD = """
SELECT c.relname FROM pg_inherits i
JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_class p ON p.oid = i.inhparent
WHERE p.relname = ANY(%(tables)s) AND c.relname < p.relname || %(oldest_kept)s ORDER BY c.relname
"""
UNFINISHED = "SELECT DISTINCT month FROM alerts_dispatch WHERE state NOT IN ('done', 'cancelled')"


@dataclass(frozen=True, slots=True)
class OldPartition:
    name: str
    is_in_use: bool  # a dispatch of its month is not settled


def old_partitions(today: date, *, keep: int) -> list[OldPartition]:
    """The partitions of months before the `keep` (at least 1) last ones, the present month not counted."""
    oldest_kept = _months_before(today, max(keep, 1))
    found = query(OLD, {"tables": list(TABLES), "oldest_kept": f"_{oldest_kept:%Y_%m}"})
    in_use = {f"{month:%Y_%m}" for (month,) in query(UNFINISHED, {})} if found else set()
    return [OldPartition(name, name[-7:] in in_use) for (name,) in found]


def drop(partition: OldPartition) -> bool:
    """Drop it, unless somebody reads the table at this moment; whether it is gone.

    A drop locks the whole table, and who waits for that lock holds up everybody who comes after: every lane. So it
    gives up after DROP_WAIT, and its caller comes again. That takes one transaction, and no session of its own.
    """
    name = sql.Identifier(partition.name)

    def act() -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL("DROP TABLE IF EXISTS {name}").format(name=name))  # two may drop it at once

    return unless_locked(act, wait=DROP_WAIT)


def _months_before(day: date, months: int) -> date:
    number = day.year * 12 + day.month - 1 - months
    return date(number // 12, number % 12 + 1, 1)
