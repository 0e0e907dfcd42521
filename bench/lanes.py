"""How long an emergency takes while everything else is being sent, beside the same emergency on an idle platform.

    python -m bench.lanes --routine 1000000

Everything is real, as in bench.fanout: durable PostgreSQL, Valkey, all workers and beat by the production commands, and
one SMTP server for all lanes, which stamps the moment at which it accepts each recipient of an emergency. Emergencies
to 10,000 people are approved: first on the idle platform, then while a routine bulletin and a digest run are being
sent, when 30 to 60 % of the bulletin is accepted. Times are milliseconds from the call that approves. Of several rounds
the one with the median p99 is shown, the worst beside it, and the first since the start as `cold`. The last line is one
JSON object.
"""

import argparse
import json

from bench.servers import own_servers


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--routine", type=int, default=1_000_000, help="recipients of the routine bulletin")
    arguments.add_argument("--digest", type=int, help="recipients of the digest run; half of the bulletin's")
    arguments.add_argument("--emergency", type=int, default=10_000, help="recipients of each emergency")
    arguments.add_argument("--rounds", type=int, default=7, help="emergencies of each kind")
    chosen = arguments.parse_args()
    with own_servers() as servers:
        # Django reads its settings from the environment that the servers have just made.
        from bench.lanes_rounds import Sizes, measure  # noqa: PLC0415

        sizes = Sizes(chosen.routine, chosen.digest or chosen.routine // 2, chosen.emergency, chosen.rounds)
        print(json.dumps(measure(sizes, servers)), flush=True)


if __name__ == "__main__":
    main()
