"""Sends a feed of mails through one relay over as many connections as the work needs."""

import asyncio
import time
from typing import Any, cast

from channels.outcome import Outcome
from channels.smtp.connection import Connection, Timeouts
from channels.smtp.gate import Gate
from channels.smtp.limits import Bucket
from channels.smtp.patrol import patrol
from channels.smtp.quota import Quota
from channels.smtp.relay import Relay, Tls
from channels.smtp.slowness import Slowness
from channels.smtp.work import Feed, Work

CONNECTIONS = 8  # unless the relay's limits say otherwise
_OTHER_LOOP = "This pool has connections on another event loop: close() it there, or use one pool per loop."


class SmtpPool:
    """Connections to one relay, kept from one `send()` to the next. Belongs to one event loop and its thread.

    A connection that waits long for one answer counts no more among those that the limit allows, its domain's share
    is cut, and `send()` may return before that answer comes: docs/adr/0011-slow-domains.md.
    """

    def __init__(
        self,
        relay: Relay,
        *,
        connections: int = CONNECTIONS,
        timeouts: Timeouts | None = None,
        max_messages_per_connection: int | None = None,
        idle_seconds: float = 60.0,
    ) -> None:
        """The relay's own limits come first. Raises OSError where its `ca_file` cannot be read.

        `idle_seconds`: a connection that idled longer is replaced.
        """
        if connections < 1:
            raise ValueError(f"A pool needs at least one connection, not {connections}.")
        limits = relay.limits
        self.relay = relay
        self._tls = None if relay.tls is Tls.NONE else relay.ssl_context()
        self._quota = Quota(limits.connections or connections)
        self._timeouts = timeouts or Timeouts()
        self._max_messages = limits.messages or max_messages_per_connection
        self._bucket = Bucket(limits.rate) if limits.rate else None
        self._idle_seconds = idle_seconds
        self._slowness = Slowness(self._quota.most)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._gate: Gate | None = None
        self._connections: set[Connection] = set()  # ready for mail, or carrying it
        self._slow: set[Connection] = set()  # wait for a late answer, and carry nothing else any more
        self._opening: set[asyncio.Task[None]] = set()
        self._leaving: set[Connection] = set()  # not closed yet
        self._is_kicked = False
        self._pause: asyncio.TimerHandle | None = None
        self._failed: asyncio.Future[Outcome] | None = None  # done when another relay shall go on

    async def send(self, feed: Feed) -> asyncio.Future[None]:
        """Returns when the feed is finished and all is recorded but for messages that the server is slow about.

        The future is done when these are recorded as well; it raises what the feed raises meanwhile. `send` raises
        what the feed raises before. Then, and when it is cancelled, connections with messages in flight are dropped,
        and these messages get no outcome.
        """
        work = Work(feed)
        await self.serve(work, is_last=True)
        return work.done

    async def serve(self, work: Work, *, is_last: bool) -> Outcome | None:
        """Sends until the work is fed. Otherwise says why this relay takes no mail: what waits is still in `work`.

        With `is_last` all that waits gets that outcome instead.
        """
        if self._gate is not None:
            raise RuntimeError("This pool is sending already: one send() at a time.")
        loop = asyncio.get_running_loop()
        if (self._connections or self._slow) and loop is not self._loop:
            raise RuntimeError(_OTHER_LOOP)
        self._loop = loop
        gate = self._gate = Gate(work, self._slowness, self._bucket, self._ask_again, self._recall)
        self._quota.renew()
        self._failed = None if is_last else loop.create_future()
        watch = loop.create_task(patrol(work, self._slowness, self._connections, self._slow, self._set_apart))
        try:
            self._freshen(gate)
            work.recall()
            self._kick()
            return await self._over(work)
        except BaseException:
            work.abandon()
            raise
        finally:
            self._gate = None
            watch.cancel()
            await self._stand_down(work, watch)

    def wake(self) -> None:
        """The feed has something again, or is finished. May be called from its `record`."""
        if self._gate is not None and not self._is_kicked:
            self._is_kicked = True
            asyncio.get_running_loop().call_soon(self._kick)

    async def close(self) -> None:
        """Says QUIT everywhere and waits, not long, for connections to close; cuts those with slow messages."""
        if self._gate is not None:
            raise RuntimeError("This pool is sending: close() comes after send(), or after its cancellation.")
        for connection in list(self._slow):
            connection.drop()
        for connection in list(self._connections):
            connection.quit()
        if self._leaving:
            await asyncio.wait([connection.closed for connection in self._leaving])

    async def _over(self, work: Work) -> Outcome | None:
        if self._failed is not None:
            ends: list[asyncio.Future[Any]] = [work.fed, self._failed]
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            if not work.fed.done():
                return self._failed.result()
        await work.fed
        return None

    def _freshen(self, gate: Gate) -> None:
        """Hands kept connections the new work; those that the server may have given up are replaced."""
        too_old = time.monotonic() - self._idle_seconds
        for connection in list(self._connections):
            if connection.has_gone_stale():
                connection.drop()
            elif connection.idle_since < too_old:
                connection.quit()
            else:
                connection.session.join(gate)

    def _kick(self) -> None:
        self._is_kicked = False
        if self._gate is not None:
            self._gate.work.look()
            self._put_to_work(self._gate)

    def _put_to_work(self, gate: Gate) -> None:
        """Gives idle connections messages, and opens one more for each message that none is idle for."""
        for connection in list(self._connections):
            connection.begin()
        while self._has_room() and not gate.is_shut and gate.work.has_for(len(self._opening) + 1):
            self._opening.add(asyncio.get_running_loop().create_task(self._open(gate)))
        if self._slowness.domains and not self._has_room():
            gate.sift()

    def _has_room(self) -> bool:
        working = len(self._connections) + len(self._opening)
        return self._quota.has_room(working=working, slow=len(self._slow))

    def _ask_again(self, seconds: float) -> None:
        if self._pause is None:
            self._pause = asyncio.get_running_loop().call_later(seconds, self._end_pause)

    def _recall(self) -> None:
        """A slow domain has more room: for the send() at work, whichever one's message was answered."""
        if self._gate is not None:
            self._gate.work.recall()
            self._ask_again(0.0)  # connections that found nothing look again

    def _end_pause(self) -> None:
        self._pause = None
        self.wake()

    async def _open(self, gate: Gate) -> None:
        connection = Connection(self.relay, self._timeouts, gate, max_messages=self._max_messages, on_end=self._ended)
        try:
            failure = await connection.open(self._tls)
        except asyncio.CancelledError:
            connection.drop()
            raise
        except Exception as error:  # a host name that no resolver takes, say: send() raises it
            gate.work.fail(error)
            return
        finally:
            self._opening.discard(cast("asyncio.Task[None]", asyncio.current_task()))
        if failure is not None:
            self._came_to_nothing(failure, is_hopeless=not failure.code.startswith("4"))
        else:
            self._connections.add(connection)
            self._put_to_work(gate)

    def _ended(self, connection: Connection) -> None:
        """A connection is of no more use; its messages have been recorded or handed back."""
        if not connection.closed.done():
            self._leaving.add(connection)
            connection.closed.add_done_callback(lambda _: self._leaving.discard(connection))
        if connection in self._slow:
            self._slow.discard(connection)
            self._quota.note_answer()
            self.wake()
        if connection not in self._connections:
            return
        self._connections.discard(connection)
        failure = connection.session.failure
        if failure is not None and connection.session.came_to_nothing:
            self._came_to_nothing(failure, is_hopeless=False)
        else:
            self._quota.note_use()
            self.wake()

    def _came_to_nothing(self, outcome: Outcome, *, is_hopeless: bool) -> None:
        """Where no connection is to be had any more, gives up all that waits with `outcome`."""
        working = len(self._connections) + len(self._opening)
        is_lost = self._quota.strike(working=working, slow=len(self._slow), is_hopeless=is_hopeless)
        if self._gate is not None and is_lost:
            if self._failed is None:
                self._gate.work.give_up(outcome)
            elif not self._failed.done():
                self._failed.set_result(outcome)
                return  # and opens no more
        self.wake()

    def _set_apart(self, connection: Connection) -> None:
        """Nobody waits for this connection any more, and its domain has less of the others."""
        if connection in self._connections:
            self._connections.discard(connection)
            self._slow.add(connection)
            envelope = connection.session.stall()
            if envelope is not None and self._gate is not None:
                carrying = [*self._connections, *self._slow]
                self._slowness.grew(envelope, [one for each in carrying for one in each.session.carried])
                self._gate.work.straggle(envelope)
        if self._gate is not None:
            self._gate.work.recall()
        self.wake()

    async def _stand_down(self, work: Work, *tasks: asyncio.Task[None]) -> None:
        """After send(): idle connections stay, and so do those that wait for slow answers; anything else goes."""
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None
        for connection in list(self._connections):
            connection.idle_since = time.monotonic()
            if connection.session.is_carrying:
                connection.drop()
        for connection in list(self._slow):
            if work.is_abandoned and cast("Gate", connection.session.exchange).work is work:
                connection.drop()
        opening = list(self._opening)
        for task in opening:
            task.cancel()
        await asyncio.gather(*opening, *tasks, return_exceptions=True)
