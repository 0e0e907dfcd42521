"""Connections that cannot be made, are dropped, or are kept for the next webhook."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from channels.https.call import Attempt
from channels.outcome import Reason, Verdict
from tests.unit.webhook.certificates import Authority
from tests.unit.webhook.servers import (
    Receiver,
    call,
    client_for,
    raw_server,
    read_request,
    receiving,
)


def test_a_connection_that_is_accepted_but_never_spoken_on_ends_at_the_connect_limit(tmp_path: Path) -> None:
    async def silence(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    async def scenario() -> Attempt:
        authority = Authority(tmp_path)
        async with (
            raw_server(None, silence) as receiver,
            client_for(receiver, authority, connect_timeout=0.3) as client,
        ):
            return await client.post(call(receiver.url()))

    attempt = asyncio.run(scenario())
    assert attempt.outcome.verdict is Verdict.TRANSIENT
    assert attempt.outcome.detail == "The endpoint did not accept a connection in time."


def test_nobody_at_home_is_a_failure_that_is_retried(tmp_path: Path) -> None:
    async def scenario() -> Attempt:
        authority = Authority(tmp_path)
        async with receiving(authority.serving()) as receiver:
            pass
        async with client_for(receiver, authority) as client:
            return await client.post(call(receiver.url()))

    attempt = asyncio.run(scenario())
    assert attempt.outcome.verdict is Verdict.TRANSIENT
    assert attempt.outcome.reason is Reason.CONNECTION


def connections_used(folder: Path, keeps: Callable[[int], int], posts: int) -> tuple[list[Attempt], int]:
    """Post to a server whose nth connection answers keeps(n) requests and closes upon the next one."""

    async def serve(
        receiver_so_far: list[Receiver], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        for _ in range(keeps(receiver_so_far[0].connections)):
            await read_request(reader)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
        await read_request(reader)

    async def scenario() -> tuple[list[Attempt], int]:
        authority = Authority(folder)
        known: list[Receiver] = []

        def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Awaitable[None]:
            return serve(known, reader, writer)

        async with raw_server(authority.serving(), handler) as receiver:
            known.append(receiver)
            async with client_for(receiver, authority) as client:
                attempts = [await client.post(call(receiver.url())) for _ in range(posts)]
            return attempts, receiver.connections

    return asyncio.run(scenario())


def test_a_kept_connection_that_was_closed_meanwhile_is_replaced(tmp_path: Path) -> None:
    attempts, connections = connections_used(tmp_path, keeps=lambda _nth: 1, posts=3)
    assert all(attempt.outcome.accepted for attempt in attempts)
    assert connections == 3


def test_a_fresh_connection_that_is_dropped_is_a_failure_and_not_tried_twice(tmp_path: Path) -> None:
    attempts, connections = connections_used(tmp_path, keeps=lambda _nth: 0, posts=1)
    assert attempts[0].outcome.verdict is Verdict.TRANSIENT
    assert attempts[0].outcome.reason is Reason.CONNECTION
    assert connections == 1


def test_a_kept_connection_serves_several_webhooks(tmp_path: Path) -> None:
    attempts, connections = connections_used(tmp_path, keeps=lambda _nth: 5, posts=5)
    assert all(attempt.outcome.accepted for attempt in attempts)
    assert connections == 1
