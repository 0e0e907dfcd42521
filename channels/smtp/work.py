"""The messages of one `send()`: taken from the caller's feed, lent to sessions, recorded exactly once."""

import asyncio
from collections import deque
from typing import Protocol

from channels.outcome import Outcome
from channels.smtp.envelope import Envelope

RETRIES = 2  # on a fresh connection, for a message that a dying one handed back


class Feed(Protocol):
    """What a pool sends: pulled one by one as connections become ready.

    None of these may block or await: they run between two writes. All are called on the event loop's thread.
    """

    @property
    def finished(self) -> bool:
        """True: `take` will never return an envelope again. Where it becomes true later, call the pool's `wake`."""

    def take(self) -> Envelope | None:
        """The next envelope. None: nothing at this moment; the pool asks again after its `wake` was called."""

    def record(self, envelope: Envelope, outcome: Outcome) -> None:
        """Called exactly once for each envelope taken, unless `send()` is cancelled or the feed raises."""


class Work:
    """One feed's messages. `done` is set when the feed is finished and all is recorded, or raises its exception."""

    def __init__(self, feed: Feed) -> None:
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._recorded = 0
        self._feed: Feed | None = feed
        self._taken = 0
        self._waiting: deque[Envelope] = deque()  # taken, and lent to nobody
        self._suspects: deque[Envelope] = deque()  # a fresh connection came to nothing with them: last in line
        self._attempts: dict[int, int] = {}  # by id() of envelopes that came back; these are alive in here
        self._given_up: Outcome | None = None

    def take(self) -> Envelope | None:
        """The next message: one that waits, one from the feed, one that may be the death of the connection."""
        if self._waiting:
            return self._waiting.popleft()
        envelope = self._take_new()
        return self._suspects.popleft() if envelope is None and self._suspects else envelope

    def record(self, envelope: Envelope, outcome: Outcome) -> None:
        """Passes one outcome on."""
        if self._feed is None:
            return
        if self._attempts:
            self._attempts.pop(id(envelope), None)
        self._recorded += 1
        try:
            self._feed.record(envelope, outcome)
        except Exception as error:
            self._end(error)
        if self._recorded == self._taken:
            self._check()

    def hand_back(self, envelope: Envelope, outcome: Outcome, *, counts: bool) -> None:
        """Keeps a message for another connection; records `outcome` where it has had all its chances."""
        attempts = self._attempts.get(id(envelope), 0) + counts
        if attempts > RETRIES:
            self.record(envelope, outcome)
        else:
            self._attempts[id(envelope)] = attempts
            (self._suspects if counts else self._waiting).append(envelope)

    def has_for(self, connections: int) -> bool:
        """Whether there is a message for each of so many connections that are about to open; takes them."""
        while len(self._waiting) + len(self._suspects) < connections:
            envelope = self._take_new()
            if envelope is None:
                return False
            self._waiting.append(envelope)
        return True

    def give_up(self, outcome: Outcome) -> None:
        """Gives `outcome` to everything that waits, and to everything that the feed still brings."""
        self._given_up = outcome
        self.look()

    def look(self) -> None:
        """Looks again what the feed says: whether it is finished, or has more for work that was given up."""
        if self._given_up is not None:
            while (envelope := self.take()) is not None:
                self.record(envelope, self._given_up)
        self._check()

    def fail(self, error: Exception) -> None:
        """Ends the work: `done` raises `error`."""
        self._end(error)

    def abandon(self) -> None:
        """Leaves the feed alone from now on, whatever sessions still say."""
        self._feed = None
        self._waiting.clear()
        self._suspects.clear()
        self.done.cancel()

    def _take_new(self) -> Envelope | None:
        if self._feed is None:
            return None
        try:
            envelope = self._feed.take()
        except Exception as error:
            self._end(error)
            return None
        if envelope is None:
            self._check()
        else:
            self._taken += 1
        return envelope

    def _check(self) -> None:
        if self._recorded == self._taken and self._feed is not None and self._feed.finished:
            self._end()

    def _end(self, error: Exception | None = None) -> None:
        self._feed = None
        if self.done.done():
            return
        if error is None:
            self.done.set_result(None)
        else:
            self.done.set_exception(error)
