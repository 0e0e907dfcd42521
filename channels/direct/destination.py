"""One domain's mail: its queue, its servers by preference, and how long they are left alone after a failure."""

import asyncio
import time
from collections import deque
from collections.abc import Sequence

from channels.direct.exchangers import Exchangers, Unroutable
from channels.direct.options import DirectOptions
from channels.outcome import Outcome, Reason
from channels.smtp.connection import Timeouts
from channels.smtp.envelope import Envelope
from channels.smtp.pool import SmtpPool
from channels.smtp.relay import Relay, Tls
from channels.smtp.relays import Relays
from channels.smtp.replies import disconnected
from channels.smtp.work import Work

MOST_QUEUED = 40  # messages of a send() that wait for one destination; more would take the room of the others


class Destination:
    """A Feed for its own Relays. Each message is recorded with the Work that it came from."""

    withdrawn = False  # of one Work perhaps: see `give_up`

    def __init__(
        self,
        domain: str,
        exchangers: Exchangers,
        options: DirectOptions,
        timeouts: Timeouts,
        back_off: Sequence[float],
    ) -> None:
        self.domain = domain
        self.idle_since = time.monotonic()
        self.answers = 0  # outcomes so far, of whatever kind
        self.is_slow = False
        self._exchangers, self._options, self._timeouts, self._back_off = exchangers, options, timeouts, back_off
        self._queue: deque[Envelope] = deque()
        self._works: dict[int, Work] = {}  # by id() of the envelopes that have no outcome yet
        self._envelopes: dict[int, Envelope] = {}
        self._addresses: list[str] = []
        self._relays: Relays | None = None
        self._task: asyncio.Task[None] | None = None
        self._failures = 0
        self._rests_until = 0.0
        self._why = disconnected("")
        self._was_reached = False

    @property
    def is_busy(self) -> bool:
        return bool(self._works)

    @property
    def is_resting(self) -> bool:
        """Whether it is left alone after a failure, which must not be forgotten meanwhile."""
        return time.monotonic() < self._rests_until

    def carries(self, work: Work) -> bool:
        return any(one is work for one in self._works.values())

    def put(self, envelope: Envelope, work: Work) -> None:
        """Sends a message, or records at once why it can't go now."""
        if self.is_resting:
            work.record(envelope, self._why)
        elif self.is_slow or len(self._queue) >= MOST_QUEUED:
            work.record(envelope, self._later())
        else:
            self._works[id(envelope)], self._envelopes[id(envelope)] = work, envelope
            self._queue.append(envelope)
            if self._task is None:
                self._task = asyncio.get_running_loop().create_task(self._run())
            elif self._relays is not None:
                self._relays.wake()

    def straggle(self) -> None:
        """It is slow: nobody waits for it any more. What has not gone to a connection yet has its outcome now."""
        self.is_slow = True
        while self._queue:
            self.record(self._queue[0], self._later(), is_answer=False)
        for key, work in list(self._works.items()):
            work.straggle(self._envelopes[key])

    def give_up(self, work: Work, outcome: Outcome) -> None:
        """Gives `outcome` to what waits of this work."""
        for envelope in [envelope for envelope in self._queue if self._works[id(envelope)] is work]:
            self._queue.remove(envelope)
            self.record(envelope, outcome, is_answer=False)

    async def close(self) -> None:
        """Ends everything; messages that are still under way get an outcome that says they are in doubt."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        if self._relays is not None:
            await self._relays.close()
        self._queue.clear()
        for envelope in list(self._envelopes.values()):
            cut = disconnected(f"The connection to {self.domain} was closed.", in_doubt=True)
            self.record(envelope, cut, is_answer=False)

    # Feed

    @property
    def finished(self) -> bool:
        return not self._queue

    def take(self) -> Envelope | None:
        return self._queue.popleft() if self._queue else None

    def record(self, envelope: Envelope, outcome: Outcome, *, is_answer: bool = True) -> None:
        if self._queue and self._queue[0] is envelope:
            self._queue.popleft()
        if self._envelopes.pop(id(envelope), None) is None:
            return  # of a run that failed as a whole
        work = self._works.pop(id(envelope))
        if is_answer:
            self.answers += 1
            self.is_slow = False
            self._was_reached |= outcome.reason is not Reason.CONNECTION
            self._why = outcome
        work.record(envelope, outcome)

    # Helpers

    def _later(self) -> Outcome:
        return disconnected(f"{self.domain} has enough to do at present.")

    async def _run(self) -> None:
        try:
            while self._queue:
                self._was_reached = False
                await self._send()
                self._note()
        except Exception as error:  # nothing that we know of: the send()s that wait for it must not wait for ever
            for work in set(self._works.values()):
                work.fail(error)
            self._queue.clear()
            self._works.clear()
            self._envelopes.clear()
        finally:
            self._task = None
            self.idle_since = time.monotonic()

    async def _send(self) -> None:
        try:
            addresses = await self._exchangers.find(self.domain)
        except Unroutable as error:
            while self._queue:
                self.record(self._queue[0], error.outcome)
            self._was_reached = True  # DNS has said it, and remembers for as long as it is true
            return
        if self._relays is None or addresses != self._addresses:
            await self._replace(addresses)
        assert self._relays is not None  # noqa: S101  for the type checker
        if not self._queue and not self.is_slow:
            self._was_reached = True  # all was withdrawn meanwhile: nothing was tried that could have failed
            return
        stragglers = await self._relays.send(self)
        await stragglers

    async def _replace(self, addresses: list[str]) -> None:
        if self._relays is not None:
            await self._relays.close()
        self._addresses = addresses
        self._relays = Relays([SmtpPool(self._server(address), timeouts=self._timeouts) for address in addresses])

    def _server(self, address: str) -> Relay:
        options = self._options
        tls = Tls.OPPORTUNISTIC if options.opportunistic_tls else Tls.NONE
        return Relay(address, options.port, tls, ehlo_name=options.ehlo_name, verify=False, limits=options.limits)

    def _note(self) -> None:
        if self._was_reached:
            self._failures = 0
        else:
            seconds = self._back_off[min(self._failures, len(self._back_off) - 1)]
            self._failures += 1
            self._rests_until = time.monotonic() + seconds
