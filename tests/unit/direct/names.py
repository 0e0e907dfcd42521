"""A DNS server on loopback that answers from a table."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import cast

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

SERVFAIL = "servfail"
SILENT = "silent"
TTL = 300

Table = Mapping[str, str | Mapping[str, list[str]]]


@dataclass
class Names(asyncio.DatagramProtocol):
    """`table` maps a name to its records by type, or to SERVFAIL or SILENT. What is not in it does not exist."""

    table: dict[str, str | Mapping[str, list[str]]]
    asked: Counter[tuple[str, str]] = field(default_factory=Counter)
    port: int = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        query = dns.message.from_wire(data)
        [question] = query.question
        name, kind = question.name.to_text(omit_final_dot=True).lower(), dns.rdatatype.to_text(question.rdtype)
        self.asked[name, kind] += 1
        response = dns.message.make_response(query)
        response.flags |= dns.flags.RA
        known = self.table.get(name)
        if known is None:
            response.set_rcode(dns.rcode.NXDOMAIN)
        elif known == SILENT:
            return
        elif isinstance(known, str):
            response.set_rcode(dns.rcode.SERVFAIL)
        elif records := known.get(kind):
            response.answer.append(dns.rrset.from_text(question.name, TTL, "IN", kind, *records))
        self._transport.sendto(response.to_wire(), addr)


@contextlib.asynccontextmanager
async def name_server(table: Table) -> AsyncIterator[Names]:
    transport, names = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: Names(dict(table)), local_addr=("127.0.0.1", 0)
    )
    try:
        yield names
    finally:
        transport.close()
        await asyncio.sleep(0)
