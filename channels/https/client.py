"""The guarded client: posts calls side by side, never where the guard forbids, and says what became of each."""

import asyncio
import time
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar, Generic, TypeVar

import aiohttp
from aiohttp.abc import AbstractResolver
from multidict import CIMultiDict
from yarl import URL

from channels.https import answers
from channels.https.call import Attempt, Call, Unmade
from channels.https.guard import CLOSED_ADDRESS, ForbiddenTarget, Guard
from channels.https.resolver import PooledResolver
from channels.https.session import Trail, guarded_session, tls_context, trail_of_task
from channels.outcome import Outcome

ANSWER_LIMIT = 8_192  # bytes of the answer's body that are read and kept
AnyCall = TypeVar("AnyCall", bound=Call)


async def at_once() -> bool:
    """Admits whatever asks."""
    return True


class GuardedClient(ABC, Generic[AnyCall]):
    """Posts from one process on one event loop, which may stop and run again between calls.

    `ca_file` (PEM) is trusted besides the system's authorities. `resolver` replaces the system's name resolution and
    stays the caller's to close. `total_timeout` replaces TOTAL_TIMEOUT. Times are in seconds.
    """

    TOTAL_TIMEOUT: ClassVar[float]  # of one attempt

    def __init__(
        self,
        guard: Guard,
        *,
        ca_file: str | None = None,
        resolver: AbstractResolver | None = None,
        connect_timeout: float = 5.0,
        total_timeout: float | None = None,
    ) -> None:
        self._guard = guard
        self._tls = tls_context(ca_file)
        self._resolver = resolver
        self._own_resolver: PooledResolver | None = None
        self._connect_timeout = connect_timeout
        self._total_timeout = self.TOTAL_TIMEOUT if total_timeout is None else total_timeout
        self._session: aiohttp.ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @staticmethod
    @abstractmethod
    def judge(status: int, retry_after: str | None) -> Outcome:
        """What an answer with this status means; `retry_after` is the header's value."""

    async def post(self, call: AnyCall, *, within: float | None = None) -> Attempt:
        """Make one attempt: make the request, send it, read the beginning of the answer.

        `within` replaces the total time limit. Whatever the network, the receiver or its stored data do wrong
        comes back as an Attempt; nothing of it is raised.
        """
        started = time.monotonic()
        trail = Trail()
        token = trail_of_task.set(trail)
        try:
            outcome = await self._outcome(call, trail, self._total_timeout if within is None else within)
        finally:
            trail_of_task.reset(token)
        latency_ms = round((time.monotonic() - started) * 1000)
        return Attempt(outcome, trail.status, latency_ms, bytes(trail.answer))

    async def post_side_by_side(
        self,
        calls: Sequence[AnyCall],
        record: Callable[[AnyCall, Attempt], None],
        *,
        receiver: Callable[[AnyCall], str],
        per_receiver: int,
        overall: int,
        admit: Callable[[AnyCall], Awaitable[bool]],
    ) -> None:
        """Make one attempt for each call, at most `overall` at a time and `per_receiver` to the same receiver.

        `record` is called as each attempt ends. `admit` is asked when it is a call's turn, and may make it wait; one
        that it refuses is not made. An unforeseen error in one leaves the others alone; such errors are raised as one
        group when all have ended.
        """
        turns: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(per_receiver))
        everyone = asyncio.Semaphore(overall)

        async def one(call: AnyCall) -> None:
            # The receiver's turn first: who waits for a slow one must not hold one of everyone's places.
            async with turns[receiver(call)], everyone:
                if not await admit(call):
                    return
                attempt = await self.post(call)
            record(call, attempt)

        results = await asyncio.gather(*(one(call) for call in calls), return_exceptions=True)
        if errors := [result for result in results if isinstance(result, BaseException)]:
            raise BaseExceptionGroup("Attempts that ended in an unforeseen error", errors)

    async def close(self) -> None:
        """Close every connection. The client may be used again afterwards, on this loop or another."""
        session, self._session = self._session, None
        resolver, self._own_resolver = self._own_resolver, None
        if session:
            await session.close()
        if resolver:
            await resolver.close()

    async def _outcome(self, call: AnyCall, trail: Trail, limit: float) -> Outcome:
        try:
            self._guard.check_url(call.url)
            headers, body = call.request()
        except ForbiddenTarget as error:
            return answers.forbidden(str(error))
        except Unmade as error:
            return error.outcome
        clock = asyncio.timeout(limit)
        try:
            async with clock:
                status = await self._exchange(call.url, headers, body, trail)
        except (aiohttp.ClientError, OSError) as error:  # TimeoutError is an OSError
            return self._failed(error, trail, limit if clock.expired() else None)
        return self.judge(status, trail.retry_after)

    async def _exchange(self, url: str, headers: CIMultiDict[str], body: bytes, trail: Trail) -> int:
        while True:
            trail.reused = False
            try:
                return await self._send(url, headers, body, trail)
            except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
                # A kept connection that was closed meanwhile says nothing about the receiver. Sending again is safe
                # (RFC 9110 9.2.2): receivers know a webhook by its id.
                if not trail.reused or trail.status is not None:
                    raise

    async def _send(self, url: str, headers: CIMultiDict[str], body: bytes, trail: Trail) -> int:
        async with self._open_session().post(URL(url), data=body, headers=headers, allow_redirects=False) as response:
            trail.status = response.status
            trail.retry_after = response.headers.get("retry-after")
            while chunk := await response.content.read(ANSWER_LIMIT - len(trail.answer)):
                trail.answer += chunk
            if not response.content.at_eof():
                response.close()  # the connection ends here: the rest of the answer is not wanted
            return response.status

    def _open_session(self) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        if self._session is None:
            resolver = self._resolver
            if resolver is None:
                resolver = self._own_resolver = PooledResolver()
            self._session = guarded_session(
                self._guard,
                self._tls,
                resolver,
                connect_timeout=self._connect_timeout,
                read_ahead=ANSWER_LIMIT,
            )
            self._loop = loop
        elif self._loop is not loop:
            raise RuntimeError(f"This {type(self).__name__} is open on another event loop: close() it there first")
        return self._session

    def _failed(self, error: Exception, trail: Trail, expired: float | None) -> Outcome:
        """`expired` is the total time limit when that is what ended the exchange."""
        if trail.forbidden:
            return answers.forbidden(CLOSED_ADDRESS)
        if trail.status is not None and not (expired and 200 <= trail.status <= 299):
            # The status line is the answer; its body, cut short here, is only for the log.
            return self.judge(trail.status, trail.retry_after)
        if expired:
            return answers.too_slow(expired, trail.status)
        return answers.lost(error)
