"""Whether any fault loses a message: rounds of one bulletin to N people, each with a fault in the middle.

    python -m bench.crash --rounds 20 --recipients 50000 --seed 1

Everything is real: durable PostgreSQL, Valkey, the production commands, `kill -9`. A fault strikes while 20 to 80 % of
the round is unsent, else the round is played again. The mail server counts every acceptance by recipient and is judge
beside our rows: `missing` are people whom it never took a message for, or whom our rows do not call sent, but for those
whom it told 550. `duplicates` are acceptances beyond the first; the second copies to those whose first the server took
without a word are `doubled_after_dot`, as nobody can know. Deferred deliveries would be tried again after minutes: as
an operator may, the benchmark makes them due by SQL once the fault is over. The last line is one JSON object; the exit
code is 1 when a round was not sound, or when more than 0.2 % of a million or more went twice. A seed gives the same
faults, at the same moments, to the same victims.
"""

import argparse
import json
import random
import sys
from pathlib import Path

from bench.crash_servers import Platform
from bench.servers import own_folder


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=20)
    arguments.add_argument("--recipients", type=int, default=50_000)
    arguments.add_argument("--seed", type=int, default=random.randrange(1_000_000))  # noqa: S311  printed, not secret
    arguments.add_argument("--only", default="", help="only faults whose name has this in it")
    chosen = arguments.parse_args()
    print(f"seed {chosen.seed}", flush=True)
    with own_folder() as folder:
        result = run(chosen.rounds, chosen.recipients, chosen.seed, chosen.only, folder)
    print(json.dumps(result), flush=True)
    sys.exit(not result["is_sound"])


def run(rounds: int, recipients: int, seed: int, only: str, folder: Path) -> dict[str, object]:
    """All rounds, on servers of their own."""
    platform = Platform(folder)
    try:
        platform.start()
        # Django reads its settings from the environment that the servers have just made.
        from bench.crash_rounds import play  # noqa: PLC0415

        return play(rounds=rounds, recipients=recipients, seed=seed, only=only, platform=platform)
    finally:
        platform.stop()


if __name__ == "__main__":
    main()
