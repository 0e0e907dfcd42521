"""Where the client does not go: refused addresses, redirects, proxies, impostors."""

import asyncio
import ssl
from collections.abc import Sequence
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from channels.https.guard import CLOSED_ADDRESS, ForbiddenTarget, Guard
from channels.https.session import Trail, guarded_session, trail_of_task
from channels.outcome import Reason, Verdict
from tests.unit.webhook.certificates import Authority
from tests.unit.webhook.servers import Names, call, client_for, raw_server, receiving

NAME = "hooks.example.org"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "127.1", "0"])
def test_loopback_is_refused_unless_an_operator_opens_it(tmp_path: Path, host: str) -> None:
    async def scenario() -> None:
        authority = Authority(tmp_path)
        async with (
            receiving(authority.serving("127.0.0.1", "localhost")) as receiver,
            client_for(receiver, authority, open_networks=()) as client,
        ):
            attempt = await client.post(call(receiver.url(host=host)))
            assert attempt.outcome.verdict is Verdict.PERMANENT
            assert attempt.outcome.reason is Reason.FORBIDDEN_TARGET
            assert attempt.outcome.detail == CLOSED_ADDRESS
            assert attempt.status is None
            assert receiver.untouched

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["::1"],
        ["::ffff:127.0.0.1"],
        ["10.0.0.1", "169.254.169.254"],
        ["127.0.0.1", "127.0.0.2", "::1", "fd00:ec2::254", "64:ff9b::7f00:1"],
        ["fe80::1%lo"],
        ["not an address"],
    ],
)
def test_a_name_that_leads_only_to_refused_addresses_is_refused_for_good(
    tmp_path: Path, addresses: Sequence[str]
) -> None:
    async def scenario() -> None:
        authority = Authority(tmp_path)
        async with (
            receiving(authority.serving(NAME)) as receiver,
            client_for(receiver, authority, open_networks=(), names=Names(addresses)) as client,
        ):
            attempt = await client.post(call(receiver.url(host=NAME)))
            assert attempt.outcome.verdict is Verdict.PERMANENT
            assert attempt.outcome.reason is Reason.FORBIDDEN_TARGET
            assert attempt.outcome.detail == CLOSED_ADDRESS
            assert receiver.untouched

    asyncio.run(scenario())


@pytest.mark.parametrize("addresses", [["127.0.0.1", "127.0.0.2"], ["127.0.0.2", "127.0.0.1"]])
def test_of_an_open_and_a_refused_address_only_the_open_one_is_dialled(
    tmp_path: Path, addresses: Sequence[str]
) -> None:
    async def scenario() -> None:
        authority = Authority(tmp_path)
        async with (
            receiving(authority.serving(NAME)) as shut,
            receiving(authority.serving(NAME), host="127.0.0.2", port=shut.port) as reached,
            client_for(reached, authority, open_networks=["127.0.0.2/32"], names=Names(addresses)) as client,
        ):
            attempt = await client.post(call(reached.url(host=NAME)))
            assert attempt.outcome.accepted
            assert len(reached.requests) == 1
            assert shut.untouched

    asyncio.run(scenario())


@pytest.mark.parametrize("addresses", [["127.0.0.1", "127.0.0.2"], ["127.0.0.2", "127.0.0.1"]])
def test_while_the_open_address_is_down_the_refused_one_is_no_way_round_and_the_failure_may_heal(
    tmp_path: Path, addresses: Sequence[str]
) -> None:
    async def scenario() -> None:
        authority = Authority(tmp_path)
        async with (
            receiving(authority.serving(NAME)) as shut,
            client_for(shut, authority, open_networks=["127.0.0.2/32"], names=Names(addresses)) as client,
        ):
            attempt = await client.post(call(shut.url(host=NAME)))
            assert attempt.outcome.verdict is Verdict.TRANSIENT
            assert attempt.outcome.reason is Reason.CONNECTION
            assert shut.untouched

    asyncio.run(scenario())


def test_a_name_that_changes_to_a_refused_address_after_it_was_accepted_is_refused(tmp_path: Path) -> None:
    async def scenario() -> None:
        authority = Authority(tmp_path)
        names = Names(["127.0.0.2"], ["127.0.0.1"])
        async with (
            receiving(authority.serving(NAME)) as inner,
            receiving(authority.serving(NAME), host="127.0.0.2", port=inner.port) as outer,
            client_for(outer, authority, open_networks=["127.0.0.2/32"], names=names) as registering,
            client_for(outer, authority, open_networks=["127.0.0.2/32"], names=names) as delivering,
        ):
            first = await registering.post(call(outer.url(host=NAME)))
            second = await delivering.post(call(outer.url(host=NAME)))
            assert first.outcome.accepted
            assert second.outcome.reason is Reason.FORBIDDEN_TARGET
            assert inner.untouched

    asyncio.run(scenario())


