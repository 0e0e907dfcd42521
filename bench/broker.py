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
import tempfile
from pathlib import Path

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
    with tempfile.TemporaryDirectory(prefix="govnotify-bench-", dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        print(json.dumps(run(chosen.broker, chosen.rounds, Path(folder))), flush=True)


def run(broker: str, rounds: int, folder: Path) -> dict[str, object] | None:
    """One broker; None where it isn't installed."""
    from bench.fanout_servers import Servers, end_sink  # noqa: PLC0415
    from govnotify.embedded.rabbitmq import RabbitMq  # noqa: PLC0415

    rabbitmq = RabbitMq(folder / "rabbitmq") if broker == "rabbitmq" else None
    if rabbitmq is not None and not RabbitMq.is_installed():
        return None
    servers = Servers(folder)
    try:
        servers.start()
        if rabbitmq is not None:
            rabbitmq.start()
            os.environ["BROKER_URL"] = rabbitmq.url()
        sink, port, report = servers.own_sink()
        # Django reads its settings from the environment that the servers have just made.
        from bench.broker_rounds import measure  # noqa: PLC0415

        try:
            return measure(servers, port, rounds)
        finally:
            servers.stop_children()
            end_sink(sink, report)
    finally:
        if rabbitmq is not None:
            rabbitmq.stop()
        servers.stop()


def _apart(broker: str, rounds: int) -> dict[str, object] | None:
    """In a process of its own, as Django's settings can't be changed afterwards."""
    command = [sys.executable, "-m", "bench.broker", "--broker", broker, "--rounds", str(rounds)]
    said = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout  # noqa: S603
    measured: dict[str, object] | None = json.loads(said.splitlines()[-1])
    return measured


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "govnotify.settings")
    main()
