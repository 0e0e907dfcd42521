"""Drives one session over a real connection: TCP, TLS, the clock. Works under uvloop and under plain asyncio."""

import asyncio
import dataclasses
import select
import ssl
import time
from collections.abc import Callable
from typing import Self, cast

from channels.outcome import Outcome
from channels.smtp.relay import Relay, Tls
from channels.smtp.replies import Stage, disconnected, misconfigured
from channels.smtp.session import Phase, Session
from channels.smtp.transactions import Exchange


@dataclasses.dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to wait for the server, by default the minimums of RFC 5321 section 4.5.3.2."""

    connect: float = 30.0  # TCP, and again TLS; the RFC leaves it open
    greeting: float = 300.0
    command: float = 300.0  # EHLO, AUTH, MAIL, RCPT, RSET
    data: float = 120.0  # the 354
    block: float = 180.0  # for our octets to move at all
    verdict: float = 600.0  # after the lone dot
    quit: float = 5.0  # ours: nothing depends on the answer

    def scaled(self, factor: float) -> Self:
        """All of them times `factor`."""
        return type(self)(**{name: value * factor for name, value in dataclasses.asdict(self).items()})

    def of(self, stage: Stage, *, is_writing: bool) -> float:
        """The limit for the answer to `stage`; `is_writing` while our own octets are still on their way out."""
        if is_writing:
            return self.block
        named = {Stage.GREETING: self.greeting, Stage.DATA: self.data, Stage.CONTENT: self.verdict}
        return named.get(stage, self.command)

    @property
    def resolution(self) -> float:
        """How often a connection looks at the clock: a watch that costs nothing per message may come this late."""
        return min(self.greeting, self.command, self.data, self.block, self.verdict, 20.0) / 4


class Connection(asyncio.Protocol):
    """One connection to a relay: `open` it, `begin` whenever there may be work, `quit` or `drop` it.

    `on_end` is called once, as soon as the connection is of no more use: its messages have gone back by then.
    """

    def __init__(
        self,
        relay: Relay,
        timeouts: Timeouts,
        exchange: Exchange,
        *,
        max_messages: int | None,
        on_end: Callable[["Connection"], None],
    ) -> None:
        loop = asyncio.get_running_loop()
        self.session = Session(relay, exchange, max_messages=max_messages)
        self.idle_since = time.monotonic()
        self.closed: asyncio.Future[None] = loop.create_future()  # done when the socket is closed
        self._relay = relay
        self._timeouts = timeouts
        self._on_end: Callable[[Connection], None] | None = on_end
        self._loop = loop
        self._transport: asyncio.Transport | None = None
        self._is_quitting = False
        self._turn: asyncio.Future[None] = loop.create_future()  # done when `open` has something to do
        self._timer: asyncio.TimerHandle | None = None
        self._mark: object = None  # differs when anything has moved
        self._since = 0.0
        self._seen: object = None  # at the last look
        self._looks = 0

    async def open(self, tls: ssl.SSLContext | None) -> Outcome | None:
        """Connects, greets, encrypts and authenticates. None: ready; otherwise what to tell messages that wait."""
        try:
            await self._connect(tls)
        except ssl.SSLCertVerificationError as error:
            return misconfigured(f"TLS to {self._relay}: {error.verify_message}.")
        except TimeoutError:
            return disconnected(f"{self._relay} did not connect within {self._timeouts.connect:g} s.")
        except OSError as error:  # ssl.SSLError and socket.gaierror are among them
            return disconnected(f"No connection to {self._relay}: {error}.")
        finally:
            if self.session.phase is not Phase.READY:
                self.drop()
        return self.session.failure

    async def _connect(self, tls: ssl.SSLContext | None) -> None:
        relay = self._relay
        async with asyncio.timeout(self._timeouts.connect):
            implicit = tls if relay.tls is Tls.IMPLICIT else None
            try:
                await self._loop.create_connection(lambda: self, relay.host, relay.port, ssl=implicit)
            except BaseException:
                self._transport = None  # the loop closes it; uvloop without a connection_lost
                raise
        await self._turn
        if self.session.phase is not Phase.WANTS_TLS or self._transport is None or tls is None:
            return
        async with asyncio.timeout(self._timeouts.connect):
            encrypted = await self._loop.start_tls(self._transport, self, tls, server_hostname=relay.host)
        self._turn = self._loop.create_future()
        self._write_to(encrypted)
        self._write(self.session.encrypted())
        await self._turn

    def begin(self) -> None:
        """Starts a message if the connection is idle and there is one."""
        if out := self.session.begin():
            self._write(out)
        elif self.session.is_spent:
            self.quit()

    def quit(self) -> None:
        """Says QUIT and leaves; nothing may be in flight. The answer is waited for, but not long."""
        self._is_quitting = True
        self._write(self.session.quit())
        self._set_timer(self._timeouts.quit, self.drop)
        self._end()

    def drop(self) -> None:
        """Cuts the connection. Messages in flight are forgotten, without an outcome."""
        self.session.abandon()
        if self._transport is not None:
            self._transport.abort()
        elif not self.closed.done():
            self.closed.set_result(None)
        self._end()

    def look(self) -> int:
        """How many looks in a row, this one included, found an answer owed and nothing moved since the last.

        In looks and not in seconds: a process that was held up must not take it for the server's slowness.
        """
        state = self._state()
        self._looks = self._looks + 1 if state[0] is not None and state == self._seen else 0
        self._seen = state
        return self._looks

    def has_gone_stale(self) -> bool:
        """Whether the server said something (a 421), or hung up, while no loop ran to notice. For an idle one."""
        return self._transport is None or self._transport.is_closing() or _has_unread(self._transport)

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._write_to(transport)
        if self.session.phase is Phase.CLOSED:  # given up in the meantime
            self.drop()
        else:
            self._watch()

    def data_received(self, data: bytes) -> None:
        out = self.session.receive(data)
        if out:
            self._write(out)
        else:
            self._look()

    def eof_received(self) -> None:
        self._lose("The server closed the connection.")

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None  # gone: nothing to abort, and asyncio's TLS of Python before 3.11.4 would fail at that
        self._lose(f"The connection broke: {exc}." if exc else "The connection was closed.")
        if self._timer is not None:
            self._timer.cancel()

    # Helpers

    def _write_to(self, transport: asyncio.BaseTransport | None) -> None:
        """The only place where either is set: after STARTTLS not one octet may go to the transport beneath."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's have no common base with asyncio's
        self._write = self._transport.write

    def _look(self) -> None:
        """Nothing was to be written: has the session changed?"""
        if self.session.phase is Phase.CLOSED:
            if self._is_quitting:
                self._loop.call_soon(self._hang_up)  # inside asyncio's SSLProtocol it may fail
            else:
                self.drop()
        elif self.session.is_spent:
            self.quit()
        elif self.session.phase is Phase.WANTS_TLS and self._transport is not None:
            self._transport.pause_reading()  # what comes now is for TLS
            self._resume_open()
        elif self.session.phase is Phase.READY:
            self._resume_open()

    def _hang_up(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.close()

    def _lose(self, detail: str) -> None:
        self.session.lost(disconnected(detail))
        self.drop()

    def _resume_open(self) -> None:
        if not self._turn.done():
            self._turn.set_result(None)

    def _end(self) -> None:
        self._resume_open()
        if self._on_end is not None:
            on_end, self._on_end = self._on_end, None
            on_end(self)

    def _watch(self) -> None:
        """Compares with how things stood a moment ago, instead of setting a timer for each message."""
        if self._transport is None or self._transport.is_closing():
            return
        mark, now = self._state(), time.monotonic()
        stage, _, unsent = mark
        if stage is None or mark != self._mark:
            self._mark, self._since = mark, now
        elif (
            now - self._since >= (limit := self._timeouts.of(stage, is_writing=unsent > 0))
            and not _has_unread(self._transport)  # it came while no loop ran
        ):
            self._lose(f"No answer to {stage.value} within {limit:g} s.")
            return
        self._set_timer(self._timeouts.resolution, self._watch)

    def _state(self) -> tuple[Stage | None, int, int]:
        """Differs when anything has moved: what is owed, how many messages are answered, octets not yet sent."""
        unsent = 0 if self._transport is None else self._transport.get_write_buffer_size()
        return self.session.awaited, self.session.answered, unsent

    def _set_timer(self, seconds: float, action: Callable[[], None]) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(seconds, action)


def _has_unread(transport: asyncio.Transport) -> bool:
    poll = select.poll()
    poll.register(transport.get_extra_info("socket").fileno(), select.POLLIN)
    return bool(poll.poll(0))
