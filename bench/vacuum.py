"""Whether autovacuum keeps up: bulletin after bulletin to N subscribers, and what they leave behind.

    python -m bench.vacuum --recipients 500000 --bulletins 6 --earlier 10000000

The first pass has the storage parameters of our tables, the second PostgreSQL's own; both into our null server, in a
month in which so many were sent `earlier`. The last line is one JSON object: for each pass the rate of every bulletin,
the bytes by which a delivery made heap and index grow, and for each table its dead rows and autovacuum's visits.
"""

import argparse
import json

from bench.servers import own_servers

SETTINGS = {"max_wal_size": "16GB"}  # the checkpoints of what was sent earlier out of the way


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--recipients", type=int, default=500_000)
    arguments.add_argument("--bulletins", type=int, default=6)
    arguments.add_argument("--earlier", type=int, default=10_000_000, help="deliveries of the month before the first")
    chosen = arguments.parse_args()
    with own_servers(SETTINGS) as servers:
        # Django reads its settings from the environment that the servers have just made.
        from bench.vacuum_pass import Sizes, measure  # noqa: PLC0415

        sizes = Sizes(chosen.recipients, chosen.bulletins, chosen.earlier)
        print(json.dumps(measure(sizes, servers)), flush=True)


if __name__ == "__main__":
    main()
