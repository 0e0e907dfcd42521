"""The webhook client: posts signed calls, two at a time per endpoint, and says what became of each."""

import asyncio
import ssl
import time
from collections.abc import Callable, Sequence

import aiohttp
from aiohttp.abc import AbstractResolver
from multidict import CIMultiDict
from yarl import URL

from channels.outcome import Outcome
from channels.webhook import answers
from channels.webhook.call import Attempt, Call
from channels.webhook.guard import CLOSED_ADDRESS, ForbiddenTarget, Guard
from channels.webhook.resolver import PooledResolver
from channels.webhook.session import Trail, guarded_session, trail_of_task
from channels.webhook.signing import BadSecret

__all__ = ["ANSWER_LIMIT", "Attempt", "Call", "WebhookClient"]

ANSWER_LIMIT = 8_192  # bytes of the answer's body that are read and kept


class WebhookClient:
    """Sends webhooks from one process on one event loop, which may stop and run again between calls.

    `ca_file` (PEM) is trusted besides the system's authorities. `resolver` replaces the system's name
    resolution and stays the caller's to close. Times are in seconds.
    """

    def __init__(
        self,
        guard: Guard,
        *,
        ca_file: str | None = None,
        resolver: AbstractResolver | None = None,
        connect_timeout: float = 5.0,
        total_timeout: float = 15.0,
    ) -> None:
        self._guard = guard
        self._tls = ssl.create_default_context()
        self._tls.set_alpn_protocols(["http/1.1"])
        if ca_file:
            self._tls.load_verify_locations(ca_file)
        self._resolver = resolver
        self._own_resolver: PooledResolver | None = None
        self._connect_timeout = connect_timeout
        self._total_timeout = total_timeout
        self._session: aiohttp.ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def post(self, call: Call, *, within: float | None = None) -> Attempt:
        """Make one attempt: sign with the present time, send, read the beginning of the answer.

        `within` replaces the total time limit. Whatever the network, the endpoint or its stored data do wrong
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

    async def post_many(
        self,
        calls: Sequence[Call],
        record: Callable[[Call, Attempt], None],
        *,
        per_endpoint: int = 2,
        overall: int = 100,
        go_on: Callable[[], bool] = lambda: True,
    ) -> None:
        """Make one attempt for each call, at most `overall` at a time and `per_endpoint` to the same URL.

        `record` is called as each attempt ends; from `go_on` saying no on, no further attempt begins. An
        unforeseen error in one leaves the others alone; such errors are raised as one group when all have ended.
        """
        endpoints = {call.url: asyncio.Semaphore(per_endpoint) for call in calls}
        everyone = asyncio.Semaphore(overall)

        async def one(call: Call) -> None:
            # The endpoint's turn first: who waits for a slow endpoint must not hold one of everyone's places.
            async with endpoints[call.url], everyone:
                if not go_on():
                    return
                attempt = await self.post(call)
            record(call, attempt)

        results = await asyncio.gather(*(one(call) for call in calls), return_exceptions=True)
        if errors := [result for result in results if isinstance(result, BaseException)]:
            raise BaseExceptionGroup("Webhook attempts that ended in an unforeseen error", errors)

    async def close(self) -> None:
        """Close every connection. The client may be used again afterwards, on this loop or another."""
        session, self._session = self._session, None
        resolver, self._own_resolver = self._own_resolver, None
        if session:
            await session.close()
        if resolver:
            await resolver.close()

    async def _outcome(self, call: Call, trail: Trail, limit: float) -> Outcome:
        try:
            self._guard.check_url(call.url)
            headers = call.signed_headers()
        except ForbiddenTarget as error:
            return answers.forbidden(str(error))
        except BadSecret as error:
            return answers.unsigned(str(error))
        clock = asyncio.timeout(limit)
        try:
            async with clock:
                status = await self._exchange(call, headers, trail)
        except (aiohttp.ClientError, OSError) as error:  # TimeoutError is an OSError
            return _failed(error, trail, limit if clock.expired() else None)
        return answers.judge(status, trail.retry_after)

    async def _exchange(self, call: Call, headers: CIMultiDict[str], trail: Trail) -> int:
        while True:
            trail.reused = False
            try:
                return await self._send(call, headers, trail)
            except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
                # A kept connection that was closed meanwhile says nothing about the endpoint. Sending again is
                # safe (RFC 9110 9.2.2): receivers know a repetition by its webhook-id.
                if not trail.reused or trail.status is not None:
                    raise

    async def _send(self, call: Call, headers: CIMultiDict[str], trail: Trail) -> int:
        async with self._open_session().post(
            URL(call.url), data=call.body, headers=headers, allow_redirects=False
        ) as response:
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
            raise RuntimeError("This WebhookClient is open on another event loop: close() it there first")
        return self._session


def _failed(error: Exception, trail: Trail, expired: float | None) -> Outcome:
    """`expired` is the total time limit when that is what ended the exchange."""
    if trail.forbidden:
        return answers.forbidden(CLOSED_ADDRESS)
    if trail.status is not None and not (expired and 200 <= trail.status <= 299):
        # The status line is the answer; its body, cut short here, is only for the log.
        return answers.judge(trail.status, trail.retry_after)
    if expired:
        return answers.too_slow(expired, trail.status)
    return answers.lost(error)
