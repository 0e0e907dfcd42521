"""The window: how many messages may be with a server and not yet in the database, and the writing of their results.

Sending goes on while a write is under way; at most UNRECORDED messages are taken and not yet recorded, so that is how
many can go twice when this process is killed.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from functools import partial

from django.db import InterfaceError, OperationalError
from django.utils import timezone

from alerts.engine.claims import Claim
from alerts.engine.consequences import Result
from alerts.engine.outcomes import is_wanted, record, renew
from alerts.engine.precedence import give_way
from alerts.engine.runtime import Runtime
from alerts.lanes import LEASE, LOOK_SECONDS, MEMORY_SECONDS, RECORD_AT, RECORD_SECONDS, RENEW_SECONDS, UNRECORDED
from govnotify.lib.database import outlast

PATIENCE = LEASE.total_seconds() / 2  # with a database that is away, of a sender that has sent nothing yet


@asynccontextmanager
async def window(claim: Claim, runtime: Runtime, on_room: Callable[[], None] | None = None) -> AsyncIterator["Window"]:
    """A window that is open while the claim is being sent.

    When the block ends by itself the claim is closed with what is left. When it raises, what was accepted is still
    recorded and the claim stays open: its lease ends and another worker goes on with the rest.
    """
    opened = Window(claim, runtime, on_room)
    complete = False
    try:
        yield opened
        complete = True
    finally:
        await opened.close(complete=complete)


class Window:
    """Collects a claim's results and records them in bulk, by the recorder.

    Who can wait for room calls `admit`. Who can't asks whether it is `open`, and gives an `on_room` that is called as
    room returns. There is room for UNRECORDED in all windows of the process together: a few stay open beside the one
    at work, for messages that a server is slow about.
    """

    def __init__(self, claim: Claim, runtime: Runtime, on_room: Callable[[], None] | None = None) -> None:
        self.claim = claim
        self.lost = False  # the lease has run out, the dispatch was stopped, the database is gone: take no more
        self._runtime = runtime
        self._room = asyncio.Event()
        self._on_room = on_room or self._room.set
        self._loop = asyncio.get_running_loop()
        self._taken = 0
        self._first_accepted: datetime | None = None
        self._results: list[Result] = []
        self._writing: asyncio.Task[None] | None = None
        self._is_due = False  # results have waited RECORD_SECONDS
        self._timer: asyncio.TimerHandle | None = None
        self._needs_renewal = False
        self._renewal = self._loop.call_later(RENEW_SECONDS, self._renew)
        self._needs_look = False
        self._heard_at = self._loop.time()  # when the database last said whether to go on
        self._looking = self._loop.call_later(LOOK_SECONDS, self._look)
        self._failure: BaseException | None = None

    @property
    def open(self) -> bool:
        return self._runtime.unrecorded < UNRECORDED and not self.lost

    async def admit(self) -> bool:
        """Wait for room and take one message; False, and none is taken, where no more are to be sent."""
        while not self.open and not self.lost:
            self._room.clear()
            await self._room.wait()
        if not self.lost:
            self.take()
        return not self.lost

    def take(self) -> None:
        """Count one message as handed to a server."""
        self._taken += 1
        self._runtime.unrecorded += 1

    def put_back(self) -> None:
        """Count one message less: no server was told of it, so it waits on as if nobody had taken it."""
        self._give_room(1)

    def settle(self, result: Result) -> None:
        """Note a result of a message that was taken; it is written with others."""
        if self._first_accepted is None and result[1].accepted:
            self._first_accepted = timezone.now()
        self._results.append(result)
        if self._timer is None:
            self._timer = self._loop.call_later(RECORD_SECONDS, self._grow_due)
        self._write_if_due()

    async def close(self, *, complete: bool) -> None:
        """Write what is left; `complete` gives the claim back too. Raises what the database raised."""
        self._renewal.cancel()
        self._looking.cancel()
        while self._writing is not None:
            await self._writing
        if self._timer is not None:
            self._timer.cancel()
        try:
            if self._failure is not None:
                raise self._failure
            results, self._results = self._results, []
            if results or complete:
                done = complete and not self.lost
                await self._loop.run_in_executor(self._runtime.recorder, self._record, results, False, complete, done)
        finally:
            self._give_room(self._taken)
            self._on_room()  # of another window, perhaps

    def _give_room(self, messages: int) -> None:
        self._taken -= messages
        self._runtime.unrecorded -= messages

    def _grow_due(self) -> None:
        self._timer = None
        self._is_due = True
        self._write_if_due()

    def _renew(self) -> None:
        """Also of a dispatch that was stopped: what a slow server has in hand is nobody else's yet."""
        if self._failure is None:
            self._needs_renewal = True
            self._renewal = self._loop.call_later(RENEW_SECONDS, self._renew)
            self._write_if_due()

    def _look(self) -> None:
        if not self.lost:
            silent = self._loop.time() - self._heard_at
            self._needs_look = silent >= LOOK_SECONDS
            self._looking = self._loop.call_later(LOOK_SECONDS - (0 if self._needs_look else silent), self._look)
            self._write_if_due()

    def _write_if_due(self) -> None:
        full = len(self._results) >= RECORD_AT or (self._is_due and self._results)
        due = full or self._needs_renewal or self._needs_look
        if due and self._writing is None and self._failure is None:
            self._writing = self._loop.create_task(self._write())

    async def _write(self) -> None:
        results, self._results = self._results, []
        renewal, self._needs_renewal, self._is_due = self._needs_renewal, False, False
        self._needs_look = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        try:
            go_on = await self._loop.run_in_executor(self._runtime.recorder, self._record, results, renewal)
            self._give_room(len(results))
            self._heard_at = self._loop.time()
            self.lost = self.lost or not go_on
        except BaseException as error:
            self._failure = error
            self.lost = True
        finally:
            self._writing = None
        if self._results and self._timer is None and self._failure is None:
            self._timer = self._loop.call_later(RECORD_SECONDS, self._grow_due)
        self._on_room()
        self._write_if_due()

    def _record(self, results: list[Result], renewal: bool, closing: bool = False, done: bool = False) -> bool:
        """What was accepted must not be forgotten because the database restarts, however long that takes."""

        def write() -> bool:
            if results or closing:
                go_on = record(self.claim, results, first_accepted=self._first_accepted, closing=closing, done=done)
            else:
                go_on = is_wanted(self.claim)
            renewed = renew(self.claim) if renewal else True
            return go_on and renewed

        go_on = outlast(write, seconds=MEMORY_SECONDS)
        if results and go_on and not closing:  # who only looks or renews makes nobody else wait behind it
            with suppress(OperationalError, InterfaceError):  # a database that is away has no emergency for us
                return give_way(self.claim.lane, wanted=partial(is_wanted, self.claim))
        return go_on
