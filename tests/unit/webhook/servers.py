"""Receivers for tests: real HTTPS servers on loopback that remember what came, and raw ones."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import ip_network

from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from channels.https.guard import Guard
from channels.webhook.client import Call, WebhookClient
from channels.webhook.signing import new_secret
from tests.unit.webhook.certificates import Authority

LOOPBACK = ip_network("127.0.0.0/8")
SECRET = new_secret()

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
RawHandler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Receiver:
    """A running server: where it is and what has reached it."""

    port: int
    host: str = "127.0.0.1"
    requests: list[web.Request] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    connections: int = 0

    def url(self, path: str = "/hook", host: str | None = None) -> str:
        return f"https://{host or self.host}:{self.port}{path}"

    @property
    def untouched(self) -> bool:
        return not self.requests and not self.connections


class Names(AbstractResolver):
    """A resolver that knows what a test tells it: a list of addresses per look-up, the last one for ever."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_INET,
    ) -> list[ResolveResult]:
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in answer
        ]

    async def close(self) -> None:
        pass


async def ok(_request: web.Request) -> web.Response:
    return web.Response(text="thank you")


@asynccontextmanager
async def receiving(
    tls: ssl.SSLContext, handler: Handler = ok, *, host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[Receiver]:
    """An aiohttp server on loopback that passes every request of every path to `handler`."""
    receiver = Receiver(port, host)

    async def remember(request: web.Request) -> web.StreamResponse:
        receiver.bodies.append(await request.read())
        receiver.requests.append(request)
        return await handler(request)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", remember)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port, ssl_context=tls)
        await site.start()
        receiver.port = runner.addresses[0][1]
        yield receiver
    finally:
        await runner.cleanup()


@asynccontextmanager
async def raw_server(tls: ssl.SSLContext | None, handler: RawHandler) -> AsyncIterator[Receiver]:
    """A server of bytes on 127.0.0.1, over TLS or not, that counts its connections."""
    receiver = Receiver(0)
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        receiver.connections += 1
        try:
            with suppress(ConnectionError, asyncio.CancelledError, asyncio.IncompleteReadError):
                await handler(reader, writer)
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


async def read_request(reader: asyncio.StreamReader) -> bytes:
    """One whole request with a Content-Length, for raw servers."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")
    )
    return head + await reader.readexactly(length)


@asynccontextmanager
async def client_for(
    receiver: Receiver,
    authority: Authority,
    *,
    open_networks: Sequence[str] = ("127.0.0.0/8",),
    names: AbstractResolver | None = None,
    connect_timeout: float = 5,
    total_timeout: float = 15,
) -> AsyncIterator[WebhookClient]:
    """A client whose guard opens the receiver's port and, unless told otherwise, loopback."""
    guard = Guard([ip_network(network) for network in open_networks], frozenset({receiver.port}))
    client = WebhookClient(
        guard,
        ca_file=authority.ca_file,
        resolver=names,
        connect_timeout=connect_timeout,
        total_timeout=total_timeout,
    )
    try:
        yield client
    finally:
        await client.close()


def call(url: str, *, message_id: str = "msg_1", headers: Mapping[str, str] | None = None) -> Call:
    """A call with this file's SECRET."""
    return Call(url, [SECRET], message_id, b'{"a":1}', headers or {})
