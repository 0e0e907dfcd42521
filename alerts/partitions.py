"""The months of the partitioned tables: made ahead by housekeeping, and by publishing where that has not run."""

from datetime import date

from django.db import connection, transaction
from psycopg import sql

from govnotify.lib.database import query

TABLES = ("alerts_delivery", "alerts_digestitem")
# Half of each page stays free, so that recording an outcome rewrites the row in place (HOT) and touches no index.
FILL = {"alerts_delivery": 60, "alerts_digestitem": 100}
MONTHS_AHEAD = 3


def ensure_month(month: date) -> None:
    """Make the partitions of the month that begins on `month`; where they stand, this is two catalogue look-ups.

    Made apart and then attached: CREATE … PARTITION OF would lock out every lane until the last reader is done.
    """
    for table in TABLES:
        partition = f"{table}_{month:%Y_%m}"
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
