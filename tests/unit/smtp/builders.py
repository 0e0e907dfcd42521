"""What the SMTP tests are made of: envelopes, feeds that check the pool's promises, and event loops."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, Protocol

import pytest
import uvloop

from channels.outcome import Outcome, Reason, Verdict
from channels.smtp import Envelope, Relay, SmtpPool, Timeouts

BODY = b"Subject: Storm\r\n\r\nStay inside.\r\n"
PATIENT = Timeouts().scaled(0.1)  # no test gets near it
HURRIED = Timeouts(connect=5, greeting=0.1, command=0.1, data=0.1, block=0.1, verdict=0.1, quit=0.1)


Runner = Callable[[Coroutine[Any, Any, None]], None]


def _guarded(runner: Runner) -> Runner:
    async def within_a_minute(test: Coroutine[Any, Any, None]) -> None:
        unhandled: list[dict[str, Any]] = []  # what the event loop would only log
        asyncio.get_running_loop().set_exception_handler(lambda _, context: unhandled.append(context))
        async with asyncio.timeout(60):  # a hang fails one test instead of the run
            await test
        await asyncio.sleep(0)
        assert unhandled == []

    return lambda test: runner(within_a_minute(test))


run_asyncio = _guarded(asyncio.run)
run_uvloop = _guarded(uvloop.run)
both_loops = pytest.mark.parametrize(
    "run", [pytest.param(run_asyncio, id="asyncio"), pytest.param(run_uvloop, id="uvloop")]
)


def envelope(
    key: int = 0,
    *,
    recipient: str | None = None,
    sender: str = "bounce@agency.example",
    message: bytes = BODY,
    smtputf8: bool = False,
) -> Envelope:
    return Envelope(key, sender, recipient or f"citizen{key}@example.com", message, smtputf8)


def envelopes(count: int) -> list[Envelope]:
    return [envelope(key) for key in range(count)]


class ListFeed:
    """Brings envelopes one by one; keeps the outcomes by key and refuses a second one for the same."""

    def __init__(self, items: Iterable[Envelope]) -> None:
        self._items = iter(items)
        self.finished = self.withdrawn = False
        self.taken: list[object] = []
        self.outcomes: dict[object, Outcome] = {}

    def take(self) -> Envelope | None:
        item = next(self._items, None)
        if item is None:
            self.finished = True
        else:
            self.taken.append(item.key)
        return item

    def record(self, envelope: Envelope, outcome: Outcome) -> None:
        assert envelope.key in self.taken, f"{envelope.key} was never taken"
        assert envelope.key not in self.outcomes, f"{envelope.key} was recorded twice"
        self.outcomes[envelope.key] = outcome

    def verdicts(self) -> dict[object, tuple[Verdict, Reason]]:
        return {key: (outcome.verdict, outcome.reason) for key, outcome in self.outcomes.items()}


class Wakeable(Protocol):
    def wake(self) -> None: ...


class WindowFeed(ListFeed):
    """Takes no more while `window` envelopes are unrecorded, and flushes a moment after that many were recorded."""

    def __init__(self, items: Iterable[Envelope], pool: Wakeable, *, window: int) -> None:
        super().__init__(items)
        self._pool = pool
        self._window = window
        self._unflushed = 0
        self.most_unflushed = 0

    def take(self) -> Envelope | None:
        if self._unflushed >= self._window:
            return None
        item = super().take()
        if item is not None:
            self._unflushed += 1
            self.most_unflushed = max(self.most_unflushed, self._unflushed)
        return item

    def record(self, envelope: Envelope, outcome: Outcome) -> None:
        super().record(envelope, outcome)
        if len(self.outcomes) == len(self.taken):
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        self._unflushed = len(self.taken) - len(self.outcomes)
        self._pool.wake()


def relay_on(port: int, **settings: Any) -> Relay:
    return Relay("127.0.0.1", port, ehlo_name="sender.example", **settings)


async def deliver(port: int, items: Iterable[Envelope], **settings: Any) -> ListFeed:
    """Sends `items` through a pool of its own (one connection, unless `settings` say otherwise)."""
    feed = ListFeed(items)
    pool = SmtpPool(relay_on(port), **{"connections": 1, "timeouts": PATIENT, **settings})
    await pool.send(feed)
    await pool.close()
    assert feed.outcomes.keys() == set(feed.taken), "an envelope was taken and never recorded"
    return feed
