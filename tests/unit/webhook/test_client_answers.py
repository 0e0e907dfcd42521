"""What the client makes of answers: statuses, Retry-After, huge bodies, and what is no HTTP at all."""

import contextlib
import gzip
from pathlib import Path

import pytest
from aiohttp import web

from channels.outcome import Reason, Verdict
from tests.unit.webhook.attempts import attempt_at, attempt_at_raw
from tests.unit.webhook.servers import (
    Handler,
    ok,
)


def answering(status: int, **headers: str) -> Handler:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=status, headers={name.replace("_", "-"): value for name, value in headers.items()})

    return answer


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is_accepted(tmp_path: Path, status: int) -> None:
    attempt = attempt_at(tmp_path, answering(status))
    assert attempt.outcome.accepted
    assert attempt.outcome.code == str(status)
    assert attempt.status == status


@pytest.mark.parametrize("status", [300, 304, 400, 401, 404, 409, 413, 429, 451, 500, 502, 503, 504, 599])
def test_other_statuses_are_failures_that_are_retried(tmp_path: Path, status: int) -> None:
    attempt = attempt_at(tmp_path, answering(status))
    assert attempt.outcome.verdict is Verdict.TRANSIENT
    assert attempt.outcome.reason is Reason.REFUSED
    assert attempt.outcome.code == str(status)
    assert attempt.outcome.retry_after is None


def test_410_means_never_again(tmp_path: Path) -> None:
    attempt = attempt_at(tmp_path, answering(410))
    assert attempt.outcome.verdict is Verdict.PERMANENT
    assert attempt.outcome.reason is Reason.GONE


@pytest.mark.parametrize(("status", "heard"), [(429, 120), (503, 120), (500, None), (404, None)])
def test_retry_after_counts_with_429_and_503(tmp_path: Path, status: int, heard: float | None) -> None:
    assert attempt_at(tmp_path, answering(status, Retry_After="120")).outcome.retry_after == heard


def test_the_answer_is_kept_as_it_came(tmp_path: Path) -> None:
    attempt = attempt_at(tmp_path, ok)
    assert attempt.answer == b"thank you"
    assert attempt.latency_ms >= 0


def test_8_kb_of_a_longer_answer_are_kept(tmp_path: Path) -> None:
    async def long(_request: web.Request) -> web.Response:
        return web.Response(body=b"a" * 8192 + b"b" * 100_000)

    attempt = attempt_at(tmp_path, long)
    assert attempt.outcome.accepted
    assert attempt.answer == b"a" * 8192


def test_a_compressed_answer_is_not_decompressed(tmp_path: Path) -> None:
    bomb = gzip.compress(bytes(20_000_000))

    async def explode(request: web.Request) -> web.Response:
        assert request.headers["Accept-Encoding"] == "identity"
        return web.Response(body=bomb, headers={"Content-Encoding": "gzip"})

    attempt = attempt_at(tmp_path, explode)
    assert attempt.outcome.accepted
    assert attempt.answer == bomb[:8192]


async def flood(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    with contextlib.suppress(ConnectionError):
        while True:
            await response.write(b"x" * 4096)
    return response


def test_an_endless_answer_is_cut_and_its_status_counts(tmp_path: Path) -> None:
    attempt = attempt_at(tmp_path, flood)
    assert attempt.outcome.accepted
    assert attempt.answer == b"x" * 8192


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\x00\xff\xfe garbage",
        b"HTTP/1.0\r\n\r\n",
        b"HTTP/1.0 abc OK\r\n\r\n",
        b"HTTP/1.0 20 OK\r\n\r\n",
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"SMTP ready\r\n",
        b"HTTP/1.1 200 OK\r\n: no name\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100_000 + b"\r\n",
        b"HTTP/1.1 200 " + b"O" * 100_000 + b"\r\n\r\n",
    ],
)
def test_what_is_not_http_is_a_failure_that_is_retried(tmp_path: Path, answer: bytes) -> None:
    attempt = attempt_at_raw(tmp_path, answer)
    assert attempt.outcome.verdict is Verdict.TRANSIENT
    assert attempt.outcome.reason is Reason.CONNECTION
    assert attempt.status is None
    assert attempt.outcome.detail.isprintable()
    assert len(attempt.outcome.detail) <= 200


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.0 200 OK\r\n\r\nfine",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n\r\nfine",
        b"HTTP/1.1 200 \r\nSet-Cookie: \xff=;;;\x80\r\nRetry-After: \xff\r\n\r\nfine",
        b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\nfine",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfine\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: \xff\xff\r\nContent-Encoding: nonsense\r\n\r\nfine",
    ],
)
def test_a_sloppy_answer_still_counts_by_its_status(tmp_path: Path, answer: bytes) -> None:
    attempt = attempt_at_raw(tmp_path, answer)
    assert attempt.outcome.accepted
    assert attempt.answer == b"fine"


def test_switching_protocols_is_no_acceptance(tmp_path: Path) -> None:
    answer = b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"
    attempt = attempt_at_raw(tmp_path, answer)
    assert attempt.outcome.verdict is Verdict.TRANSIENT
