"""What places cost: a register of 50,000 is imported, then slices of N subscribers are read with and without places.

    python -m bench.areas --subscribers 200000

Everything is real: PostgreSQL with fsync on, the import command's own functions, the engine's own expansion of slices
into deliveries and batches. Nothing is sent. The last line is one JSON object.
"""

import argparse
import json

from bench.servers import own_servers


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--subscribers", type=int, default=200_000)
    chosen = arguments.parse_args()
    with own_servers():
        # Django reads its settings from the environment that the servers have just made.
        from bench.areas_pass import measure  # noqa: PLC0415

        print(json.dumps(measure(chosen.subscribers)), flush=True)


if __name__ == "__main__":
    main()
