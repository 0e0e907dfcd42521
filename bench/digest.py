"""How fast a day's digests reach N people, each with the bulletins on their own topics.

    python -m bench.digest --recipients 100000

Everything is real: PostgreSQL with fsync, synchronous_commit and full_page_writes on, Valkey, the digest queue's worker
by the production command. 300 topics of 20 agencies with a skew, 1 to 12 topics a person, 60 bulletins in the period of
which some were sent to some people at once. All go to the null SMTP server, which counts unique recipients; the worker
is measured on the way. The last line is one JSON object.
"""

import argparse
import json

from bench.servers import own_servers


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--recipients", type=int, default=100_000)
    arguments.add_argument("--own-hour", type=float, default=0.0, help="share of them who have chosen when to read")
    chosen = arguments.parse_args()
    with own_servers() as servers:
        # Django reads its settings from the environment that the servers have just made.
        from bench.digest_pass import measure  # noqa: PLC0415

        print(json.dumps(measure(chosen.recipients, chosen.own_hour, servers)), flush=True)


if __name__ == "__main__":
    main()
