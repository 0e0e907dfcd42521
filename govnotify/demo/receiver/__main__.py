"""Runs the receiver: python -m govnotify.demo.receiver --port 0 --cert-dir DIR [--report FILE].

The first line on stdout is JSON with the port and the file of the authority to trust. SIGTERM and SIGINT end
it; then FILE gets the last /status.
"""

import argparse
import asyncio
import json
import signal
import ssl
from pathlib import Path

import uvloop
from aiohttp import web

from govnotify.demo.receiver.certificates import server_context
from govnotify.demo.receiver.ledger import Ledger
from govnotify.demo.receiver.screens import Screens
from govnotify.demo.receiver.web import application, summary

HOST = "127.0.0.1"


async def serve(port: int, tls: ssl.SSLContext, ca_file: Path) -> dict[str, object]:
    """Serve on loopback until SIGTERM or SIGINT; what was counted, as /status has it."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for end in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(end, stop.set)
    ledger, screens = Ledger(), Screens()
    runner = web.AppRunner(application(ledger, screens), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    site = web.TCPSite(runner, HOST, port, ssl_context=tls)
    await site.start()
    ready = {"port": runner.addresses[0][1], "ca_file": str(ca_file)}
    print(json.dumps(ready), flush=True)  # noqa: T201  that is how the port becomes known
    await stop.wait()
    await runner.cleanup()
    return summary(ledger, screens)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--cert-dir", type=Path, required=True)
    parser.add_argument("--report", type=Path)
    options = parser.parse_args()
    tls = server_context(options.cert_dir)
    counted = uvloop.run(serve(options.port, tls, options.cert_dir / "ca.pem"))
    if options.report is not None:
        options.report.write_text(json.dumps(counted) + "\n")


if __name__ == "__main__":
    main()
