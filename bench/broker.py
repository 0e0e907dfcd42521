"""From publishing to the first accepted message with Valkey and with RabbitMQ (quorum queues) as the broker.

    python -m bench.broker --rounds 30

Each round publishes one bulletin to ten people while the routine worker is idle. RabbitMQ is Debian's package
`rabbitmq-server`, one node; where it isn't installed only Valkey is measured. Both brokers in turn, on servers of their
own, with durable PostgreSQL and the production command of the worker. The last line is one JSON object.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.servers import end_sink, own_servers
from govnotify.embedded.rabbitmq import RabbitMq

ROOT = Path(__file__).resolve().parent.parent
BROKERS = ("valkey", "rabbitmq")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=30)
    arguments.add_argument("--broker", choices=BROKERS, help="only this one")
    chosen = arguments.parse_args()
    if chosen.broker is None:
        print(json.dumps({name: _apart(name, chosen.rounds) for name in BROKERS}), flush=True)
        return
    print(json.dumps(run(chosen.broker, chosen.rounds)), flush=True)


def run(broker: str, rounds: int) -> dict[str, object] | None:
    """One broker; None where it isn't installed."""
    if broker == "rabbitmq" and not RabbitMq.is_installed():
        return None
    with own_servers() as servers, _other_broker(broker, servers.folder):
        sink, port, report = servers.own_sink()
        # Django reads its settings from the environment that the servers have just made.
        from bench.broker_rounds import measure  # noqa: PLC0415

        try:
            return measure(servers, port, rounds)
        finally:
            servers.stop_children()
            end_sink(sink, report)


@contextmanager
def _other_broker(broker: str, folder: Path) -> Iterator[None]:
    """RabbitMQ instead of Valkey, where that is asked for."""
    if broker != "rabbitmq":
        yield
        return
    rabbitmq = RabbitMq(folder / "rabbitmq")
    try:
        rabbitmq.start()
        os.environ["BROKER_URL"] = rabbitmq.url()
        yield
    finally:
        rabbitmq.stop()


def _apart(broker: str, rounds: int) -> dict[str, object] | None:
    """In a process of its own, as Django's settings can't be changed afterwards."""
    command = [sys.executable, "-m", "bench.broker", "--broker", broker, "--rounds", str(rounds)]
    said = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout  # noqa: S603
    measured: dict[str, object] | None = json.loads(said.splitlines()[-1])
    return measured


if __name__ == "__main__":
    main()
