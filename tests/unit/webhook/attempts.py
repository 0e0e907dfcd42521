"""One attempt at a receiver that answers in a given way."""

import asyncio
from pathlib import Path

from channels.https.call import Attempt
from tests.unit.webhook.certificates import Authority
from tests.unit.webhook.servers import (
    Handler,
    call,
    client_for,
    raw_server,
    read_request,
    receiving,
)


def attempt_at(folder: Path, handler: Handler, *, total_timeout: float = 15) -> Attempt:
    """One attempt at a receiver with this handler."""

    async def scenario() -> Attempt:
        authority = Authority(folder)
        async with (
            receiving(authority.serving(), handler) as receiver,
            client_for(receiver, authority, total_timeout=total_timeout) as client,
        ):
            return await client.post(call(receiver.url()))

    return asyncio.run(scenario())


def attempt_at_raw(folder: Path, answer: bytes, *, total_timeout: float = 15) -> Attempt:
    """One attempt at a server that reads the request, sends these bytes and closes."""

    async def respond(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(answer)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async def scenario() -> Attempt:
        authority = Authority(folder)
        async with (
            raw_server(authority.serving(), respond) as receiver,
            client_for(receiver, authority, total_timeout=total_timeout) as client,
        ):
            return await client.post(call(receiver.url()))

    return asyncio.run(scenario())
