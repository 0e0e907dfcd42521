"""The HTTP session of a guarded client: every socket passes the guard, nothing is unpacked."""

import socket
import ssl
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import SimpleNamespace

import aiohttp
from aiohttp.abc import AbstractResolver

from channels.https.guard import ForbiddenTarget, Guard


@dataclass(slots=True)
class Trail:
    """What has happened so far in the attempt that a task is making."""

    dialled: int = 0  # candidate addresses that the guard let through
    refused: int = 0  # and those that it did not
    reused: bool = False  # whether the last connection was kept from an earlier request
    status: int | None = None
    retry_after: str | None = None
    answer: bytearray = field(default_factory=bytearray)

    @property
    def forbidden(self) -> bool:
        """Whether the name led to refused addresses only."""
        return bool(self.refused) and not self.dialled


# The connector asks for sockets without saying for which request; the task's context knows. It also reaches
# the tasks in which the candidate addresses of one name race each other (RFC 8305).
trail_of_task: ContextVar[Trail] = ContextVar("https_trail")


def guarded_session(
    guard: Guard, tls: ssl.SSLContext, resolver: AbstractResolver, *, connect_timeout: float, read_ahead: int
) -> aiohttp.ClientSession:
    """A session on the running loop.

    `connect_timeout` is in seconds, name resolution and TLS included; `read_ahead` is in bytes of an answer.
    """

    def dial(candidate: aiohttp.AddrInfoType) -> socket.socket:
        return guarded_socket(guard, trail_of_task.get(), candidate)

    traces = aiohttp.TraceConfig()
    traces.on_connection_reuseconn.append(_note_reuse)
    return aiohttp.ClientSession(
        # No limit in here: waiting for a place would count as time to connect.
        connector=aiohttp.TCPConnector(limit=0, ssl=tls, resolver=resolver, socket_factory=dial),
        # Above its threshold aiohttp rounds times up to whole seconds.
        timeout=aiohttp.ClientTimeout(connect=connect_timeout, ceil_threshold=3_600),
        cookie_jar=aiohttp.DummyCookieJar(),  # endpoints on one host must not share a memory
        auto_decompress=False,
        trust_env=False,
        read_bufsize=read_ahead,
        trace_configs=[traces],
    )


def guarded_socket(guard: Guard, trail: Trail, candidate: aiohttp.AddrInfoType) -> socket.socket:
    """A socket for one address that a name leads to, noted in `trail`. Raises ForbiddenTarget for a closed one."""
    family, kind, protocol, _, (ip, port, *_) = candidate
    try:
        guard.check_address(ip, port)
    except ForbiddenTarget:
        trail.refused += 1
        raise
    trail.dialled += 1
    return socket.socket(family, kind, protocol)


def tls_context(ca_file: str | None) -> ssl.SSLContext:
    """TLS that checks certificates and names, and offers HTTP/1.1; `ca_file` (PEM) is trusted besides the system's."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    if ca_file:
        context.load_verify_locations(ca_file)
    return context


async def _note_reuse(
    _session: aiohttp.ClientSession,
    _context: SimpleNamespace,
    _params: aiohttp.TraceConnectionReuseconnParams,
) -> None:
    trail_of_task.get().reused = True
