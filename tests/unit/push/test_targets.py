"""Where the push client does not go: refused addresses behind names, impostors, services that are not there."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from channels.https.guard import CLOSED_ADDRESS
from channels.outcome import Outcome, Reason, Verdict
from tests.unit.push.posting import TAKEN, answer, client_of, posted
from tests.unit.webhook.certificates import Authority
from tests.unit.webhook.servers import Names, Receiver, ok, raw_server, receiving

NAME = "push.example.org"


async def one_to(receiver: Receiver, authority: Authority, host: str | None = None, **options) -> Outcome:
    client = client_of(receiver, authority, **options)
    try:
        [outcome] = await posted(client, receiver.url(host=host))
    finally:
        await client.close()
    return outcome


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["::1"],
        ["::ffff:127.0.0.1"],
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
        async with receiving(authority.serving(NAME)) as receiver:
            outcome = await one_to(receiver, authority, NAME, open_networks=(), names=Names(addresses))
        assert (outcome.verdict, outcome.reason) == (Verdict.PERMANENT, Reason.FORBIDDEN_TARGET)
        assert outcome.detail == CLOSED_ADDRESS
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
        ):
            outcome = await one_to(reached, authority, NAME, open_networks=["127.0.0.2/32"], names=Names(addresses))
            assert outcome.accepted
            assert (shut.untouched, len(reached.requests)) == (True, 1)

    asyncio.run(scenario())


def test_an_address_is_judged_again_whenever_it_is_dialled(tmp_path: Path) -> None:
    async def scenario() -> None:
        authority = Authority(tmp_path)
        names = Names(["127.0.0.2"], ["127.0.0.1"])
        async with receiving(authority.serving(NAME), host="127.0.0.2") as receiver:
            client = client_of(receiver, authority, open_networks=["127.0.0.2/32"], names=names)
            [first] = await posted(client, receiver.url(host=NAME))
            await client.close()  # and with it what it knew of names
            [second] = await posted(client, receiver.url(host=NAME))
            await client.close()
        assert (first.accepted, second.reason) == (True, Reason.FORBIDDEN_TARGET)

    asyncio.run(scenario())


@pytest.mark.parametrize(("shown", "expired"), [("other.example.org", False), (NAME, True)])
def test_who_can_not_prove_the_name_gets_nothing(tmp_path: Path, shown: str, expired: bool) -> None:
    async def scenario() -> None:
        authority = Authority(tmp_path)
        async with receiving(authority.serving(shown, expired=expired), ok) as receiver:
            outcome = await one_to(receiver, authority, NAME, names=Names(["127.0.0.1"]))
        assert (outcome.verdict, outcome.in_doubt) == (Verdict.TRANSIENT, False)
        assert outcome.detail == "The endpoint's TLS certificate could not be verified."
        assert not receiver.requests

    asyncio.run(scenario())


def test_a_service_that_never_shakes_hands_ends_at_the_connect_limit(tmp_path: Path) -> None:
    async def silence(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    async def scenario() -> Outcome:
        async with raw_server(None, silence) as receiver:
            return await one_to(receiver, Authority(tmp_path), connect_timeout=0.3)

    outcome = asyncio.run(scenario())
    assert (outcome.detail, outcome.in_doubt) == ("The endpoint did not accept a connection in time.", False)


def test_nobody_at_home_is_tried_again(tmp_path: Path) -> None:
    async def scenario() -> Outcome:
        authority = Authority(tmp_path)
        async with receiving(authority.serving()) as receiver:
            pass
        return await one_to(receiver, authority)

    outcome = asyncio.run(scenario())
    assert (outcome.verdict, outcome.detail) == (Verdict.TRANSIENT, "The endpoint did not accept a connection.")
    assert not outcome.in_doubt


def test_a_name_is_asked_for_once_by_a_whole_batch(tmp_path: Path) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await answer(reader, writer, TAKEN)

    class Counting(Names):
        asked = 0

        async def resolve(self, *arguments, **options):
            self.asked += 1
            return await super().resolve(*arguments, **options)

    async def scenario() -> None:
        authority, names = Authority(tmp_path), Counting(["127.0.0.1"])
        async with raw_server(authority.serving(NAME), serve) as receiver:
            client = client_of(receiver, authority, names=names)
            outcomes = await posted(client, *[receiver.url(host=NAME)] * 20)
            await client.close()
        assert [outcome.accepted for outcome in outcomes] == [True] * 20
        assert (names.asked, receiver.connections) == (1, 20)

    asyncio.run(scenario())
