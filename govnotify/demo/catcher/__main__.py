"""Runs the catcher: python -m govnotify.demo.catcher --smtp-port 0 --web-port 0 --folder DIR [--report FILE].

The first line on stdout is JSON with both ports. SIGTERM and SIGINT end it; then FILE gets the last /status. With
`--platform URL` it also plays the site of a city that has the platform's form on it.
"""

import argparse
import asyncio
import json
import logging
import signal
from pathlib import Path

import uvloop
from aiohttp import web

from govnotify.demo.catcher.ledger import Ledger
from govnotify.demo.catcher.smtp import CatchingSMTP, Keeper
from govnotify.demo.catcher.store import MailStore
from govnotify.demo.catcher.web import application

HOST = "127.0.0.1"


async def serve(smtp_port: int, web_port: int, folder: Path, platform: str) -> Ledger:
    """Serve both sides on loopback until SIGTERM or SIGINT; what was counted."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for end in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(end, stop.set)
    store, ledger = MailStore(folder), Ledger()
    keeper = Keeper(store, ledger)
    smtp = await loop.create_server(lambda: CatchingSMTP(keeper), HOST, smtp_port, backlog=1024)
    runner = web.AppRunner(application(store, ledger, platform), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    site = web.TCPSite(runner, HOST, web_port)
    await site.start()
    ports = {"smtp_port": smtp.sockets[0].getsockname()[1], "web_port": runner.addresses[0][1]}
    print(json.dumps(ports), flush=True)  # noqa: T201  that is how the ports become known
    await stop.wait()
    smtp.close()
    await runner.cleanup()
    store.close()
    return ledger


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--smtp-port", type=int, default=0)
    parser.add_argument("--web-port", type=int, default=0)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--report", type=Path)
    parser.add_argument("--platform", default="")
    options = parser.parse_args()
    logging.getLogger("mail.log").setLevel(logging.ERROR)  # aiosmtpd tells every command at INFO
    ledger = uvloop.run(serve(options.smtp_port, options.web_port, options.folder, options.platform))
    if options.report is not None:
        options.report.write_text(json.dumps(ledger.summary()) + "\n")


if __name__ == "__main__":
    main()
