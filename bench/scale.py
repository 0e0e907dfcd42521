"""What a country's network costs: audiences, first message, slices and disk at 12 million subscribers.

    python -m bench.scale --subscribers 12000000 --agencies 1800 --topics 20000

One database of that size is filled, skewed as real networks are: the topic of rank r has a fifth of everybody, divided
by r^0.9. Then it is measured who would be reached (the largest topic, a typical one, twenty with overlaps), how soon
the first of a bulletin is accepted by an SMTP server, how long the slices take, and what lies on the disk. PostgreSQL
runs with fsync, synchronous_commit and full_page_writes on. The last line is one JSON object.
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--subscribers", type=int, default=12_000_000)
    arguments.add_argument("--agencies", type=int, default=1_800)
    arguments.add_argument("--topics", type=int, default=20_000)
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="govnotify-bench-", dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        print(json.dumps(run(chosen.subscribers, chosen.agencies, chosen.topics, Path(folder))), flush=True)


def run(subscribers: int, agencies: int, topics: int, folder: Path) -> dict[str, object]:
    """Fill and measure, on servers of their own."""
    from bench.fanout_servers import Servers  # noqa: PLC0415

    # Sized as docs/scaling.md advises for a database of this size, and the checkpoints of the load out of the way.
    servers = Servers(folder, {"shared_buffers": "4GB", "max_wal_size": "16GB", "maintenance_work_mem": "1GB"})
    try:
        servers.start()
        # Django reads its settings from the environment that the servers have just made.
        from bench.scale_measures import measure  # noqa: PLC0415

        return measure(servers, subscribers, agencies, topics)
    finally:
        servers.stop()


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "govnotify.settings")
    main()
