"""The bare push client: aiohttp, a message encrypted and posted at a time on each connection, and no database.

    python -m bench.bare_push --port P --messages N --folder DIR --browser FILE --payload FILE --processes 1

What our own workers are measured against. The payload is encrypted anew for each message, as RFC 8291 demands, the
statement signed once. Prints {rate, seconds, cpu_us_per_message}. It notices refusals, and handles none.
"""

import argparse
import asyncio
import json
import os
import ssl
import time
from collections.abc import Iterator
from multiprocessing import get_context
from pathlib import Path

import aiohttp
import uvloop

from channels.push.client import PER_SERVICE
from channels.push.encryption import encrypt
from channels.push.message import BrowserKeys
from channels.push.vapid import VapidKeys, new_key
from govnotify.demo.receiver.browser import DemoBrowser


async def send(port: int, ca_file: str, keys: BrowserKeys, payload: bytes, numbers: Iterator[int]) -> None:
    """One process's messages, over as many connections as ours may have."""
    origin = f"https://127.0.0.1:{port}"
    vapid = VapidKeys([new_key()], "mailto:operator@gov.example")
    headers = {
        "authorization": vapid.authorization(origin, vapid.id_of(vapid.public_key)),
        "content-encoding": "aes128gcm", "content-type": "application/octet-stream",
        "ttl": "86400", "urgency": "normal", "topic": "d1",
    }  # fmt: skip

    async def turn(session: aiohttp.ClientSession) -> None:
        for number in numbers:
            body = encrypt(payload, keys.public_key, keys.auth)
            async with session.post(f"{origin}/push/{number}", data=body, headers=headers) as answer:
                if answer.status != 201:
                    raise RuntimeError(f"message {number} was answered {answer.status}")

    connector = aiohttp.TCPConnector(limit=PER_SERVICE, ssl=ssl.create_default_context(cafile=ca_file))
    async with aiohttp.ClientSession(connector=connector) as session:
        await asyncio.gather(*(turn(session) for _ in range(PER_SERVICE)))


def _run(port: int, ca_file: str, secret: str, payload: bytes, numbers: range) -> None:
    uvloop.run(send(port, ca_file, DemoBrowser(secret).keys, payload, iter(numbers)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--port", "--messages", "--processes"):
        parser.add_argument(name, type=int, required=True)
    for name in ("--folder", "--browser", "--payload"):
        parser.add_argument(name, type=Path, required=True)
    chosen = parser.parse_args()
    given = (chosen.port, str(chosen.folder / "ca.pem"), chosen.browser.read_text(), chosen.payload.read_bytes())
    started = time.monotonic()
    children = [
        get_context("fork").Process(target=_run, args=(*given, range(first, chosen.messages, chosen.processes)))
        for first in range(chosen.processes)
    ]
    for child in children:
        child.start()
    for child in children:
        child.join()
    if any(child.exitcode for child in children):
        raise SystemExit("a client failed: see above")
    seconds, used = time.monotonic() - started, os.times()
    cpu = used.children_user + used.children_system
    print(
        json.dumps({
            "rate": round(chosen.messages / seconds),
            "seconds": round(seconds, 3),
            "cpu_us_per_message": round(cpu / chosen.messages * 1e6, 1),
        })
    )  # fmt: skip


if __name__ == "__main__":
    main()
