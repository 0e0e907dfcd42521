"""The whole platform on this machine by one command: python -m govnotify.demo [--once].

Starts everything, publishes a routine bulletin and, while that is running, an emergency alert, shows both, and serves
until Ctrl-C. `--once` ends after the job: exit 0 only when every delivery is accounted for, and one line of JSON last.
Environment: PORT (of the web server), STATE (folder), ONCE; DATABASE_URL, REDIS_URL, EMAIL_URL for servers of yours.
"""

import argparse
import json
import os
import signal
import sys
import time
from pathlib import Path

from rich.console import Console

from govnotify.demo import platform
from govnotify.demo.family import Failed, Family
from govnotify.demo.ports import Ports, chosen_ports
from govnotify.demo.servers import Servers
from govnotify.demo.state import InUse, State
from govnotify.embedded.child import die_with

PLATFORM_STOPS, SERVERS_STOP = 2.5, 1.5  # seconds; all is gone within 5
ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Ended(BaseException):
    """Ctrl-C, or a signal that means the same.

    Not KeyboardInterrupt: where that one is raised inside an `exec` (each dataclass has some), CPython ends the process
    by SIGINT in the end, although it was caught.
    """


def main() -> int:
    options = _options()
    started = float(os.environ.get("STARTED") or time.time())  # `make` counts the building of the environment in
    console = Console(soft_wrap=True, highlight=False)
    for number in ENDS:
        signal.signal(number, _end)
    if "MAKELEVEL" in os.environ:
        die_with(os.getppid(), signal.SIGTERM)  # `make` killed: end as if by Ctrl-C
    try:
        with State(options.state) as state, chosen_ports(web=options.port, say=console.print) as ports:
            return _run(state, ports, console, started, once=options.once)
    except Ended:
        return 130 if options.once else 0
    except (Failed, InUse, RuntimeError) as failure:
        console.print(f"The demo ended: {failure}", markup=False)
        return 1


def _end(*_: object) -> None:
    raise Ended


def _run(state: State, ports: Ports, console: Console, started: float, *, once: bool) -> int:
    services, servers_around = Family(), Family()
    try:
        servers = Servers(state, ports, servers_around)
        console.print(f"Starting on {state.folder}")
        servers.begin()
        platform.set_environment(state, ports, servers)
        platform.preload()
        servers.wait_until_ready()
        platform.prepare_database(state, ports)
        platform.start(state, ports, services)
        platform.wait_until_ready(ports, services)
        setup_seconds = time.time() - started
        console.print(f"Everything runs, {setup_seconds:.1f} s after the start.")

        from govnotify.demo import job  # noqa: PLC0415  models: after preload has set Django up

        places = job.Places.of(ports, catches_mail=servers.catches_mail, certificate=servers.certificate)
        result = job.perform(places, state.secrets, console)
        if not once:
            job.tell_places(places, state.secrets, console)
            console.print(f"\nData, logs and secrets: {state.folder}")
            console.print("Ctrl-C ends it; the next start keeps the data, `make clean` removes them.")
            _serve(services, servers_around)
    finally:
        for number in ENDS:
            signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C must not leave children behind
        services.stop(PLATFORM_STOPS)
        servers_around.stop(SERVERS_STOP)
    print(json.dumps(result.figures() | {"setup_seconds": round(setup_seconds, 1)}))  # noqa: T201  for machines
    return 0 if result.complete else 1


def _serve(*families: Family) -> None:
    """Until the signal that ends it, or a child's end."""
    while True:
        for family in families:
            family.check()
        time.sleep(1.0)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--once", action="store_true", default=os.environ.get("ONCE", "") not in {"", "0"})
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT") or 8000))
    parser.add_argument("--state", type=Path, default=Path(os.environ.get("STATE") or ".state"))
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
