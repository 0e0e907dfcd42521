"""A batch: how many at a time, to whom, and that one bad call does not spoil the others."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest
from aiohttp import web

from channels.https.call import Attempt
from channels.outcome import Reason
from channels.webhook.call import Call
from tests.unit.webhook.certificates import Authority
from tests.unit.webhook.servers import SECRET, call, client_for, receiving


class InFlight:
    """A handler that counts how many requests are inside it at once, per path and in all.

    It holds the first ones until `gate` of them are inside, so that a bound is reached and not only kept.
    """

    def __init__(self, gate: int) -> None:
        self._gate = gate
        self._open = asyncio.Event()
        self._now: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.most_in_all = 0

    async def __call__(self, request: web.Request) -> web.Response:
        self._now[request.path] += 1
        self.most[request.path] = max(self.most[request.path], self._now[request.path])
        self.most_in_all = max(self.most_in_all, self._now.total())
        if self._now.total() >= self._gate:
            self._open.set()
        await self._open.wait()
        await asyncio.sleep(0.01)
        self._now[request.path] -= 1
        return web.Response()


def test_two_calls_and_never_more_are_in_flight_to_one_endpoint(tmp_path: Path) -> None:
    async def scenario() -> None:
        authority, handler = Authority(tmp_path), InFlight(gate=6)
        done: list[tuple[Call, Attempt]] = []
        async with (
            receiving(authority.serving(), handler) as receiver,
            client_for(receiver, authority) as client,
        ):
            calls = [
                call(receiver.url(f"/{endpoint}"), message_id=f"msg_{endpoint}_{number}")
                for endpoint in "abc"
                for number in range(8)
            ]
            await client.post_many(calls, lambda made, attempt: done.append((made, attempt)))
        assert handler.most == {"/a": 2, "/b": 2, "/c": 2}
        assert len(done) == 24
        assert {id(made) for made, _ in done} == {id(made) for made in calls}
        assert all(attempt.outcome.accepted for _, attempt in done)

    asyncio.run(scenario())


def test_a_batch_as_a_whole_is_bounded_too(tmp_path: Path) -> None:
    async def scenario() -> None:
        authority, handler = Authority(tmp_path), InFlight(gate=3)
        done: list[Attempt] = []
        async with (
            receiving(authority.serving(), handler) as receiver,
            client_for(receiver, authority) as client,
        ):
            calls = [call(receiver.url(f"/{endpoint}")) for endpoint in range(12)]
            await client.post_many(calls, lambda _call, attempt: done.append(attempt), overall=3)
        assert handler.most_in_all == 3
        assert len(done) == 12

    asyncio.run(scenario())


def test_an_endpoint_that_hangs_does_not_hold_up_the_others(tmp_path: Path) -> None:
    async def scenario() -> None:
        authority, others_done = Authority(tmp_path), asyncio.Event()

        async def handler(request: web.Request) -> web.Response:
            if request.path == "/slow":
                await others_done.wait()
            return web.Response()

        recorded: list[str] = []

        def record(made: Call, _attempt: Attempt) -> None:
            recorded.append(made.url)
            if sum(url.endswith("/quick") for url in recorded) == 10:
                others_done.set()

        async with (
            receiving(authority.serving(), handler) as receiver,
            client_for(receiver, authority) as client,
        ):
            slow = [call(receiver.url("/slow")) for _ in range(10)]
            quick = [call(receiver.url("/quick")) for _ in range(10)]
            await client.post_many([*slow, *quick], record, overall=3)
        assert len(recorded) == 20
        assert all(url.endswith("/quick") for url in recorded[:10])

    asyncio.run(scenario())


def test_bad_calls_in_a_batch_have_their_own_outcomes(tmp_path: Path) -> None:
    async def scenario() -> None:
        authority = Authority(tmp_path)
        outcomes: dict[str, Reason] = {}
        async with receiving(authority.serving()) as receiver, client_for(receiver, authority) as client:
            await client.post_many(
                [
                    call("https://10.0.0.1/", message_id="private"),
                    call("nonsense", message_id="nonsense"),
                    Call(receiver.url(), ["whsec_"], "unsigned", b"{}"),
                    Call(receiver.url(), [SECRET], "good", b"{}"),
                ],
                lambda made, attempt: outcomes.update({made.message_id: attempt.outcome.reason}),
            )
            assert len(receiver.requests) == 1
        assert outcomes == {
            "private": Reason.FORBIDDEN_TARGET,
            "nonsense": Reason.FORBIDDEN_TARGET,
            "unsigned": Reason.POLICY,
            "good": Reason.NONE,
        }

    asyncio.run(scenario())


def test_an_error_in_the_recorder_does_not_stop_the_other_calls(tmp_path: Path) -> None:
    async def scenario() -> None:
        authority = Authority(tmp_path)
        recorded: list[str] = []

        def record(made: Call, _attempt: Attempt) -> None:
            if made.message_id == "msg_0":
                raise LookupError(made.message_id)
            recorded.append(made.message_id)

        async with receiving(authority.serving()) as receiver, client_for(receiver, authority) as client:
            calls = [call(receiver.url(), message_id=f"msg_{number}") for number in range(5)]
            with pytest.raises(ExceptionGroup) as caught:
                await client.post_many(calls, record)
            assert len(receiver.requests) == 5
        assert caught.group_contains(LookupError, match="msg_0")
        assert sorted(recorded) == ["msg_1", "msg_2", "msg_3", "msg_4"]

    asyncio.run(scenario())


def test_an_empty_batch_is_no_work(tmp_path: Path) -> None:
    async def scenario() -> None:
        authority = Authority(tmp_path)
        async with receiving(authority.serving()) as receiver, client_for(receiver, authority) as client:
            await client.post_many([], lambda _call, _attempt: None)
            assert receiver.untouched

    asyncio.run(scenario())
