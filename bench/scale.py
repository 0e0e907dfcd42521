"""What a country's network costs: audiences, first message, slices and disk at 12 million subscribers.

    python -m bench.scale --subscribers 12000000 --agencies 1800 --topics 20000

One database of that size is filled, skewed as real networks are: the topic of rank r has a fifth of everybody, divided
by r^0.9. Then it is measured who would be reached (the largest topic, a typical one, twenty with overlaps), how soon
the first of a bulletin is accepted by an SMTP server, how long the slices take, and what lies on the disk. PostgreSQL
runs with fsync, synchronous_commit and full_page_writes on. The last line is one JSON object.
"""

import argparse
import json

from bench.servers import own_servers

# As docs/scaling.md advises for a database of this size, and the checkpoints of the load out of the way.
SETTINGS = {"shared_buffers": "4GB", "max_wal_size": "16GB", "maintenance_work_mem": "1GB"}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--subscribers", type=int, default=12_000_000)
    arguments.add_argument("--agencies", type=int, default=1_800)
    arguments.add_argument("--topics", type=int, default=20_000)
    chosen = arguments.parse_args()
    with own_servers(SETTINGS) as servers:
        # Django reads its settings from the environment that the servers have just made.
        from bench.scale_measures import measure  # noqa: PLC0415

        print(json.dumps(measure(servers, chosen.subscribers, chosen.agencies, chosen.topics)), flush=True)


if __name__ == "__main__":
    main()
