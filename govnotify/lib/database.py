"""Small helps for talking to PostgreSQL: outliving its restarts, handing it long lists."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from django.db import InterfaceError, OperationalError, connection

T = TypeVar("T")
PAUSE = 0.2  # seconds between tries


def outlast(act: Callable[[], T], *, seconds: float) -> T:
    """Do `act` again on a new connection until it succeeds or `seconds` have passed; it must be safe to repeat."""
    end = time.monotonic() + seconds
    while True:
        try:
            return act()
        except (OperationalError, InterfaceError):
            connection.close()
            if time.monotonic() > end:
                raise
            time.sleep(PAUSE)


def query(statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """The rows of one SQL statement; none for a statement that returns none."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


@contextmanager
def in_index_order() -> Iterator[None]:
    """What is read in the block follows an index in its order and stops at its LIMIT; the caller is in a transaction.

    On statistics from before a topic had its million followers the planner expects six, and collects and sorts all of
    them to find where a slice ends: 240 ms instead of 1, for every slice.
    """
    query("SET LOCAL enable_bitmapscan = off", {})
    yield
    query("SET LOCAL enable_bitmapscan TO DEFAULT", {})


def bigints(ids: Iterable[int]) -> str:
    """The literal of a `bigint[]`. A list of small numbers handed over as it is arrives as `smallint[]`, and the cast
    costs the plan its use of the index: 5.6 ms instead of 0.6 for 100 rows.
    """
    return "{" + ",".join(map(str, ids)) + "}"