def test_an_ip_literal_that_never_met_check_url_is_still_judged_at_the_socket(tmp_path: Path) -> None:
    async def scenario() -> None:
        authority = Authority(tmp_path)
        async with receiving(authority.serving()) as receiver:
            guard = Guard(allowed_ports=frozenset({receiver.port}))
            trail_of_task.set(Trail())
            tls = ssl.create_default_context(cafile=authority.ca_file)
            async with guarded_session(guard, tls, Names([]), connect_timeout=5, read_ahead=1) as session:
                with pytest.raises(aiohttp.ClientConnectorError) as caught:
                    await session.get(receiver.url())
                assert isinstance(caught.value.os_error, ForbiddenTarget)
                assert receiver.untouched

    asyncio.run(scenario())


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("location", ["http://169.254.169.254/latest/meta-data/", "/elsewhere"])
def test_a_redirect_is_a_failure_and_is_not_followed(tmp_path: Path, status: int, location: str) -> None:
    async def redirect(_request: web.Request) -> web.Response:
        return web.Response(status=status, headers={"Location": location})

    async def scenario() -> None:
        authority = Authority(tmp_path)
        async with (
            receiving(authority.serving(), redirect) as receiver,
            client_for(receiver, authority) as client,
        ):
            attempt = await client.post(call(receiver.url()))
            assert attempt.outcome.verdict is Verdict.TRANSIENT
            assert attempt.outcome.reason is Reason.REFUSED
            assert attempt.status == status
            assert [request.path for request in receiver.requests] == ["/hook"]

    asyncio.run(scenario())


def test_a_proxy_in_the_environment_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang_up(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        return

    async def scenario() -> None:
        authority = Authority(tmp_path)
        async with (
            raw_server(None, hang_up) as proxy,
            receiving(authority.serving()) as receiver,
            client_for(receiver, authority) as client,
        ):
            for variable in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
                monkeypatch.setenv(variable, f"http://127.0.0.1:{proxy.port}")
            monkeypatch.delenv("NO_PROXY", raising=False)
            monkeypatch.delenv("no_proxy", raising=False)
            assert (await client.post(call(receiver.url()))).outcome.accepted
            assert proxy.untouched

    asyncio.run(scenario())


@pytest.mark.parametrize("fault", ["another name", "expired", "unknown authority"])
def test_a_certificate_that_cannot_be_verified_gets_no_webhook(tmp_path: Path, fault: str) -> None:
    async def scenario() -> None:
        authority, stranger = (Authority(tmp_path / name) for name in ("ours", "theirs"))
        tls = {
            "another name": authority.serving("other.example.org"),
            "expired": authority.serving(expired=True),
            "unknown authority": stranger.serving(),
        }[fault]
        async with receiving(tls) as receiver, client_for(receiver, authority) as client:
            attempt = await client.post(call(receiver.url()))
            assert attempt.outcome.verdict is Verdict.TRANSIENT
            assert attempt.outcome.reason is Reason.CONNECTION
            assert "certificate" in attempt.outcome.detail
            assert receiver.untouched

    for name in ("ours", "theirs"):
        (tmp_path / name).mkdir()
    asyncio.run(scenario())


def test_a_server_that_speaks_no_tls_gets_no_webhook(tmp_path: Path) -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    async def scenario() -> None:
        authority = Authority(tmp_path)
        async with raw_server(None, plain) as receiver, client_for(receiver, authority) as client:
            attempt = await client.post(call(receiver.url()))
            assert attempt.outcome.verdict is Verdict.TRANSIENT
            assert attempt.outcome.reason is Reason.CONNECTION
            assert attempt.status is None

    asyncio.run(scenario())


def test_the_guard_of_a_client_can_open_a_network_for_private_receivers(tmp_path: Path) -> None:
    async def scenario() -> None:
        authority = Authority(tmp_path)
        async with (
            receiving(authority.serving(NAME)) as receiver,
            client_for(receiver, authority, names=Names(["127.0.0.1"])) as client,
        ):
            assert (await client.post(call(receiver.url(host=NAME)))).outcome.accepted

    asyncio.run(scenario())
