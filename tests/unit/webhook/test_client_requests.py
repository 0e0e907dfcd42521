"""What arrives at a receiver: the signed request, and nothing that belongs to somebody else."""

import asyncio
import datetime as dt
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import time_machine
import uvloop
from aiohttp import web
from standardwebhooks.webhooks import Webhook

from channels.outcome import Reason, Verdict
from channels.webhook.client import Call, WebhookClient
from channels.webhook.signing import new_secret, new_signing_key, public_key, verify
from tests.unit.webhook.certificates import Authority
from tests.unit.webhook.servers import SECRET, call, client_for, receiving


def test_the_receiver_verifies_the_signature_with_the_standardwebhooks_package(tmp_path: Path) -> None:
    old = new_secret()

    async def scenario() -> None:
        authority = Authority(tmp_path)
        body = '{"name":"Zoë"}'.encode()
        async with receiving(authority.serving()) as receiver, client_for(receiver, authority) as client:
            await client.post(Call(receiver.url("/hook?x=1"), [SECRET, old], "msg_7", body))
            request = receiver.requests[0]
            assert (request.method, request.path_qs) == ("POST", "/hook?x=1")
            assert request.headers["Content-Type"] == "application/json"
            assert request.headers["webhook-id"] == "msg_7"
            assert receiver.bodies == [body]
            for secret in (SECRET, old):
                said = Webhook(secret).verify(receiver.bodies[0], dict(request.headers))
                assert said == {"name": "Zoë"}

    asyncio.run(scenario())


def test_an_ed25519_key_signs_what_is_sent(tmp_path: Path) -> None:
    async def scenario() -> None:
        authority, key = Authority(tmp_path), new_signing_key()
        async with receiving(authority.serving()) as receiver, client_for(receiver, authority) as client:
            await client.post(Call(receiver.url(), [key], "msg_7", b"{}"))
            verify([public_key(key)], receiver.requests[0].headers, receiver.bodies[0])

    asyncio.run(scenario())


def test_every_attempt_is_signed_anew_under_the_same_id() -> None:
    delivery = call("https://hooks.example.org/")
    first_time = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    with time_machine.travel(first_time, tick=False) as clock:
        first = delivery.request()[0]
        clock.shift(600)
        second = delivery.request()[0]
    assert first["webhook-id"] == second["webhook-id"]
    assert int(second["webhook-timestamp"]) - int(first["webhook-timestamp"]) == 600
    assert first["webhook-signature"] != second["webhook-signature"]
    verify([SECRET], second, delivery.body, now=first_time.timestamp() + 600)


def test_the_timestamp_is_that_of_sending(tmp_path: Path) -> None:
    async def scenario() -> None:
        authority = Authority(tmp_path)
        async with receiving(authority.serving()) as receiver, client_for(receiver, authority) as client:
            before = int(time.time())
            await client.post(call(receiver.url()))
            assert before <= int(receiver.requests[0].headers["webhook-timestamp"]) <= time.time()

    asyncio.run(scenario())


def test_extra_headers_travel_but_do_not_replace_ours(tmp_path: Path) -> None:
    async def scenario() -> None:
        authority = Authority(tmp_path)
        async with receiving(authority.serving()) as receiver, client_for(receiver, authority) as client:
            extra = {"X-Agency": "met-office", "Webhook-Id": "forged", "CONTENT-TYPE": "text/html"}
            await client.post(call(receiver.url(), headers=extra))
            headers = receiver.requests[0].headers
            assert headers["X-Agency"] == "met-office"
            assert headers.getall("webhook-id") == ["msg_1"]
            assert headers.getall("content-type") == ["application/json"]

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "headers",
    [
        {"X-A": "b\r\nX-C: d"},
        {"X A": "b"},
        {"": "b"},
        {"X-A": "é"},
        {"Host": "internal"},
        {"content-length": "0"},
        {"Transfer-Encoding": "chunked"},
        {"Expect": "100-continue"},
    ],
)
def test_headers_that_would_change_the_request_are_refused_beforehand(headers: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="cannot be sent"):
        call("https://hooks.example.org/", headers=headers)


def test_a_call_does_not_show_its_secrets() -> None:
    shown = repr(call("https://hooks.example.org/", headers={"Authorization": "Bearer abc"}))
    assert SECRET not in shown
    assert "abc" not in shown


def test_an_unusable_secret_is_our_fault_and_nothing_is_sent(tmp_path: Path) -> None:
    async def scenario() -> None:
        authority = Authority(tmp_path)
        async with receiving(authority.serving()) as receiver, client_for(receiver, authority) as client:
            for secrets in (["whsec_c2hvcnQ="], []):
                attempt = await client.post(Call(receiver.url(), secrets, "msg_1", b"{}"))
                assert attempt.outcome.verdict is Verdict.PERMANENT
                assert attempt.outcome.reason is Reason.POLICY
                assert "c2hvcnQ" not in attempt.outcome.detail
            assert receiver.untouched

    asyncio.run(scenario())


def test_cookies_are_not_carried_from_one_endpoint_to_another(tmp_path: Path) -> None:
    async def set_cookie(_request: web.Request) -> web.Response:
        return web.Response(headers={"Set-Cookie": "session=1; Path=/"})

    async def scenario() -> None:
        authority = Authority(tmp_path)
        tls = authority.serving("localhost")
        async with receiving(tls, set_cookie) as receiver, client_for(receiver, authority) as client:
            for path in ("/one", "/two"):
                await client.post(call(receiver.url(path, host="localhost")))
            assert len(receiver.requests) == 2
            assert not any("Cookie" in request.headers for request in receiver.requests)

    asyncio.run(scenario())


@pytest.mark.parametrize("loop_factory", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_one_client_serves_successive_runs_of_its_loop(
    tmp_path: Path, loop_factory: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    authority = Authority(tmp_path)
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        server = receiving(authority.serving())
        receiver = runner.run(server.__aenter__())
        managed = client_for(receiver, authority)
        client = runner.run(managed.__aenter__())
        for _ in range(3):
            assert runner.run(client.post(call(receiver.url()))).outcome.accepted
        runner.run(managed.__aexit__(None, None, None))
        runner.run(server.__aexit__(None, None, None))
    assert len(receiver.requests) == 3


def test_a_client_says_so_when_it_is_used_on_a_second_loop_before_it_is_closed(tmp_path: Path) -> None:
    authority = Authority(tmp_path)

    async def on_another_loop(url: str, client: WebhookClient) -> None:
        with pytest.raises(RuntimeError, match=r"close\(\) it there first"):
            await client.post(call(url))

    async def scenario() -> None:
        async with receiving(authority.serving()) as receiver, client_for(receiver, authority) as client:
            assert (await client.post(call(receiver.url()))).outcome.accepted
            await asyncio.to_thread(asyncio.run, on_another_loop(receiver.url(), client))
            await client.close()
            assert (await client.post(call(receiver.url()))).outcome.accepted

    asyncio.run(scenario())
