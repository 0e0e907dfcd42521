"""What "sent to me" costs without an index by recipient, and what that index would cost every delivery.

    python -m bench.history --deliveries 1000000

Reading: N deliveries of dispatches to 100 people each, who follow 8 of the topics; a page of a person's list, through
the topics' dispatches (`alerts.finding.sent_to_me`) and through an index by recipient that is made for the comparison.
One person follows every topic and got nothing: the page that finds least. Writing: dispatches to N / 10 people drawn
from N, with and without that index in turn, N rows being there before. The last line is one JSON object.
"""

import argparse
import json

from bench.servers import own_servers


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--deliveries", type=int, default=1_000_000)
    chosen = arguments.parse_args()
    with own_servers({"shared_buffers": "1GB", "max_wal_size": "8GB"}):
        # Django reads its settings from the environment that the servers have just made.
        from bench.history_pass import measure  # noqa: PLC0415

        print(json.dumps(measure(chosen.deliveries)), flush=True)


if __name__ == "__main__":
    main()
