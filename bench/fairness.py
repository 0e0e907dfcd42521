"""What a bulletin to a hundred people waits for while another agency's to very many is being sent.

    python -m bench.fairness --large 1000000

Everything is real, as in bench.fanout: durable PostgreSQL, Valkey, all workers and beat by the production commands, and
an SMTP server that stamps the moment at which it accepts each recipient in question. The small bulletin is published on
the idle platform, and then when 30 to 60 % of the large one are accepted; times are milliseconds from the call that
publishes. Then again with a mail domain that the routine lane may send 200 messages a second to: one in twenty of the
large bulletin's people is there, and everybody of the small one's. `kept` is how that rate was kept while mail for the
domain waited: the mean of it, and the most that was accepted in any second and any ten. The last line is one object.
"""

import argparse
import json

from bench.servers import own_servers


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--large", type=int, default=1_000_000, help="recipients of the large bulletin")
    arguments.add_argument("--small", type=int, default=100, help="recipients of the small one")
    chosen = arguments.parse_args()
    with own_servers() as servers:
        # Django reads its settings from the environment that the servers have just made.
        from bench.fairness_rounds import measure  # noqa: PLC0415

        print(json.dumps(measure(chosen.large, chosen.small, servers)), flush=True)


if __name__ == "__main__":
    main()
