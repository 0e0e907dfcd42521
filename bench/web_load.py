"""Asks a web server as often as it answers, over connections that stay open, in a process of its own.

Reads one JSON object from standard input: `port`, `seconds`, `connections`, and `requests` (base64, each a whole
HTTP/1.1 request), which are asked in turn, again and again, or with `once` each no more than once. Writes one JSON
object: requests a second, milliseconds (p50, p95), how often each status came, octets of the last body, and what asking
costs here in µs of processor time.
"""

import asyncio
import base64
import itertools
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any, cast

import uvloop

DRAIN_SECONDS = 30.0  # for the last answers


class Connection(asyncio.Protocol):
    """Sends the next request when the last one is answered."""

    def __init__(self, requests: Iterator[bytes], found: "Found") -> None:
        self._requests, self._found = requests, found
        self._buffer = bytearray()
        self._asked = 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._next()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self._buffer[:end]).lower()
        status = int(head[9:12])
        length = 0 if status == 304 else _length(head)
        if len(self._buffer) < end + 4 + length:
            return
        self._found.note(status, time.perf_counter() - self._asked, length)
        self._buffer.clear()
        self._next()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error or ConnectionResetError("the server closed the connection"))

    def _next(self) -> None:
        request = next(self._requests, None)
        if request is None or time.perf_counter() > self._found.ends:
            self.done.set_result(None)
            self._transport.close()
            return
        self._asked = time.perf_counter()
        self._transport.write(request)


class Found:
    def __init__(self, seconds: float) -> None:
        self.began = time.perf_counter()
        self.ends = self.began + seconds
        self.taken: list[float] = []
        self.statuses: Counter[int] = Counter()
        self.octets = 0

    def note(self, status: int, taken: float, octets: int) -> None:
        self.taken.append(taken)
        self.statuses[status] += 1
        self.octets = octets

    def report(self) -> dict[str, Any]:
        seconds = time.perf_counter() - self.began
        ordered = sorted(self.taken)
        if not ordered:
            raise RuntimeError("no request was answered")
        return {
            "requests_per_s": round(len(ordered) / seconds, 1),
            "p50_ms": round(ordered[len(ordered) // 2] * 1_000, 2),
            "p95_ms": round(ordered[int(len(ordered) * 0.95)] * 1_000, 2),
            "requests": len(ordered),
            "statuses": dict(self.statuses),
            "octets": self.octets,
            "load_cpu_us": round(time.process_time() / len(ordered) * 1e6, 1),
        }


async def ask(plan: dict[str, Any]) -> dict[str, Any]:
    whole = [base64.b64decode(request) for request in plan["requests"]]
    requests = iter(whole) if plan["once"] else itertools.cycle(whole)
    found = Found(plan["seconds"])
    loop = asyncio.get_running_loop()
    connections = [
        (await loop.create_connection(lambda: Connection(requests, found), "127.0.0.1", plan["port"]))[1]
        for _ in range(plan["connections"])
    ]
    async with asyncio.timeout(plan["seconds"] + DRAIN_SECONDS):
        await asyncio.gather(*(connection.done for connection in connections))
    return found.report()


def _length(head: bytes) -> int:
    """Octets of the body; every answer of ours says how many."""
    _, found, rest = head.partition(b"\r\ncontent-length:")
    if not found:
        raise RuntimeError(f"an answer without Content-Length: {head[:200]!r}")
    return int(rest.partition(b"\r\n")[0])


if __name__ == "__main__":
    print(json.dumps(uvloop.run(ask(json.load(sys.stdin)))))
