"""Several relays for the same mail: the first that takes it, and the next where it does not.

Only what waits goes to the next relay. What was written and got no verdict is in doubt and gets its outcome; an answer
to one message, even 4xx, is that message's outcome and says nothing about the relay.
"""

import asyncio
import time
from collections.abc import Sequence

from channels.smtp.pool import SmtpPool
from channels.smtp.work import Feed, Work

# Seconds for which a relay that took no mail comes last, by how often that happened in a row.
BACK_OFF = (5.0, 15.0, 60.0, 300.0)


class Relays:
    """Pools in the order of preference. Like a pool: one send() at a time, one event loop."""

    def __init__(self, pools: Sequence[SmtpPool], *, back_off: Sequence[float] = BACK_OFF) -> None:
        if not pools:
            raise ValueError("There must be at least one relay.")
        self._back_off = back_off
        self._pools = tuple(pools)
        self._sending: SmtpPool | None = None
        self._failures = dict.fromkeys(self._pools, 0)
        self._rests_until = dict.fromkeys(self._pools, 0.0)

    async def send(self, feed: Feed) -> asyncio.Future[None]:
        """As SmtpPool.send. When no relay takes mail, what waits gets the last one's reason as its outcome."""
        if self._sending is not None:
            raise RuntimeError("These relays are sending already: one send() at a time.")
        work = Work(feed)
        pools = self._in_order()
        try:
            for pool in pools:
                self._sending = pool
                failure = await pool.serve(work, is_last=pool is pools[-1])
                self._note(pool, has_failed=failure is not None)
                if failure is None:
                    break
        except asyncio.CancelledError:
            work.abandon()  # between two relays, too
            raise
        finally:
            self._sending = None
        return work.done

    def wake(self) -> None:
        """As SmtpPool.wake."""
        if self._sending is not None:
            self._sending.wake()

    async def close(self) -> None:
        """As SmtpPool.close, of all."""
        await asyncio.gather(*(pool.close() for pool in self._pools))

    def _in_order(self) -> list[SmtpPool]:
        """Those that rest come last: where all do, each is tried all the same."""
        now = time.monotonic()
        return sorted(self._pools, key=lambda pool: self._rests_until[pool] > now)

    def _note(self, pool: SmtpPool, *, has_failed: bool) -> None:
        if not has_failed:
            self._failures[pool] = 0
            self._rests_until[pool] = 0.0
            return
        seconds = self._back_off[min(self._failures[pool], len(self._back_off) - 1)]
        self._failures[pool] += 1
        self._rests_until[pool] = time.monotonic() + seconds
