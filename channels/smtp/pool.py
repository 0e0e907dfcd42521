"""Sends a feed of mails through one relay over as many connections as the work needs."""

import asyncio
import time
from typing import cast

from channels.outcome import Outcome
from channels.smtp.connection import Connection, Timeouts
from channels.smtp.relay import Relay, Tls
from channels.smtp.work import Feed, Work

_PATIENCE = 3  # connections in a row that the server opened to no purpose, before all that waits is given up


class SmtpPool:
    """Connections to one relay, kept from one `send()` to the next. Belongs to one event loop and its thread."""

    def __init__(
        self,
        relay: Relay,
        *,
        connections: int = 8,
        timeouts: Timeouts | None = None,
        max_messages_per_connection: int | None = None,
        idle_seconds: float = 60.0,
    ) -> None:
        """`idle_seconds`: a connection that has idled longer is replaced, not trusted.

        Raises OSError where the relay's `ca_file` cannot be read.
        """
        if connections < 1:
            raise ValueError(f"A pool needs at least one connection, not {connections}.")
        self._relay = relay
        self._tls = None if relay.tls is Tls.NONE else relay.ssl_context()
        self._max_connections = connections
        self._timeouts = timeouts or Timeouts()
        self._max_messages = max_messages_per_connection
        self._idle_seconds = idle_seconds
        self._loop: asyncio.AbstractEventLoop | None = None
        self._work: Work | None = None
        self._connections: set[Connection] = set()  # ready for mail, or carrying it
        self._opening: set[asyncio.Task[None]] = set()
        self._leaving: set[Connection] = set()  # not closed yet
        self._limit = connections  # in this send(): as many as the relay lets us have
        self._strikes = 0  # connections in a row that came to nothing
        self._is_kicked = False

    async def send(self, feed: Feed) -> None:
        """Returns when the feed is finished and every envelope taken is recorded.

        Raises what the feed raises. Then, and when it is cancelled, connections with messages in flight are
        dropped, and these messages get no outcome.
        """
        if self._work is not None:
            raise RuntimeError("This pool is sending already: one send() at a time.")
        loop = asyncio.get_running_loop()
        if self._connections and loop is not self._loop:
            raise RuntimeError(
                "This pool has connections on another event loop: close() it there, or use one pool per loop."
            )
        self._loop = loop
        work = self._work = Work(feed)
        self._limit, self._strikes = self._max_connections, 0
        try:
            self._freshen(work)
            self._kick()
            await work.done
        finally:
            self._work = None
            work.abandon()
            await self._stand_down()

    def wake(self) -> None:
        """The feed has something again, or is finished. May be called from its `record`."""
        if self._work is not None and not self._is_kicked:
            self._is_kicked = True
            asyncio.get_running_loop().call_soon(self._kick)

    async def close(self) -> None:
        """Says QUIT on every connection and waits, not long, for them to close."""
        if self._work is not None:
            raise RuntimeError("This pool is sending: close() comes after send(), or after its cancellation.")
        for connection in list(self._connections):
            connection.quit()
        if self._leaving:
            await asyncio.wait([connection.closed for connection in self._leaving])

    def _freshen(self, work: Work) -> None:
        """Hands kept connections the new work; those that the server may have given up are replaced."""
        too_old = time.monotonic() - self._idle_seconds
        for connection in list(self._connections):
            if connection.has_gone_stale():
                connection.drop()
            elif connection.idle_since < too_old:
                connection.quit()
            else:
                connection.session.join(work)

    def _kick(self) -> None:
        self._is_kicked = False
        if self._work is not None:
            self._work.look()
            self._put_to_work(self._work)

    def _put_to_work(self, work: Work) -> None:
        """Gives idle connections messages, and opens one more for each message that none is idle for."""
        for connection in list(self._connections):
            connection.begin()
        while len(self._connections) + len(self._opening) < self._limit and work.has_for(len(self._opening) + 1):
            self._opening.add(asyncio.get_running_loop().create_task(self._open(work)))

    async def _open(self, work: Work) -> None:
        connection = Connection(self._relay, self._timeouts, work, max_messages=self._max_messages, on_end=self._ended)
        try:
            failure = await connection.open(self._tls)
        except asyncio.CancelledError:
            connection.drop()
            raise
        except Exception as error:  # a host name that no resolver takes, say: send() raises it
            work.fail(error)
            return
        finally:
            self._opening.discard(cast("asyncio.Task[None]", asyncio.current_task()))
        if failure is not None:
            self._came_to_nothing(failure, is_hopeless=not failure.code.startswith("4"))
        else:
            self._connections.add(connection)
            self._put_to_work(work)

    def _ended(self, connection: Connection) -> None:
        """A connection is of no more use; its messages have been recorded or handed back."""
        if not connection.closed.done():
            self._leaving.add(connection)
            connection.closed.add_done_callback(lambda _: self._leaving.discard(connection))
        if connection not in self._connections:
            return
        self._connections.discard(connection)
        failure = connection.session.failure
        if failure is not None and connection.session.came_to_nothing:
            self._came_to_nothing(failure, is_hopeless=False)
        else:
            self._strikes = 0
            self.wake()

    def _came_to_nothing(self, outcome: Outcome, *, is_hopeless: bool) -> None:
        """Opens no more connections than work by now. Where none does, gives up all that waits with `outcome`.

        A server that was reached gets a few chances in a row: it may have closed the first ones for being busy.
        """
        self._strikes += 1
        working = len(self._connections) + len(self._opening)
        self._limit = max(1, working)
        if self._work is not None and not working and (is_hopeless or self._strikes >= _PATIENCE):
            self._work.give_up(outcome)
        self.wake()

    async def _stand_down(self) -> None:
        """After send(): idle connections stay, anything else goes."""
        for connection in list(self._connections):
            connection.idle_since = time.monotonic()
            if connection.session.is_carrying:
                connection.drop()
        opening = list(self._opening)
        for task in opening:
            task.cancel()
        await asyncio.gather(*opening, return_exceptions=True)
