"""How fast one bulletin reaches N subscribers, beside the best that bare pipelined clients reach on the same server.

    python -m bench.fanout --recipients 100000

Everything is real: PostgreSQL with fsync, synchronous_commit and full_page_writes on, Valkey, Celery workers with the
production command, one bulletin of 5 KB in text and HTML with an unsubscribe token each. Two passes with the same N:
speed into Postfix's smtp-sink where it is installed (else into ours), correctness into ours, which counts unique
recipients. The last line is one JSON object.
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--recipients", type=int, default=100_000)
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="govnotify-bench-", dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        print(json.dumps(run(chosen.recipients, Path(folder))), flush=True)


def run(recipients: int, folder: Path) -> dict[str, object]:
    """Both passes and the limit, on servers of their own."""
    from bench.fanout_servers import Servers  # noqa: PLC0415

    servers = Servers(folder)
    try:
        servers.start()
        # Django reads its settings from the environment that the servers have just made.
        from bench.fanout_passes import measure  # noqa: PLC0415

        return measure(recipients, servers)
    finally:
        servers.stop()


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "govnotify.settings")
    main()
