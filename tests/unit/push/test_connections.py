"""Connections to push services: what is read as an answer, what is kept for the next message, and what ends it."""

import asyncio
from pathlib import Path

import pytest

from channels.outcome import Outcome, Reason, Verdict
from channels.push.connection import MAX_ANSWER
from tests.unit.push.posting import TAKEN, answer, client_of, posted
from tests.unit.webhook.certificates import Authority
from tests.unit.webhook.servers import RawHandler, raw_server


def outcomes_of(
    folder: Path, handler: RawHandler, *batches: int, path: str = "/push/1", total_timeout: float = 10.0
) -> tuple[list[Outcome], int]:
    """Batches of so many messages to a server of bytes: what became of them, and how many connections it took."""

    async def scenario() -> tuple[list[Outcome], int]:
        authority = Authority(folder)
        async with raw_server(authority.serving(), handler) as receiver:
            client = client_of(receiver, authority, total_timeout=total_timeout)
            try:
                outcomes = []
                for size in batches:
                    outcomes += await posted(client, *[receiver.url(path)] * size)
                    await asyncio.sleep(0.05)  # what the server says or does afterwards arrives
                return outcomes, receiver.connections
            finally:
                await client.close()

    return asyncio.run(scenario())


def always(*answers: bytes) -> RawHandler:
    """A server that gives these answers on each connection, and closes it upon the next request."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await answer(reader, writer, *answers)
        await reader.read(1)

    return serve


@pytest.mark.parametrize(
    "said",
    [
        TAKEN,
        b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nthere\r\n0\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + TAKEN,
        b"HTTP/1.1 204 No Content\r\n\r\n",
    ],
)
def test_after_a_whole_answer_the_connection_is_kept_for_the_next_message(tmp_path: Path, said: bytes) -> None:
    outcomes, connections = outcomes_of(tmp_path, always(said, said, said), 1, 1, 1)

    assert [outcome.accepted for outcome in outcomes] == [True] * 3
    assert connections == 1


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 201 Created\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.0 201 Created\r\nContent-Length: 0\r\n\r\n",
        TAKEN + TAKEN,  # the second would be taken for the next message's
        TAKEN + b"HT",
    ],
)
def test_a_connection_that_can_not_be_kept_is_not(tmp_path: Path, said: bytes) -> None:
    outcomes, connections = outcomes_of(tmp_path, always(said, TAKEN), 1, 1)

    assert [outcome.accepted for outcome in outcomes] == [True] * 2
    assert connections == 2


def test_a_kept_connection_that_the_service_closes_upon_a_request_is_made_anew(tmp_path: Path) -> None:
    outcomes, connections = outcomes_of(tmp_path, always(TAKEN), 1, 1, 1)

    assert [outcome.accepted for outcome in outcomes] == [True] * 3
    assert connections == 3


def test_a_new_connection_that_breaks_without_an_answer_leaves_the_message_in_doubt(tmp_path: Path) -> None:
    outcomes, connections = outcomes_of(tmp_path, always(), 1)

    assert (outcomes[0].verdict, outcomes[0].reason, outcomes[0].in_doubt) == (
        Verdict.TRANSIENT, Reason.CONNECTION, True,
    )  # fmt: skip
    assert connections == 1


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 410 Gone\r\n\r\n",  # the body ends with the connection
        b"HTTP/1.1 410 Gone\r\nContent-Length: 90000\r\n\r\n" + b"x" * (MAX_ANSWER + 1),
        b"HTTP/1.1 410 Gone\r\nTransfer-Encoding: chunked\r\n\r\nno chunk\r\n",
    ],
)
def test_a_status_is_the_answer_whatever_becomes_of_the_rest(tmp_path: Path, said: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await answer(reader, writer, said)

    [outcome], _ = outcomes_of(tmp_path, serve, 1)

    assert (outcome.verdict, outcome.reason) == (Verdict.PERMANENT, Reason.GONE)


def test_a_status_is_the_answer_though_the_body_never_ends(tmp_path: Path) -> None:
    begun = b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 40\r\nContent-Length: 9\r\n\r\nslow"

    limit, outcome = 0.5, None
    while outcome is None or outcome.in_doubt:  # so busy a machine that nothing was heard within the limit
        limit *= 2
        [outcome], _ = outcomes_of(tmp_path, always(begun), 1, total_timeout=limit)

    assert (outcome.reason, outcome.retry_after) == (Reason.REFUSED, 40.0)


@pytest.mark.parametrize(
    "said", [b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 201 Created\r\nX: " + b"x" * MAX_ANSWER, b"HTTP/1.1 x\r\n\r\n"]
)
def test_what_is_not_http_or_never_ends_its_head_is_said_so(tmp_path: Path, said: bytes) -> None:
    [outcome], _ = outcomes_of(tmp_path, always(said), 1)

    assert (outcome.detail, outcome.in_doubt) == ("The endpoint's answer was not valid HTTP.", True)


def test_the_request_names_the_browser_as_its_url_does(tmp_path: Path) -> None:
    heads: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.extend(await answer(reader, writer, TAKEN))

    outcomes, _ = outcomes_of(tmp_path, serve, 1, path="/wpush/v2/gAAA%3D~:x?a=b%20c")
    again, _ = outcomes_of(tmp_path, serve, 1, path="/é")

    assert [outcome.accepted for outcome in [*outcomes, *again]] == [True] * 2
    assert heads[0].startswith(b"POST /wpush/v2/gAAA%3D~:x?a=b%20c HTTP/1.1\r\nhost: 127.0.0.1:")
    assert heads[1].startswith(b"POST /%C3%A9 HTTP/1.1\r\n")
