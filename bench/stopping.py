"""How soon a bulletin on its way to N subscribers stops, and whether everybody is accounted for.

    python -m bench.stopping --recipients 100000

Real servers as in bench.fanout, with our SMTP server that stamps its last acceptance and counts unique recipients. The
bulletin is paused at 30 %, resumed, and cancelled at 60 %; then it is corrected. `stop_ms` is from the commit of the
act to the last acceptance; `unrecorded` are recipients that the server has and the rows have not; `cleared_s` is until
each of the others is a cancelled row. The last line is one JSON object.
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
        from bench.stopping_round import measure  # noqa: PLC0415

        print(json.dumps(measure(chosen.recipients, servers)), flush=True)


if __name__ == "__main__":
    main()
