"""A null push service: it takes every message, keeps some, and counts for whom they were and how often.

    python -m bench.null_push --port 0 --folder DIR --browser FILE

The first line on stdout is JSON with the port. FILE has the secret of the one browser that all of them are
(govnotify.demo.receiver.browser). SIGTERM ends it: then one message in SAMPLE is judged and decrypted, and the report
is in DIR/push.json. DIR/ca.pem is the authority to trust.
"""

import argparse
import asyncio
import json
import re
import signal
from collections import Counter
from pathlib import Path
from typing import cast

import uvloop
from cryptography.exceptions import InvalidTag

from govnotify.demo.receiver.browser import DemoBrowser
from govnotify.demo.receiver.certificates import server_context
from govnotify.demo.receiver.statement import BadStatement, sender

SAMPLE = 20
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_SENDER = re.compile(rb"\r\nauthorization: *([^\r]+)", re.IGNORECASE)
TAKEN = b"HTTP/1.1 201 Created\r\nLocation: /message/1\r\nContent-Length: 0\r\n\r\n"


class Ledger:
    """What was taken, by the path of the browser that it was for; of some the message itself."""

    def __init__(self) -> None:
        self.messages: Counter[bytes] = Counter()
        self.kept: list[tuple[str, bytes]] = []
        self.connections = 0

    def take(self, head: bytes, body: bytes) -> None:
        self.messages[head.split(b" ", 2)[1]] += 1
        if len(self.kept) * SAMPLE < len(self.messages):
            found = _SENDER.search(head)
            self.kept.append((found[1].decode("ascii", "replace") if found else "", body))

    def report(self, browser: DemoBrowser, audience: str) -> dict[str, int]:
        """Counts; `readable` are those of the `sampled` that are as they must be."""
        return {
            "messages": self.messages.total(),
            "unique": len(self.messages),
            "connections": self.connections,
            "sampled": len(self.kept),
            "readable": sum(_is_readable(browser, audience, *one) for one in self.kept),
        }


def _is_readable(browser: DemoBrowser, audience: str, authorization: str, body: bytes) -> bool:
    try:
        sender(authorization, audience)
        json.loads(browser.decrypt(body))
    except (BadStatement, InvalidTag, ValueError):
        return False
    return True


class Connection(asyncio.Protocol):
    """HTTP/1.1 as far as a client of ours speaks it: heads with a length, kept alive."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._buffer = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._ledger.connections += 1

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = bytes(self._buffer[: end + 2])
            length = _LENGTH.search(head)
            whole = end + 4 + int(length[1] if length else 0)
            if len(self._buffer) < whole:
                break
            self._ledger.take(head, bytes(self._buffer[end + 4 : whole]))
            del self._buffer[:whole]
            self._transport.write(TAKEN)


async def serve(port: int, folder: Path, browser: DemoBrowser) -> None:
    loop, stop, ledger = asyncio.get_running_loop(), asyncio.Event(), Ledger()
    for end in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(end, stop.set)
    server = await loop.create_server(
        lambda: Connection(ledger), "127.0.0.1", port, ssl=server_context(folder), backlog=1_000
    )
    taken = server.sockets[0].getsockname()[1]
    print(json.dumps({"port": taken}), flush=True)
    await stop.wait()
    server.close()
    (folder / "push.json").write_text(json.dumps(ledger.report(browser, f"https://127.0.0.1:{taken}")) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--browser", type=Path, required=True)
    chosen = parser.parse_args()
    uvloop.run(serve(chosen.port, chosen.folder, DemoBrowser(chosen.browser.read_text())))


if __name__ == "__main__":
    main()
