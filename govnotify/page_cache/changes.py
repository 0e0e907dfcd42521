"""Hearing from PostgreSQL, in the moment of the commit, that something public has changed.

Triggers on the rows that search looks into notify the channel (migration `public_changes`), and one on the clocks of
agencies, so nobody who publishes, corrects or withdraws can forget to. A connection of its own listens, in a thread of
each web process.
"""

import logging
import os
import threading
from collections.abc import Callable
from typing import Any

import psycopg
from django.conf import settings
from django.db import DatabaseError, connections

logger = logging.getLogger(__name__)
LISTEN = "LISTEN public_changes"
RETRY_SECONDS = 1.0  # twice as long after each failure …
LONGEST_RETRY_SECONDS = 30.0  # … up to this: a pooler stays one
WAIT_SECONDS = 0.5  # between two looks at whether to end


class Changes:
    """Calls `changed` for each change, and whenever one may have been missed. It starts with the first question.

    A process that was forked off listens by itself: threads and connections are not inherited.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._listens_in = 0  # process id
        self._heard = False
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._stopping = threading.Event()

    def are_heard(self) -> bool:
        """Whether a change would be heard of now; not while the database is away."""
        if self._listens_in != os.getpid():
            with self._lock:
                if self._listens_in != os.getpid():
                    self._listens_in, self._heard = os.getpid(), False
                    self._thread = threading.Thread(target=self._listen, name="public-changes", daemon=True)
                    self._thread.start()
        return self._heard

    def stop(self) -> None:
        """End, which takes WAIT_SECONDS at most."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def _listen(self) -> None:
        pause = RETRY_SECONDS
        while not self._stopping.is_set():
            try:
                with _connection() as session:
                    _refuse_poolers(session)
                    session.execute(LISTEN)
                    pause = RETRY_SECONDS
                    self._hear(session)
            except (psycopg.Error, DatabaseError, OSError) as error:
                logger.warning("changes of public pages are not heard, they are kept for a moment only: %s", error)
            finally:
                self._heard = False  # what is kept stays, for as long as a cache may keep it where we fail
            self._stopping.wait(pause)
            pause = min(2 * pause, LONGEST_RETRY_SECONDS)

    def _hear(self, session: "psycopg.Connection[Any]") -> None:
        self._changed()  # what came before we listened
        self._heard = True
        while not self._stopping.is_set():
            for _ in session.notifies(timeout=WAIT_SECONDS, stop_after=1):
                self._changed()


def _connection() -> "psycopg.Connection[Any]":
    """To where DATABASE_URL leads, or to PostgreSQL itself where that leads to PgBouncer."""
    if settings.DATABASE_SESSION_URL:
        return psycopg.connect(settings.DATABASE_SESSION_URL, autocommit=True, **settings.DATABASE_PATIENCE)
    wrapper = connections["default"]
    return psycopg.connect(**wrapper.get_connection_params(), autocommit=True)


def _refuse_poolers(session: "psycopg.Connection[Any]") -> None:
    """A pooler makes up the process id that it greets with, and in transaction mode it loses what is notified."""
    row = session.execute("SELECT pg_backend_pid()").fetchone()
    if row is None or row[0] != session.info.backend_pid:
        raise psycopg.OperationalError("a pooler stands in between: name PostgreSQL itself in DATABASE_SESSION_URL")
