"""The messages of one `send()`: taken from the caller's feed, lent to sessions, recorded exactly once."""

import asyncio
from collections import deque
from typing import Protocol

from channels.outcome import Outcome, Verdict
from channels.smtp.envelope import Envelope

RETRIES = 2  # on a fresh connection, for a message that a dying one handed back
NOT_BEGUN = Outcome(Verdict.TRANSIENT, detail="It was withdrawn before any server was told of it.")
MOST_ASIDE = 50  # messages that wait for a slow domain; they take room from the others, so the oldest must leave


class Feed(Protocol):
    """What a pool sends: pulled one by one as connections become ready.

    None of these may block or await: they run between two writes. All are called on the event loop's thread.
    """

    @property
    def finished(self) -> bool:
        """True: `take` will never return an envelope again. Where it becomes true later, call the pool's `wake`."""

    @property
    def withdrawn(self) -> bool:
        """True: nothing more of it is to begin. What was taken and has not begun is recorded as NOT_BEGUN, at the next
        `wake` of the pool; what servers have in hand gets its outcome."""

    def take(self) -> Envelope | None:
        """The next envelope. None: nothing at this moment; the pool asks again after its `wake` was called."""

    def record(self, envelope: Envelope, outcome: Outcome) -> None:
        """Called exactly once for each envelope taken, unless `send()` is cancelled or the feed raises."""


