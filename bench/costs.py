"""Where the microseconds and the bytes of one bulletin to N subscribers go.

    python -m bench.costs --recipients 1000000

One pass of `bench.fanout` into our null server, with everything counted: processor time of workers, PostgreSQL, broker
and server; PostgreSQL's time for each step; rendering and SMTP by themselves, in this process, for the same message;
bytes of heap, index and write-ahead log for a delivery; and how autovacuum kept up. The last line is one JSON object,
in which `us` is microseconds for a recipient.
"""

import argparse
import json

from bench.servers import own_servers

# Planning is counted too, which PostgreSQL does not do by itself.
SETTINGS = {"pg_stat_statements.track_planning": "on", "max_wal_size": "16GB"}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--recipients", type=int, default=1_000_000)
    chosen = arguments.parse_args()
    with own_servers(SETTINGS) as servers:
        # Django reads its settings from the environment that the servers have just made.
        from bench.costs_pass import measure  # noqa: PLC0415

        print(json.dumps(measure(chosen.recipients, servers)), flush=True)


if __name__ == "__main__":
    main()
