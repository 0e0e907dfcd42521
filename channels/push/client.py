"""The push client: posts messages to push services, and spares one that refuses several in a row."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Sequence

from aiohttp.abc import AbstractResolver

from channels.https import answers
from channels.https.call import Unmade
from channels.https.client import at_once
from channels.https.dialling import Dialler, NotConnected
from channels.https.guard import ForbiddenTarget, Guard
from channels.https.session import tls_context
from channels.outcome import Outcome
from channels.push.answers import held_back, judge
from channels.push.health import Health
from channels.push.message import Push
from channels.push.pool import Pool
from channels.push.vapid import place_of

PER_SERVICE = 50  # connections of a process to one push service, so that one that stalls leaves the others half
OVERALL = 100


class PushClient:
    """Posts from one process on one event loop, which may stop and run again between calls.

    `ca_file` (PEM) is trusted besides the system's authorities. `resolver` replaces the system's name resolution and
    stays the caller's to close. Times are in seconds, `total_timeout` is of one attempt.
    """

    def __init__(
        self,
        guard: Guard,
        *,
        ca_file: str | None = None,
        resolver: AbstractResolver | None = None,
        connect_timeout: float = 5.0,
        total_timeout: float = 10.0,
    ) -> None:
        self._guard = guard
        self._total_timeout = total_timeout
        self._pool = Pool(Dialler(guard, tls_context(ca_file), resolver=resolver, connect_timeout=connect_timeout))

    async def post_many(
        self,
        messages: Sequence[Push],
        record: Callable[[Push, Outcome], None],
        *,
        admit: Callable[[], Awaitable[bool]] = at_once,
    ) -> None:
        """Make one attempt for each message; `record` is called with each outcome.

        `admit` is asked before each, and may make it wait; one that it refuses is not made. A service that fails
        several times in a row, with nothing accepted in between, is not asked for the rest: those have the outcome that
        they were not tried. An unforeseen error in one leaves the others alone; such errors are raised as one group
        when all have ended.
        """
        self._pool.rest()
        health, everyone, errors = Health(), asyncio.Semaphore(OVERALL), list[Exception]()
        waiting: defaultdict[str, deque[Push]] = defaultdict(deque)
        for message in messages:
            waiting[place_of(message.url)].append(message)

        async def turn(message: Push, service: str) -> None:
            if not await admit():
                return
            if (last := health.given_up(service)) is not None:
                record(message, held_back(last))
                return
            outcome = await self._attempt(message)
            health.note(service, outcome)
            record(message, outcome)

        async def take_turns(service: str, queue: deque[Push]) -> None:
            while queue:
                async with everyone:
                    if queue:
                        try:
                            await turn(queue.popleft(), service)
                        except Exception as error:
                            errors.append(error)

        # As many tasks as connections, not as messages: a task for each took more than its parsing.
        await asyncio.gather(
            *(take_turns(*one) for one in waiting.items() for _ in range(min(PER_SERVICE, len(one[1]))))
        )
        if errors:
            raise ExceptionGroup("Attempts that ended in an unforeseen error", errors)

    async def close(self) -> None:
        """Close every connection. The client may be used again afterwards, on this loop or another."""
        await self._pool.close()

    async def _attempt(self, message: Push) -> Outcome:
        try:
            self._guard.check_url(message.url)
            headers, body = message.request()
            answer = await self._pool.post(message.url, headers, body, self._total_timeout)
        except NotConnected as error:
            return error.outcome
        except ForbiddenTarget as error:
            return answers.forbidden(str(error))
        except Unmade as error:
            return error.outcome
        except TimeoutError:
            return answers.too_slow(self._total_timeout, None)
        except OSError as error:
            return answers.lost(error)
        return judge(answer.status, answer.retry_after)
