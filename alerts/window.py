"""The window: how many messages may be with a server and not yet in the database, and the writing of their results.

Sending goes on while a write is under way; at most UNRECORDED messages are taken and not yet recorded, so that is how
many can go twice when this process is killed.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from datetime import datetime

from django.utils import timezone

from alerts.claims import Claim
from alerts.lanes import LEASE, RECORD_AT, RECORD_SECONDS, UNRECORDED
from alerts.outcomes import Result, record, renew
from govnotify.lib.database import outlast

RENEW_SECONDS = LEASE.total_seconds() / 3
PATIENCE = LEASE.total_seconds() / 2  # with a database that is away


class Window:
    """Collects a claim's results and records them in bulk, in `executor`; `on_room` is called as room returns."""

    def __init__(self, claim: Claim, executor: Executor, on_room: Callable[[], None]) -> None:
        self.claim = claim
        self.lost = False  # the lease has run out: take no more
        self._executor = executor
        self._on_room = on_room
        self._loop = asyncio.get_running_loop()
        self._taken = 0
        self._first_accepted: datetime | None = None
        self._results: list[Result] = []
        self._writing: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._failure: BaseException | None = None
        self._renewal = self._loop.call_later(RENEW_SECONDS, self._start, True)

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
        if len(self._results) >= RECORD_AT:
            self._start()
        elif self._timer is None:
            self._timer = self._loop.call_later(RECORD_SECONDS, self._start)

    async def close(self) -> None:
        """Write what is left and close the claim. Raises what the database raised."""
        self._renewal.cancel()
        if self._writing is not None:
            await self._writing
        if self._failure is not None:
            raise self._failure
        if self._timer is not None:
            self._timer.cancel()
        results, self._results = self._results, []
        await self._loop.run_in_executor(self._executor, self._record, results, not self.lost)

    def _start(self, renewal: bool = False) -> None:
        if renewal:
            self._renewal = self._loop.call_later(RENEW_SECONDS, self._start, True)
        if self._writing is None and self._failure is None:
            self._writing = self._loop.create_task(self._write(renewal))

    async def _write(self, renewal: bool) -> None:
        try:
            while self._results or renewal:
                results, self._results = self._results, []
                if self._timer is not None:
                    self._timer.cancel()
                    self._timer = None
                held = await self._loop.run_in_executor(self._executor, self._record, results)
                renewal = False
                self._taken -= len(results)
                self.lost = self.lost or not held
                self._on_room()
                if len(self._results) < RECORD_AT:
                    break
        except BaseException as error:
            self._failure = error
            self.lost = True
            self._on_room()
        finally:
            self._writing = None
        if self._results and self._timer is None and self._failure is None:
            self._timer = self._loop.call_later(RECORD_SECONDS, self._start)

    def _record(self, results: list[Result], done: bool = False) -> bool:
        """What was accepted must not be forgotten because the database restarts: the lease outlasts the patience."""

        def write() -> bool:
            if not results and not done:
                return renew(self.claim)
            return record(self.claim, results, first_accepted=self._first_accepted, done=done)

        return outlast(write, seconds=PATIENCE)
