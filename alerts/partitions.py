"""The months of the partitioned tables: made ahead by housekeeping, and by publishing where that has not run."""

from datetime import date

from django.db import connection
from psycopg import sql

TABLES = ("alerts_delivery", "alerts_digestitem")
# Half of each page stays free, so that recording an outcome rewrites the row in place (HOT) and touches no index.
FILL = {"alerts_delivery": 60, "alerts_digestitem": 100}
MONTHS_AHEAD = 3


def ensure_month(month: date) -> None:
    """Make the partitions of the month that begins on `month`; where they stand, this is two catalogue look-ups."""
    following = next_month(month)
    for table in TABLES:
        partition = f"{table}_{month:%Y_%m}"
        with connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass(%s)", [partition])
            if cursor.fetchone() == (None,):
                cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [partition])
                cursor.execute(
                    sql.SQL(
                        "CREATE TABLE IF NOT EXISTS {} PARTITION OF {} FOR VALUES FROM ({}) TO ({}) "
                        "WITH (fillfactor = {})"
                    ).format(
                        sql.Identifier(partition),
                        sql.Identifier(table),
                        sql.Literal(month.isoformat()),
                        sql.Literal(following.isoformat()),
                        sql.Literal(FILL[table]),
                    )
                )


def ensure_months_ahead(today: date) -> None:
    """Make this month's partitions and the next ones', so that no publisher ever waits for it."""
    month = today.replace(day=1)
    for _ in range(MONTHS_AHEAD + 1):
        ensure_month(month)
        month = next_month(month)


def next_month(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)
