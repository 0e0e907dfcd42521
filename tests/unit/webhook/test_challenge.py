"""The challenge that makes an endpoint active."""

import asyncio
import json
from pathlib import Path

import pytest
from aiohttp import web
from standardwebhooks.webhooks import Webhook

from channels.https.call import Attempt
from channels.outcome import Reason
from channels.webhook.challenge import verify_endpoint
from tests.unit.webhook.certificates import Authority
from tests.unit.webhook.servers import SECRET, Handler, Receiver, client_for, receiving


def challenged(folder: Path, handler: Handler) -> tuple[Attempt, Receiver]:
    async def scenario() -> tuple[Attempt, Receiver]:
        authority = Authority(folder)
        async with (
            receiving(authority.serving(), handler) as receiver,
            client_for(receiver, authority) as client,
        ):
            return await verify_endpoint(client, receiver.url(), SECRET), receiver

    return asyncio.run(scenario())


async def echo(request: web.Request) -> web.Response:
    return web.json_response({"challenge": (await request.json())["data"]["challenge"]})


def answering(body: bytes, status: int = 200) -> Handler:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(body=body, status=status)

    return answer


def test_an_endpoint_that_echoes_the_signed_challenge_is_verified(tmp_path: Path) -> None:
    attempt, receiver = challenged(tmp_path, echo)
    assert attempt.outcome.accepted
    said = Webhook(SECRET).verify(receiver.bodies[0], dict(receiver.requests[0].headers))
    assert said["type"] == "endpoint.verification"
    assert len(said["data"]["challenge"]) >= 32


def test_every_challenge_is_another(tmp_path: Path) -> None:
    asked = [json.loads(challenged(tmp_path, echo)[1].bodies[0])["data"]["challenge"] for _ in range(2)]
    assert asked[0] != asked[1]


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"ok",
        b"{}",
        b"[]",
        b"null",
        b'"challenge"',
        b'{"challenge": null}',
        b'{"challenge": 1}',
        b'{"challenge": ""}',
        b'{"challenge": "something else"}',
        b'{"challenge": "\\ud800"}',
        b'{"challenge": "\xff"}',
        b"[" * 8192,
        b"9" * 8192,
        b"x" * 100_000,
    ],
)
def test_an_endpoint_that_answers_something_else_is_not_verified(tmp_path: Path, answer: bytes) -> None:
    attempt, _ = challenged(tmp_path, answering(answer))
    assert not attempt.outcome.accepted
    assert attempt.outcome.reason is Reason.REFUSED
    assert "data.challenge" in attempt.outcome.detail
    assert attempt.outcome.detail.isprintable()
    assert len(attempt.outcome.detail) <= 200
    assert attempt.status == 200


def test_echoing_with_an_error_status_does_not_verify(tmp_path: Path) -> None:
    async def echo_with_500(request: web.Request) -> web.Response:
        return web.json_response({"challenge": (await request.json())["data"]["challenge"]}, status=500)

    attempt, _ = challenged(tmp_path, echo_with_500)
    assert not attempt.outcome.accepted
    assert attempt.outcome.code == "500"


def test_a_forbidden_target_is_not_challenged(tmp_path: Path) -> None:
    async def scenario() -> None:
        authority = Authority(tmp_path)
        async with (
            receiving(authority.serving(), echo) as receiver,
            client_for(receiver, authority, open_networks=()) as client,
        ):
            attempt = await verify_endpoint(client, receiver.url(), SECRET)
            assert attempt.outcome.reason is Reason.FORBIDDEN_TARGET
            assert receiver.untouched

    asyncio.run(scenario())
