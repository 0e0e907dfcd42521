"""One batch of messages, posted by a client of the test's to servers of the test's."""

import asyncio
import os
from collections.abc import Sequence
from ipaddress import ip_network

from aiohttp.abc import AbstractResolver
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from channels.https.guard import Guard
from channels.outcome import Outcome
from channels.push.client import PushClient
from channels.push.message import BrowserKeys, Push
from channels.push.vapid import VapidKeys, new_key
from tests.unit.webhook.certificates import Authority
from tests.unit.webhook.servers import Receiver, read_request

VAPID = VapidKeys([new_key()], "mailto:operator@gov.example")
POINT = ec.generate_private_key(ec.SECP256R1()).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
KEYS = BrowserKeys(POINT, os.urandom(16))
TAKEN = b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"


def client_of(
    receiver: Receiver,
    authority: Authority,
    *,
    open_networks: Sequence[str] = ("127.0.0.0/8",),
    names: AbstractResolver | None = None,
    connect_timeout: float = 5.0,
    total_timeout: float = 10.0,
) -> PushClient:
    """A client whose guard opens the receiver's port and, unless told otherwise, loopback."""
    guard = Guard([ip_network(network) for network in open_networks], frozenset({receiver.port}))
    return PushClient(
        guard,
        ca_file=authority.ca_file,
        resolver=names,
        connect_timeout=connect_timeout,
        total_timeout=total_timeout,
    )


async def posted(client: PushClient, *urls: str) -> list[Outcome]:
    """What became of a message to each, in the order in which they ended."""
    key_id = VAPID.id_of(VAPID.public_key)
    outcomes: list[Outcome] = []
    await client.post_many(
        [Push(url=url, keys=KEYS, key_id=key_id, payload=b"{}", vapid=VAPID, ttl=60) for url in urls],
        lambda _, outcome: outcomes.append(outcome),
    )
    return outcomes


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *answers: bytes) -> list[bytes]:
    """Read a request before each of the answers; the requests' first lines and headers."""
    heads = []
    for one in answers:
        heads.append((await read_request(reader)).partition(b"\r\n\r\n")[0])
        writer.write(one)
        await writer.drain()
    return heads
