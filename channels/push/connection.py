"""One connection to a push service: HTTP/1.1, a request at a time, kept for the next. Parsing is httptools'.

A second request is not written before the first is answered: POST may not be pipelined (RFC 9112 section 9.3.2).
"""

import asyncio
from dataclasses import dataclass
from typing import cast

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from channels.https.answers import NotHttp

MAX_ANSWER = 16_384  # bytes, head and body: push services say a line or two


@dataclass(frozen=True, slots=True)
class Answer:
    """What is of use in an answer: the rest of its head and its body are read and thrown away."""

    status: int
    retry_after: str | None


class Connection(asyncio.Protocol):
    """Made on the running loop, by a dialler. `closed` is done when the socket is."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.closed: asyncio.Future[None] = self._loop.create_future()
        self.idle_since = self._loop.time()
        self.heard = False  # whether anything has come since the last request was written
        self._transport: asyncio.Transport | None = None
        self._parser = HttpResponseParser(self)
        self._waiting: asyncio.Future[Answer] | None = None
        self._status = 0  # of the final answer, once its head is complete
        self._retry_after: str | None = None
        self._octets = 0

    @property
    def is_free(self) -> bool:
        """Whether a request may be written."""
        return self._waiting is None and self._transport is not None and not self._transport.is_closing()

    async def post(self, request: bytes, until: float) -> Answer:
        """Write a whole request and wait for its answer, until this time of the loop's clock.

        Raises TimeoutError, NotHttp, and another OSError where the connection ends first; each only before the answer's
        head was complete, as a status says enough. Only of use while `is_free`.
        """
        if self._transport is None:
            raise ConnectionResetError("The connection is closed")
        waiting: asyncio.Future[Answer] = self._loop.create_future()
        self._waiting = waiting
        self.heard, self._status, self._retry_after, self._octets = False, 0, None, 0
        clock = self._loop.call_at(until, self._break, TimeoutError())
        self._transport.write(request)
        try:
            return await waiting
        finally:
            clock.cancel()
            if self._waiting is not None:  # we were cancelled: the answer is still to come, for nobody
                self.drop()
            self.idle_since = self._loop.time()

    def drop(self) -> None:
        """Close at once. No service minds a connection that ends without a word."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self.heard = True
        self._octets += len(data)
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade):
            self._break(NotHttp("The answer is not HTTP"))
        if self._octets > MAX_ANSWER:
            self._break(NotHttp(f"The answer has more than {MAX_ANSWER} bytes"))

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._break(exc or ConnectionResetError("The connection was closed"))
        if not self.closed.done():
            self.closed.set_result(None)

    # What httptools calls.

    def on_message_begin(self) -> None:
        if self._waiting is None:  # said before anything was asked: it would be taken for the next answer
            self.drop()

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"retry-after":
            self._retry_after = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        self._status = status if status >= 200 else 0  # 1xx: the answer comes after it (RFC 9110 section 15.2)

    def on_message_complete(self) -> None:
        if self._status:
            if not self._parser.should_keep_alive():
                self.drop()
            self._answer()

    def _answer(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None and not waiting.done():
            waiting.set_result(Answer(self._status, self._retry_after))

    def _break(self, error: Exception) -> None:
        """End the connection, and the exchange with what is known."""
        self.drop()
        if self._status:
            self._answer()
        waiting, self._waiting = self._waiting, None
        if waiting is not None and not waiting.done():
            waiting.set_exception(error)
