"""A null SMTP server: it accepts every mail, keeps none, and counts who was written to and how often.

    python -m bench.null_smtp --port 0 --report FILE --stamp DOMAIN

The first line on stdout is JSON with the port. SIGUSR1 writes the report to FILE and goes on; SIGTERM and
SIGINT write it and exit. It offers PIPELINING and answers a whole group of commands in one write, so that
what limits a run is the client. `--max-per-connection` makes it hang up after that many messages. `--stamp` reports
when each recipient below that domain was accepted.
"""

import argparse
import asyncio
import json
import os
import signal
import time
from collections import Counter
from pathlib import Path
from typing import cast

import uvloop

END_OF_DATA = b"\r\n.\r\n"
TAIL = 512  # octets: room for the lone dot and the commands of the next message
EHLO = b"250-null\r\n250-PIPELINING\r\n250-SIZE 52428800\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 ENHANCEDSTATUSCODES\r\n"
FIXED_ANSWERS = {
    b"MAIL": b"250 2.1.0 Ok\r\n",
    b"RSET": b"250 2.0.0 Ok\r\n",
    b"NOOP": b"250 2.0.0 Ok\r\n",
    b"EHLO": EHLO,
    b"HELO": b"250 null\r\n",
}
ACCEPTED = b"250 2.0.0 Ok: queued\r\n"


class Ledger:
    """What was accepted. Recipients are kept as one run of lines (about 30 bytes each) and counted on demand.

    Of those whose address ends in `stamped` the time of acceptance is kept as well.
    """

    def __init__(self, stamped: str = "") -> None:
        self.stamped = f"{stamped}\n".encode()
        self.stamps: dict[bytes, float] = {}
        self.messages = 0
        self.octets = 0
        self.connections = 0
        self.first: float | None = None
        self.last: float | None = None
        self.recipients = bytearray()

    def accept(self, recipients: bytes, octets: int) -> None:
        """Counts one message; `recipients` are lines, each with its line feed."""
        self.last = time.time()
        if self.first is None:
            self.first = self.last
        self.messages += 1
        self.octets += octets
        self.recipients += recipients
        if len(self.stamped) > 1 and recipients.endswith(self.stamped):
            self.stamps.update(dict.fromkeys(recipients.splitlines(), self.last))

    def report(self) -> dict[str, object]:
        """Counts, and the times (seconds since the epoch) of the first and last acceptance."""
        counts = Counter(bytes(self.recipients).splitlines())
        return {
            "messages": self.messages,
            "octets": self.octets,
            "connections": self.connections,
            "unique_recipients": len(counts),
            "duplicates": counts.total() - len(counts),
            "most_to_one": max(counts.values(), default=0),
            "first": self.first,
            "last": self.last,
            "unique_by_domain": Counter(address.rpartition(b"@")[2].decode() for address in counts),
            "stamps": {address.decode(): at for address, at in self.stamps.items()},
            "cpu_seconds": time.process_time(),
        }


class NullSmtp(asyncio.Protocol):
    """One connection: commands in `_command`, message content in `_content`."""

    def __init__(self, ledger: Ledger, max_messages: int) -> None:
        self._ledger = ledger
        self._left = max_messages or -1
        self._rest = b""
        self._in_data = False
        self._recipients = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop has classes of its own
        self._ledger.connections += 1
        self._transport.write(b"220 null ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        if self._rest:
            data = self._rest + data
        answers: list[bytes] = []
        at, end = 0, len(data)
        while at < end and not self._transport.is_closing():
            found = self._content(data, at, answers) if self._in_data else self._command(data, at, answers)
            if found < 0:
                break
            at = found
        self._rest = data[at:]
        if answers:
            self._transport.write(b"".join(answers))

    def _content(self, data: bytes, at: int, answers: list[bytes]) -> int:
        """Where the commands go on after the lone dot, or -1 where the message is not complete yet."""
        # From the line end of the DATA command on, as an empty message is a lone dot. The last octets first: there
        # cannot be a second message behind it (RFC 2920), and a search through 8 KB measured 7 µs.
        dot = data.rfind(END_OF_DATA, max(at, len(data) - TAIL))
        if dot < 0:
            dot = data.find(END_OF_DATA, at)
        if dot < 0:
            return -1
        self._in_data = False
        self._ledger.accept(self._recipients, dot - at)
        answers.append(ACCEPTED)
        self._left -= 1
        if not self._left:
            self._transport.write(b"".join(answers))
            answers.clear()
            self._transport.close()
        return dot + len(END_OF_DATA)

    def _command(self, data: bytes, at: int, answers: list[bytes]) -> int:
        """Where the next command or the message begins, or -1 where the line is not complete yet."""
        line_end = data.find(b"\r\n", at)
        if line_end < 0:
            return -1
        verb = data[at : at + 4].upper()
        if verb == b"RCPT":
            self._recipients += data[data.find(b"<", at, line_end) + 1 : data.find(b">", at, line_end)] + b"\n"
            answers.append(b"250 2.1.5 Ok\r\n")
        elif verb == b"DATA":
            answers.append(b"354 Go ahead\r\n")
            self._in_data = True
            return line_end
        elif verb == b"QUIT":
            answers.append(b"221 2.0.0 Bye\r\n")
            self._transport.write(b"".join(answers))
            answers.clear()
            self._transport.close()
        else:
            answers.append(FIXED_ANSWERS.get(verb, b"502 5.5.1 Unknown command\r\n"))
            if verb in {b"MAIL", b"RSET"}:
                self._recipients = b""
        return line_end + 2


async def serve(port: int, report: Path | None, max_messages: int, stamped: str) -> None:
    """Serves on 127.0.0.1 until SIGTERM or SIGINT."""
    loop = asyncio.get_running_loop()
    ledger = Ledger(stamped)
    stop = asyncio.Event()

    def write_report() -> None:
        if report is not None:
            unfinished = report.with_name(f"{report.name}.{os.getpid()}")
            unfinished.write_text(json.dumps(ledger.report()) + "\n")
            unfinished.replace(report)  # a reader never sees half of it

    loop.add_signal_handler(signal.SIGUSR1, write_report)
    for end in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(end, stop.set)
    server = await loop.create_server(lambda: NullSmtp(ledger, max_messages), "127.0.0.1", port, backlog=1024)
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
    await stop.wait()
    server.close()
    write_report()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--report", type=Path)
    parser.add_argument("--max-per-connection", type=int, default=0, help="0: no limit")
    parser.add_argument("--stamp", default="", metavar="DOMAIN")
    options = parser.parse_args()
    uvloop.run(serve(options.port, options.report, options.max_per_connection, options.stamp))


if __name__ == "__main__":
    main()
