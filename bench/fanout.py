"""How fast one bulletin reaches N subscribers, beside the best that bare pipelined clients reach on the same server.

    python -m bench.fanout --recipients 100000

Everything is real: PostgreSQL with fsync, synchronous_commit and full_page_writes on, Valkey, workers and beat by the
production commands, one bulletin of 8.4 KB in text and HTML with an unsubscribe token each. Two passes with the same
N: speed and memory beside every worker of a platform, into Postfix's smtp-sink where it is installed (else into ours);
correctness with the routine lane's alone, into ours, which counts unique recipients. The last line is one JSON object.
"""

import argparse
import json

from bench.servers import own_servers


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--recipients", type=int, default=100_000)
    chosen = arguments.parse_args()
    with own_servers() as servers:
        # Django reads its settings from the environment that the servers have just made.
        from bench.fanout_passes import measure  # noqa: PLC0415

        print(json.dumps(measure(chosen.recipients, servers)), flush=True)


if __name__ == "__main__":
    main()
