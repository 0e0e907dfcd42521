"""Connections to push services, kept between messages and batches; each serves one request at a time."""

import asyncio
from collections import defaultdict
from functools import lru_cache
from typing import NamedTuple

from yarl import URL

from channels.https.dialling import Dialler
from channels.push.connection import Answer, Connection
from channels.push.vapid import place_of

KEEP_SECONDS = 15.0  # unused: services close idle connections, which we would notice only by losing a request


class Service(NamedTuple):
    """Where a push service is dialled, and how a request names it."""

    host: str
    port: int
    authority: str


class Pool:
    """Connections of one process on one event loop, which may stop and run again between calls."""

    def __init__(self, dialler: Dialler) -> None:
        self._dialler = dialler
        self._free: defaultdict[Service, list[Connection]] = defaultdict(list)
        self._open: set[Connection] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def post(self, url: str, headers: str, body: bytes, within: float) -> Answer:
        """Post to a URL that the guard has passed; `headers` are whole lines, `within` is in seconds.

        Raises NotConnected before anything was sent, afterwards what Connection.post raises.
        """
        self._check_loop()
        service, target = _split(url)
        head = f"POST {target} HTTP/1.1\r\nhost: {service.authority}\r\n{headers}content-length: {len(body)}\r\n\r\n"
        until = asyncio.get_running_loop().time() + within
        while True:
            connection = self._kept(service)
            is_kept = connection is not None
            if connection is None:
                connection = await self._dial(service, until)
            try:
                answer = await connection.post(head.encode("ascii") + body, until)
            except TimeoutError:
                raise
            except OSError:
                # A kept connection that was closed meanwhile says nothing about the service. Sending again is safe
                # (RFC 9110 section 9.2.2): browsers know a notification by its tag.
                if not is_kept or connection.heard:
                    raise
                continue
            if connection.is_free:
                self._free[service].append(connection)
            return answer

    def rest(self) -> None:
        """Let go of connections that have been unused for too long, of services that nobody asks any more too."""
        for service, kept in list(self._free.items()):
            fresh = [connection for connection in kept if self._is_fresh(connection)]
            if fresh:
                self._free[service] = fresh
            else:
                del self._free[service]

    async def close(self) -> None:
        """Close every connection. The pool may be used again afterwards, on this loop or another."""
        closing = list(self._open)
        for connection in closing:
            connection.drop()
        await asyncio.gather(*(connection.closed for connection in closing))
        self._free.clear()
        self._loop = None
        await self._dialler.close()

    def _kept(self, service: Service) -> Connection | None:
        """The one that was used last: the others grow old and end."""
        kept = self._free[service]
        while kept:
            if self._is_fresh(connection := kept.pop()):
                return connection
        return None

    @staticmethod
    def _is_fresh(connection: Connection) -> bool:
        if not connection.is_free:
            return False
        is_old = asyncio.get_running_loop().time() - connection.idle_since > KEEP_SECONDS
        if is_old:
            connection.drop()
        return not is_old

    async def _dial(self, service: Service, until: float) -> Connection:
        async with asyncio.timeout_at(until):
            connection = await self._dialler.open(Connection, service.host, service.port)
        self._open.add(connection)
        connection.closed.add_done_callback(lambda _: self._open.discard(connection))
        return connection

    def _check_loop(self) -> None:
        loop = asyncio.get_running_loop()
        if self._loop is None:
            self._loop = loop
        elif self._loop is not loop:
            raise RuntimeError("These connections are open on another event loop: close() them there first")


def _split(url: str) -> tuple[Service, str]:
    """The service, and the rest of the URL as a browser gave it. Parsing it anew for each would take a tenth of all."""
    place = place_of(url)
    target = url[len(place) :]
    if target and url.isascii() and "?" not in place:
        return _service_at(place), target
    return _service_at(str(URL(url).origin())), URL(url).raw_path_qs


@lru_cache(maxsize=1_000)
def _service_at(place: str) -> Service:
    url = URL(place)
    assert url.raw_host is not None  # noqa: S101  the guard has seen one
    assert url.port is not None  # noqa: S101
    return Service(url.raw_host, url.port, str(url.host_port_subcomponent))
