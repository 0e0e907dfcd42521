"""An SMTP server that takes its time for each message and writes down who was written to, and from which host.

    python -m tests.cluster.sink --address 10.77.0.1 --port 2525 --ledger FILE

Each line of the ledger is one accepted message: seconds since the epoch, address of the client, recipient. A connection
gets at most one message through in MESSAGE_SECONDS, so what limits the rate is the number of connections and not the
processors that all hosts of the test share.
"""

import argparse
import asyncio
import time
from pathlib import Path
from typing import TextIO

MESSAGE_SECONDS = 0.02
EHLO = b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n"
ANSWERS = {b"EHLO": EHLO, b"HELO": b"250 sink\r\n", b"QUIT": b"221 2.0.0 Bye\r\n"}


async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, ledger: TextIO) -> None:
    """One connection to its end."""
    client = writer.get_extra_info("peername")[0]
    recipient = ""
    writer.write(b"220 sink ESMTP\r\n")
    while line := await reader.readline():
        verb = line[:4].upper()
        if verb == b"RCPT":
            recipient = line.partition(b"<")[2].partition(b">")[0].decode()
        if verb == b"DATA":
            writer.write(b"354 Go ahead\r\n")
            if not await _content(reader):
                return
            await asyncio.sleep(MESSAGE_SECONDS)
            ledger.write(f"{time.time()} {client} {recipient}\n")
            ledger.flush()
        writer.write(ANSWERS.get(verb, b"250 2.0.0 Ok\r\n"))
        await writer.drain()
        if verb == b"QUIT":
            return


async def _content(reader: asyncio.StreamReader) -> bool:
    """Read to the lone dot; False where the connection ends before it."""
    while line := await reader.readline():
        if line == b".\r\n":
            return True
    return False


async def serve(address: str, port: int, ledger: TextIO) -> None:
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await converse(reader, writer, ledger)
        except OSError:  # the client is gone, and with it what it had not finished
            pass
        finally:
            writer.close()

    async with await asyncio.start_server(connected, address, port) as server:
        await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--address", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--ledger", type=Path, required=True)
    options = parser.parse_args()
    with options.ledger.open("a") as ledger:
        asyncio.run(serve(options.address, options.port, ledger))


if __name__ == "__main__":
    main()
