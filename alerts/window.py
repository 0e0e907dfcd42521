"""The window: how many messages may be with a server and not yet in the database, and the writing of their results.

Sending goes on while a write is under way; at most UNRECORDED messages are taken and not yet recorded, so that is how
many can go twice when this process is killed.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor
from contextlib import asynccontextmanager
from datetime import datetime

from django.utils import timezone

from alerts.claims import Claim
from alerts.lanes import LEASE, RECORD_AT, RECORD_SECONDS, UNRECORDED
from alerts.outcomes import Result, record, renew
from govnotify.lib.database import outlast

RENEW_SECONDS = LEASE.total_seconds() / 3
PATIENCE = LEASE.total_seconds() / 2  # with a database that is away


@asynccontextmanager
async def window(claim: Claim, executor: Executor, on_room: Callable[[], None]) -> AsyncIterator["Window"]:
    """A window that is open while the claim is being sent.

    When the block ends by itself the claim is closed with what is left. When it raises, what was accepted is still
    recorded and the claim stays open: its lease ends and another worker goes on with the rest.
    """
    opened = Window(claim, executor, on_room)
    complete = False
    try:
        yield opened
        complete = True
    finally:
        await opened.close(complete=complete)


class Window:
    """Collects a claim's results and records them in bulk, in `executor`; `on_room` is called as room returns."""

    def __init__(self, claim: Claim, executor: Executor, on_room: Callable[[], None]) -> None:
        self.claim = claim
        self.lost = False  # the lease has run out, or the database is gone: take no more
        self._executor = executor
        self._on_room = on_room
        self._loop = asyncio.get_running_loop()
        self._taken = 0
        self._first_accepted: datetime | None = None
        self._results: list[Result] = []
        self._writing: asyncio.Task[None] | None = None
        self._is_due = False  # results have waited RECORD_SECONDS
        self._timer: asyncio.TimerHandle | None = None
        self._needs_renewal = False
        self._renewal = self._loop.call_later(RENEW_SECONDS, self._renew)
        self._failure: BaseException | None = None

    @property
    def open(self) -> bool:
        return self._taken < UNRECORDED and not self.lost

    def take(self) -> None:
        """Count one message as handed to a server."""
        self._taken += 1

    def settle(self, result: Result) -> None:
        """Note a result of a message that was taken; it is written with others."""
        if self._first_accepted is None and result[1].accepted:
            self._first_accepted = timezone.now()
        self._results.append(result)
        if self._timer is None:
            self._timer = self._loop.call_later(RECORD_SECONDS, self._grow_due)
        self._write_if_due()

    async def close(self, *, complete: bool) -> None:
        """Write what is left; `complete` closes the claim too. Raises what the database raised."""
        self._renewal.cancel()
        while self._writing is not None:
            await self._writing
        if self._timer is not None:
            self._timer.cancel()
        if self._failure is not None:
            raise self._failure
        results, self._results = self._results, []
        if results or complete:
            done = complete and not self.lost
            await self._loop.run_in_executor(self._executor, self._record, results, False, done)

    def _grow_due(self) -> None:
        self._timer = None
        self._is_due = True
        self._write_if_due()

    def _renew(self) -> None:
        if not self.lost:
            self._needs_renewal = True
            self._renewal = self._loop.call_later(RENEW_SECONDS, self._renew)
            self._write_if_due()

    def _write_if_due(self) -> None:
        due = len(self._results) >= RECORD_AT or (self._is_due and self._results) or self._needs_renewal
        if due and self._writing is None and self._failure is None:
            self._writing = self._loop.create_task(self._write())

    async def _write(self) -> None:
        results, self._results = self._results, []
        renewal, self._needs_renewal, self._is_due = self._needs_renewal, False, False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        try:
            held = await self._loop.run_in_executor(self._executor, self._record, results, renewal)
            self._taken -= len(results)
            self.lost = self.lost or not held
        except BaseException as error:
            self._failure = error
            self.lost = True
        finally:
            self._writing = None
        if self._results and self._timer is None and self._failure is None:
            self._timer = self._loop.call_later(RECORD_SECONDS, self._grow_due)
        self._on_room()
        self._write_if_due()

    def _record(self, results: list[Result], renewal: bool, done: bool = False) -> bool:
        """What was accepted must not be forgotten because the database restarts: the lease outlasts the patience."""

        def write() -> bool:
            held = record(self.claim, results, first_accepted=self._first_accepted, done=done)
            return held and (renew(self.claim) if renewal else True)

        return outlast(write, seconds=PATIENCE)