class Work:
    """One feed's messages.

    `fed` is set when the feed is finished and only stragglers are out, `done` when these are recorded as well. `fed`
    raises what the feed raises before that, `done` what it raises after.
    """

    def __init__(self, feed: Feed) -> None:
        loop = asyncio.get_running_loop()
        self.fed: asyncio.Future[None] = loop.create_future()
        self.done: asyncio.Future[None] = loop.create_future()
        self.recorded = 0
        self._feed: Feed | None = feed
        self._taken = 0
        self._waiting: deque[Envelope] = deque()  # taken, and lent to nobody
        self._suspects: deque[Envelope] = deque()  # a fresh connection came to nothing with them: last in line
        self._aside: deque[tuple[Envelope, Outcome]] = deque()  # wait for a slow domain, if not too long
        self._kept: deque[Envelope] = deque()  # wait for a domain that perhaps is no slow one
        self._stragglers: set[int] = set()  # id() of envelopes with connections that wait for a slow answer
        self._out = 0  # stragglers and those set aside
        self._attempts: dict[int, int] = {}  # by id() of envelopes that came back; these are alive in here
        self._began: dict[int, int] = {}  # by id() of envelopes that sessions have: answers until then
        self._dismissed = 0  # recorded without a server's answer
        self.given_up: Outcome | None = None  # what everything gets that has not begun

    @property
    def answers(self) -> int:
        """Messages recorded, but for those that were only set aside."""
        return self.recorded - self._dismissed

    def overtakers(self, envelope: Envelope) -> int:
        """How many messages have been answered since a session took this one."""
        return self.answers - self._began.get(id(envelope), self.answers)

    def take(self) -> Envelope | None:
        """The next message: one that waits, one from the feed, one that may be the death of the connection."""
        envelope = self._waiting.popleft() if self._waiting else self._take_new()
        if envelope is None:
            if not self._suspects:
                return None
            envelope = self._suspects.popleft()
        self._began[id(envelope)] = self.recorded - self._dismissed
        return envelope

    def record(self, envelope: Envelope, outcome: Outcome) -> None:
        """Passes one outcome on."""
        if self._feed is None:
            return
        self._began.pop(id(envelope), None)
        if self._attempts:
            self._attempts.pop(id(envelope), None)
        if self._stragglers:
            self._caught_up(envelope)
        self.recorded += 1
        try:
            self._feed.record(envelope, outcome)
        except Exception as error:
            self._end(error)
        if self.recorded + self._out == self._taken:
            self._check()

    def hand_back(self, envelope: Envelope, outcome: Outcome, *, counts: bool) -> None:
        """Keeps a message for another connection; records `outcome` where it has had all its chances."""
        self._caught_up(envelope)
        attempts = self._attempts.get(id(envelope), 0) + counts
        if attempts > RETRIES or self.fed.done():
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

    def straggle(self, envelope: Envelope) -> None:
        """The server is slow about a message that it has: from now on nobody waits for it to end this send()."""
        if self._feed is not None and id(envelope) not in self._stragglers:
            self._stragglers.add(id(envelope))
            self._out += 1
            self._check()

    def is_straggling(self, envelope: Envelope) -> bool:
        return id(envelope) in self._stragglers

    def put_back(self, envelope: Envelope) -> None:
        """It was taken and is not wanted now: it is the next."""
        self._waiting.appendleft(envelope)

    def set_aside(self, envelope: Envelope, outcome: Outcome | None) -> None:
        """Keeps a message until `recall`. It gets `outcome`, if any, when there is nothing else to wait for."""
        if outcome is None:
            self._kept.append(envelope)
            return
        self._aside.append((envelope, outcome))
        self._out += 1
        if len(self._aside) > MOST_ASIDE:
            self._dismiss()

    @property
    def is_laden(self) -> bool:
        """Whether so many wait for domains that are perhaps slow that no more should be taken."""
        return len(self._kept) >= MOST_ASIDE

    def recall(self) -> None:
        """Those set aside may be taken again."""
        self._waiting.extend(self._kept)
        self._kept.clear()
        self._waiting.extend(envelope for envelope, _ in self._aside)
        self._out -= len(self._aside)
        self._aside.clear()

    def give_up(self, outcome: Outcome) -> None:
        """Gives `outcome` to everything that waits, and to everything that the feed still brings."""
        self.given_up = outcome
        self.recall()
        self.look()

    def look(self) -> None:
        """Looks again what the feed says: is it finished or withdrawn, has it more for work that was given up?"""
        if self.given_up is None and self._feed is not None and self._feed.withdrawn:
            self.given_up = NOT_BEGUN
            self.recall()
        if self.given_up is not None:
            while (envelope := self.take()) is not None:
                self._dismissed += 1
                self.record(envelope, self.given_up)
        self._check()

    def fail(self, error: Exception) -> None:
        """Ends the work: `fed` raises `error`."""
        self._end(error)

    @property
    def is_abandoned(self) -> bool:
        """Whether nobody cares any more what became of its messages."""
        return self.fed.cancelled() or (self.fed.done() and self.fed.exception() is not None)

    def abandon(self) -> None:
        """Leaves the feed alone from now on, whatever sessions still say."""
        self._feed = None
        self._waiting.clear()
        self._suspects.clear()
        self._aside.clear()
        self._kept.clear()
        self.fed.cancel()
        self.done.cancel()

    def _take_new(self) -> Envelope | None:
        if self._feed is None or self.fed.done():
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

    def _caught_up(self, envelope: Envelope) -> None:
        if id(envelope) in self._stragglers:
            self._stragglers.remove(id(envelope))
            self._out -= 1

    def _dismiss(self) -> None:
        envelope, outcome = self._aside.popleft()
        self._out -= 1
        self._dismissed += 1
        self.record(envelope, outcome)

    def _check(self) -> None:
        """Is anything still to be waited for?"""
        if self._feed is None or self.recorded + self._out != self._taken:
            return
        if self._aside:
            self._dismiss()  # and the next, as this leads here again
        elif self._feed.finished:
            if not self.fed.done():
                self.fed.set_result(None)
            if self.recorded == self._taken:
                self._end()

    def _end(self, error: Exception | None = None) -> None:
        self._feed = None
        if error is None:
            for future in (self.fed, self.done):
                if not future.done():
                    future.set_result(None)
        elif not self.fed.done():
            self.fed.set_exception(error)
            self.done.cancel()
        elif not self.done.done():
            self.done.set_exception(error)
