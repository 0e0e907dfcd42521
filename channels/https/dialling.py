"""Connections over TLS to names that others gave: resolved, every address judged by the guard, the certificate checked.

What webhooks have through aiohttp's connector, for who speaks HTTP without aiohttp: its connecting library (RFC 8305),
our resolver, and the same sockets.
"""

import asyncio
import socket
import ssl
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from ipaddress import ip_address
from typing import TypeVar

from aiohappyeyeballs import AddrInfoType, start_connection
from aiohttp.abc import AbstractResolver

from channels.https import answers
from channels.https.guard import CLOSED_ADDRESS, Guard
from channels.https.resolver import PooledResolver
from channels.https.session import Trail, guarded_socket
from channels.outcome import Outcome

KNOWN_SECONDS = 10.0  # a name's addresses are asked for again after this; each is judged whenever it is dialled
MOST_KNOWN = 1_000  # names: anybody can name more of them
NEXT_ADDRESS = 0.25  # seconds of silence after which a name's next address is tried too (RFC 8305 section 5)
AnyProtocol = TypeVar("AnyProtocol", bound=asyncio.Protocol)


class NotConnected(ConnectionError):  # noqa: N818  named as what happened
    """No connection came about, so nothing was sent; `outcome` says why."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.detail)
        self.outcome = outcome


class Dialler:
    """Opens connections. `resolver` replaces the system's name resolution and stays the caller's to close.

    `connect_timeout` is in seconds, name resolution and TLS included.
    """

    def __init__(
        self, guard: Guard, tls: ssl.SSLContext, *, resolver: AbstractResolver | None, connect_timeout: float
    ) -> None:
        self._guard = guard
        self._tls = tls
        self._resolver = resolver
        self._own_resolver: PooledResolver | None = None
        self._connect_timeout = connect_timeout
        self._known: dict[str, tuple[float, list[AddrInfoType]]] = {}
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def open(self, protocol: Callable[[], AnyProtocol], host: str, port: int) -> AnyProtocol:
        """A protocol whose connection is made and encrypted. Raises NotConnected."""
        trail = Trail()
        try:
            async with asyncio.timeout(self._connect_timeout):
                found = await self._addresses(host, port)
                connected = await start_connection(
                    found,
                    happy_eyeballs_delay=NEXT_ADDRESS,
                    interleave=1,
                    socket_factory=partial(guarded_socket, self._guard, trail),
                )
                _, made = await asyncio.get_running_loop().create_connection(
                    protocol, sock=connected, ssl=self._tls, server_hostname=host.rstrip(".")
                )
        except OSError as error:  # ssl.SSLError, socket.gaierror and TimeoutError are among them
            closed = trail.forbidden
            raise NotConnected(answers.forbidden(CLOSED_ADDRESS) if closed else answers.unconnected(error)) from error
        return made

    async def close(self) -> None:
        """Forget names. The dialler may be used again afterwards, on this loop or another."""
        self._known.clear()
        self._turns.clear()
        resolver, self._own_resolver = self._own_resolver, None
        if resolver:
            await resolver.close()

    async def _addresses(self, host: str, port: int) -> list[AddrInfoType]:
        with suppress(ValueError):
            family = socket.AF_INET6 if ip_address(host).version == 6 else socket.AF_INET
            return [_candidate(family, host, port)]
        now, place = asyncio.get_running_loop().time, f"{host}:{port}"
        if len(self._known) > MOST_KNOWN:
            self._known.clear()
            self._turns.clear()
        async with self._turns[place]:  # a batch opens its connections at once, and asks once
            asked, found = self._known.get(place, (0.0, []))
            if not found or now() - asked > KNOWN_SECONDS:
                results = await self._names().resolve(host, port, socket.AF_UNSPEC)
                found = [_candidate(socket.AddressFamily(one["family"]), one["host"], port) for one in results]
                self._known[place] = now(), found
            return found

    def _names(self) -> AbstractResolver:
        if self._resolver is not None:
            return self._resolver
        if self._own_resolver is None:
            self._own_resolver = PooledResolver()
        return self._own_resolver


def _candidate(family: socket.AddressFamily, ip: str, port: int) -> AddrInfoType:
    address = (ip, port, 0, 0) if family == socket.AF_INET6 else (ip, port)
    return family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", address
