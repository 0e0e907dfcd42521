"""The months of the partitioned tables: made ahead by housekeeping, and by publishing where that has not run; dropped
whole when they have been kept long enough.
"""

from dataclasses import dataclass
from datetime import date

from django.db import connection, transaction
from psycopg import sql

from govnotify.lib.database import query

TABLES = ("alerts_delivery", "alerts_digestitem")
# Half of each page stays free, so that recording an outcome rewrites the row in place (HOT) and touches no index.
FILL = {"alerts_delivery": 60, "alerts_digestitem": 100}
MONTHS_AHEAD = 3


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
    create = sql.SQL("CREATE TABLE {partition} (LIKE {table} INCLUDING ALL) WITH (fillfactor = {fill})").format(
        **names, fill=sql.Literal(FILL[table])
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
SELECT c.relname, p.relname, i.inhdetachpending FROM pg_inherits i
JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_class p ON p.oid = i.inhparent
WHERE p.relname = ANY(%(tables)s) AND c.relname < p.relname || %(oldest_kept)s ORDER BY c.relname
"""
UNFINISHED = "SELECT DISTINCT month FROM alerts_dispatch WHERE state NOT IN ('done', 'cancelled')"


@dataclass(frozen=True, slots=True)
class OldPartition:
    name: str
    table: str
    is_half_detached: bool  # an earlier drop was interrupted
    is_in_use: bool  # a dispatch of its month is not settled


def old_partitions(today: date, *, keep: int) -> list[OldPartition]:
    """The partitions of months before the `keep` (at least 1) last ones, the present month not counted."""
    oldest_kept = _months_before(today, max(keep, 1))
    in_use = {f"{month:%Y_%m}" for (month,) in query(UNFINISHED, {})}
    found = query(OLD, {"tables": list(TABLES), "oldest_kept": f"_{oldest_kept:%Y_%m}"})
    return [OldPartition(name, table, half, name[-7:] in in_use) for name, table, half in found]


def drop(partition: OldPartition) -> None:
    """Take the partition out and drop it, outside of any transaction.

    CONCURRENTLY: a plain DETACH or DROP locks the whole table, and so every lane, until the last reader is done. This
    waits for them as well, but nobody waits for it.
    """
    names = {"table": sql.Identifier(partition.table), "partition": sql.Identifier(partition.name)}
    how = sql.SQL("FINALIZE" if partition.is_half_detached else "CONCURRENTLY")
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("ALTER TABLE {table} DETACH PARTITION {partition} {how}").format(**names, how=how))
        cursor.execute(sql.SQL("DROP TABLE {partition}").format(**names))


def _months_before(day: date, months: int) -> date:
    number = day.year * 12 + day.month - 1 - months
    return date(number // 12, number % 12 + 1, 1)
