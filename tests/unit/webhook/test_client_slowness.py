"""Answers that never end: each has its time limit."""

import asyncio
import contextlib
from pathlib import Path

import pytest
from aiohttp import web

from channels.https.call import Attempt
from channels.outcome import Reason, Verdict
from tests.unit.webhook.attempts import attempt_at
from tests.unit.webhook.certificates import Authority
from tests.unit.webhook.servers import (
    Handler,
    call,
    client_for,
    raw_server,
    read_request,
)


def dripping(status: int) -> Handler:
    async def drip(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(status=status)
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            while True:
                await response.write(b".")
                await asyncio.sleep(0.02)
        return response

    return drip


def attempt_that_began(folder: Path, handler: Handler) -> Attempt:
    """With a limit that is short, but long enough on this machine for an answer to begin within it."""
    limit = 0.5
    while (attempt := attempt_at(folder, handler, total_timeout=limit)).status is None:
        limit *= 2
    return attempt


def test_an_answer_that_drips_for_ever_ends_at_the_time_limit_as_a_failure(tmp_path: Path) -> None:
    attempt = attempt_that_began(tmp_path, dripping(200))
    assert attempt.outcome.verdict is Verdict.TRANSIENT
    assert attempt.outcome.reason is Reason.CONNECTION
    assert attempt.status == 200
    assert set(attempt.answer) == set(b".")


def test_a_410_is_heard_even_when_its_body_never_ends(tmp_path: Path) -> None:
    attempt = attempt_that_began(tmp_path, dripping(410))
    assert attempt.outcome.reason is Reason.GONE


def test_an_answer_that_does_not_begin_in_time_is_a_failure(tmp_path: Path) -> None:
    async def silence(_request: web.Request) -> web.Response:
        await asyncio.Event().wait()
        return web.Response()

    attempt = attempt_at(tmp_path, silence, total_timeout=0.3)
    assert attempt.outcome.verdict is Verdict.TRANSIENT
    assert attempt.outcome.reason is Reason.CONNECTION
    assert attempt.status is None
    assert "0.3 s" in attempt.outcome.detail


@pytest.mark.parametrize(
    "drop", [b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"]
)
def test_headers_that_drip_for_ever_end_at_the_time_limit(tmp_path: Path, drop: bytes) -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(drop)
        while True:
            writer.write(drop if drop.endswith(b"\r\n\r\n") else b"x")
            await writer.drain()
            await asyncio.sleep(0.02)

    async def scenario() -> Attempt:
        authority = Authority(tmp_path)
        async with (
            raw_server(authority.serving(), drip) as receiver,
            client_for(receiver, authority, total_timeout=0.4) as client,
        ):
            return await client.post(call(receiver.url()))

    attempt = asyncio.run(scenario())
    assert attempt.outcome.verdict is Verdict.TRANSIENT
    assert attempt.outcome.reason is Reason.CONNECTION
