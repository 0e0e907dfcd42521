"""How fast a day's digests reach N people, each with the bulletins on their own topics.

    python -m bench.digest --recipients 100000

Everything is real: PostgreSQL with fsync, synchronous_commit and full_page_writes on, Valkey, the digest queue's worker
by the production command. 300 topics of 20 agencies with a skew, 1 to 12 topics a person, 60 bulletins in the period of
which some were sent to some people at once. All go to the null SMTP server, which counts unique recipients; the worker
is measured on the way. The last line is one JSON object.
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--recipients", type=int, default=100_000)
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="govnotify-bench-", dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        print(json.dumps(run(chosen.recipients, Path(folder))), flush=True)


def run(recipients: int, folder: Path) -> dict[str, object]:
    """One pass on servers of its own."""
    from bench.fanout_servers import Servers  # noqa: PLC0415

    servers = Servers(folder)
    try:
        servers.start()
        # Django reads its settings from the environment that the servers have just made.
        from bench.digest_pass import measure  # noqa: PLC0415

        return measure(recipients, servers)
    finally:
        servers.stop()


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "govnotify.settings")
    main()
