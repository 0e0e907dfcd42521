"""Small helps for talking to PostgreSQL: outliving its restarts, handing it long lists."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from django.db import InterfaceError, OperationalError, connection, transaction
from psycopg.errors import LockNotAvailable

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


def unless_locked(act: Callable[[], object], *, wait: str) -> bool:
    """Do `act` in a transaction that waits no longer than `wait` ("20ms") for any lock; False, and nothing of it is
    done, where it would have to. It must not end a transaction itself.
    """
    try:
        with transaction.atomic():
            query(f"SET LOCAL lock_timeout = '{wait}'", {})
            act()
    except OperationalError as error:
        if not isinstance(error.__cause__, LockNotAvailable):
            raise
        return False
    return True


def query(statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """The rows of one SQL statement; none for a statement that returns none."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


@contextmanager
def in_index_order() -> Iterator[None]:
    """What is read in the block follows an index in its order and stops at its LIMIT; the caller is in a transaction.

    On statistics from before a topic had its million followers the planner expects six, and collects and sorts all of
    them to find where a slice ends: 240 ms instead of 1, for every slice. Of a partitioned table it sorts the six.
    """
    query(_set(OUT_OF_ORDER, "off"), {})
    yield
    query(_set(OUT_OF_ORDER, "DEFAULT"), {})


def query_in_index_order(statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """As `query`, of one that returns rows: it follows indexes in their order, and reads no table from end to end.

    It is one message, and so one transaction, that the settings end with; a caller's own gets the default back. Where
    few are expected to be due, to sort them costs nothing, and the months to come are read whole sooner than by their
    index, as they are empty: of 90,000 that were due all were sorted to find the first, 100 ms instead of 0.1.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"{IN_INDEX_ORDER}; {statement}", values)
        while cursor.nextset():
            pass
        found: list[tuple[Any, ...]] = cursor.fetchall()
        if connection.in_atomic_block:
            cursor.execute(_set(WHOLE_AND_SORTED, "DEFAULT"))
    return found


def _set(ways: Iterable[str], value: str) -> str:
    """Says to the planner, for the rest of a transaction, which ways are open to it."""
    return "; ".join(f"SET LOCAL enable_{way} TO {value}" for way in ways)


OUT_OF_ORDER = ("bitmapscan", "sort", "incremental_sort")
WHOLE_AND_SORTED = ("sort", "incremental_sort", "seqscan")
IN_INDEX_ORDER = _set(WHOLE_AND_SORTED, "off")
# What looks up a few rows of a large table is planned as if it wanted all of it, on statistics from before it had more
# than those few.
BY_INDEX = _set(["seqscan"], "off")


def bigints(ids: Iterable[int]) -> str:
    """The literal of a `bigint[]`. A list of small numbers handed over as it is arrives as `smallint[]`, and the cast
    costs the plan its use of the index: 5.6 ms instead of 0.6 for 100 rows.
    """
    return "{" + ",".join(map(str, ids)) + "}"
