"""Sends a feed of mails straight to the recipients' own servers: sorts them by destination, waits for no slow one."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Sequence

from channels.direct.destination import Destination
from channels.direct.exchangers import Exchangers
from channels.direct.options import DirectOptions
from channels.smtp.connection import Timeouts
from channels.smtp.slowness import PATIENCE_SECONDS, PATROL_SECONDS, domain_of
from channels.smtp.work import Feed, Work

BACK_OFF = (60.0, 300.0, 900.0, 1_800.0)  # seconds; unless the lane has its own
IDLE_SECONDS = 15.0  # strangers' servers are not kept waiting for long
MOST_OPEN = 200  # destinations with connections; the one idle longest is closed for the next
MOST_RESTING = 5_000  # destinations that are remembered for a failure


class DirectSender:
    """Use it like an SmtpPool: one send() at a time, one event loop."""

    def __init__(
        self, options: DirectOptions, *, timeouts: Timeouts | None = None, back_off: Sequence[float] = BACK_OFF
    ) -> None:
        """`back_off`: seconds for which a destination that can't be reached is left alone, by failures in a row."""
        self._options = options
        self._timeouts = timeouts or Timeouts()
        self._back_off = back_off
        self._exchangers: Exchangers | None = None
        self._destinations: OrderedDict[str, Destination] = OrderedDict()  # the last used last
        self._closing: set[asyncio.Task[None]] = set()
        self._work: Work | None = None
        self._is_kicked = False

    async def send(self, feed: Feed) -> asyncio.Future[None]:
        """As SmtpPool.send: what a slow destination has in hand is recorded later."""
        if self._work is not None:
            raise RuntimeError("This sender is sending already: one send() at a time.")
        work = self._work = Work(feed)
        patrol = asyncio.get_running_loop().create_task(self._patrol())
        try:
            self._sort()
            await work.fed
        except BaseException:
            work.abandon()
            await self._cut_off(work)
            raise
        finally:
            self._work = None
            self._tidy()
            patrol.cancel()
            await asyncio.gather(patrol, return_exceptions=True)
        return work.done

    def wake(self) -> None:
        """As SmtpPool.wake."""
        if self._work is not None and not self._is_kicked:
            self._is_kicked = True
            asyncio.get_running_loop().call_soon(self._sort)

    async def close(self) -> None:
        """As SmtpPool.close, of every destination."""
        if self._work is not None:
            raise RuntimeError("This sender is sending: close() comes after send(), or after its cancellation.")
        while self._destinations:
            self._close(self._destinations.popitem()[1])
        await asyncio.gather(*self._closing)

    def _sort(self) -> None:
        self._is_kicked = False
        work = self._work
        if work is None:
            return
        work.look()
        if work.given_up is not None:
            for destination in self._destinations.values():
                destination.give_up(work, work.given_up)
        while (envelope := work.take()) is not None:
            self._destination(domain_of(envelope)).put(envelope, work)

    def _destination(self, domain: str) -> Destination:
        if self._exchangers is None:
            self._exchangers = Exchangers(self._options)
        found = self._destinations.get(domain)
        if found is None:
            found = Destination(domain, self._exchangers, self._options, self._timeouts, self._back_off)
            self._destinations[domain] = found
        self._destinations.move_to_end(domain)
        return found

    async def _patrol(self) -> None:
        """Looks a few times a second which destination has given no answer for too long, and which are idle."""
        seen: dict[str, tuple[int, int]] = {}  # answers of a busy one at the last look, and looks without more
        while True:
            await asyncio.sleep(PATROL_SECONDS)
            for domain, destination in self._destinations.items():
                answers, looks = seen.get(domain, (-1, 0))
                looks = looks + 1 if destination.is_busy and answers == destination.answers else 0
                seen[domain] = destination.answers, looks
                if looks * PATROL_SECONDS >= PATIENCE_SECONDS:
                    destination.straggle()
            self._tidy()
            seen = {domain: state for domain, state in seen.items() if domain in self._destinations}

    def _tidy(self) -> None:
        idle = [destination for destination in self._destinations.values() if not destination.is_busy]
        too_old = time.monotonic() - IDLE_SECONDS
        excess = len(self._destinations) - MOST_OPEN
        for number, destination in enumerate(idle):
            if destination.is_resting and number >= excess - MOST_RESTING:
                continue
            if number < excess or destination.idle_since < too_old:
                del self._destinations[destination.domain]
                self._close(destination)

    async def _cut_off(self, work: Work) -> None:
        """Cuts the connections that carry messages of a work that was abandoned."""
        for destination in list(self._destinations.values()):
            if destination.carries(work):
                del self._destinations[destination.domain]
                self._close(destination)
        await asyncio.gather(*self._closing)

    def _close(self, destination: Destination) -> None:
        task = asyncio.get_running_loop().create_task(destination.close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)
