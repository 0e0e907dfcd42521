"""Name resolution on threads of its own, so that a slow name server does not hold up other endpoints."""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from aiohttp.abc import AbstractResolver, ResolveResult


class PooledResolver(AbstractResolver):
    """`getaddrinfo` on up to `threads` threads, made as they are needed.

    asyncio's own pool has processors + 4 threads: on two cores six names whose servers never answer
    (getaddrinfo then blocks for 10 s and more, and cannot be cancelled) would stop every call of the
    process.
    """

    def __init__(self, threads: int = 100) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="https-dns")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Every address of the name. Raises OSError (socket.gaierror) when there is none."""
        look_up = partial(
            socket.getaddrinfo, host, port, family=family, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG
        )
        found = await asyncio.get_running_loop().run_in_executor(self._threads, look_up)
        return [
            ResolveResult(
                hostname=host,
                host=str(address[0]),
                port=port,
                family=found_family,
                proto=proto,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for found_family, _, proto, _, address in found
        ]

    async def close(self) -> None:
        """Let the threads end by themselves: one that waits for a name server cannot be interrupted."""
        self._threads.shutdown(wait=False, cancel_futures=True)
