"""Dead rows of the tables that a run changes, and how often autovacuum came to them."""

import threading
from collections import Counter

from django.db import connection

from govnotify.lib.database import query

# Deliveries are in their month's partition.
ROWS = """
SELECT regexp_replace(relname, '_2[0-9]+_[0-9]+$', ''), sum(n_tup_upd), sum(n_tup_hot_upd), sum(n_dead_tup),
       sum(autovacuum_count)
FROM pg_stat_user_tables GROUP BY 1 HAVING sum(n_tup_upd + n_tup_del) >= %(changes)s
"""
FEW_CHANGES = 1_000  # of a table with fewer nothing is said


class DeadRows:
    """Looks at the tables each second while it is entered, from a connection of its own."""

    def __init__(self) -> None:
        self._most = Counter[str]()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> "DeadRows":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(1.0):
            for table, _, _, dead, _ in query(ROWS, {"changes": FEW_CHANGES}):
                self._most[table] = max(self._most[table], int(dead))
        connection.close()

    def seen(self) -> dict[str, dict[str, object]]:
        """For each table: updates, how many stayed on their page, dead rows (most, and now) and autovacuum's visits."""
        return {
            table: {
                "updates": int(updates),
                "on_their_page_percent": round(100 * int(hot) / max(int(updates), 1), 1),
                "dead_at_most": max(self._most[table], int(dead)),
                "dead_at_the_end": int(dead),
                "autovacuums": int(visits),
            }
            for table, updates, hot, dead, visits in query(ROWS, {"changes": FEW_CHANGES})
        }
