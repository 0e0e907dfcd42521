"""Name resolution on threads of its own."""

import asyncio
import socket

import pytest

from channels.https.resolver import PooledResolver


def test_a_name_gives_its_addresses() -> None:
    async def scenario() -> None:
        resolver = PooledResolver()
        found = await resolver.resolve("localhost", 443, family=socket.AF_INET)
        assert {(one["hostname"], one["host"], one["port"]) for one in found} == {("localhost", "127.0.0.1", 443)}
        await resolver.close()

    asyncio.run(scenario())


def test_a_name_without_an_address_is_an_os_error() -> None:
    async def scenario() -> None:
        resolver = PooledResolver()
        with pytest.raises(OSError, match=r".") as caught:
            await resolver.resolve("::1", 443, family=socket.AF_INET)  # fails without asking anybody
        assert isinstance(caught.value, socket.gaierror)
        await resolver.close()

    asyncio.run(scenario())
