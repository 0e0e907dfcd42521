"""How soon a bulletin on its way to N subscribers stops, and whether everybody is accounted for.

    python -m bench.stopping --recipients 100000

Real servers as in bench.fanout, with our SMTP server that stamps its last acceptance and counts unique recipients. The
bulletin is paused at 30 %, resumed, and cancelled at 60 %; then it is corrected. `stop_ms` is from the commit of the
act to the last acceptance; `unrecorded` are recipients that the server has and the rows have not; `cleared_s` is until
each of the others is a cancelled row. The last line is one JSON object.
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
    """The whole round, on servers of its own."""
    from bench.fanout_servers import Servers  # noqa: PLC0415

    servers = Servers(folder)
    try:
        servers.start()
        # Django reads its settings from the environment that the servers have just made.
        from bench.stopping_round import measure  # noqa: PLC0415

        return measure(recipients, servers)
    finally:
        servers.stop()


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "govnotify.settings")
    main()
