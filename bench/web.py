"""The pages under load: the production web server, a million subscribers, an archive, sign-ups that are new each time.

    python -m bench.web --subscribers 1000000

Each page is asked for by a process of its own (`bench.web_load`) for a few seconds: first with nothing kept, so that
Django answers every request, then what the page cache gives. Queries are counted beside it. The last line is one JSON
object.
"""

import argparse
import json
import os
import sys

import django

from bench.servers import own_servers

SETTINGS = {"shared_buffers": "2GB", "max_wal_size": "16GB", "maintenance_work_mem": "1GB"}
# Limits on strangers are counted as ever, and never reached.
LIMITS = {
    "SIGN_UPS_PER_IP_AND_HOUR": "100000000",
    "SIGN_UPS_PER_MAIL_DOMAIN_AND_HOUR": "100000000",
    "API_RATE": "100000000/min",
    "MINIMUM_FILL_SECONDS": "0",
}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--subscribers", type=int, default=1_000_000)
    arguments.add_argument("--bulletins", type=int, default=10_000)
    arguments.add_argument("--seconds", type=float, default=4.0, help="for each page")
    chosen = arguments.parse_args()
    os.environ |= LIMITS
    with own_servers(SETTINGS) as servers:
        # Django reads its settings from the environment that the servers have just made.
        django.setup()
        from bench.web_country import fill  # noqa: PLC0415
        from bench.web_pages import measure  # noqa: PLC0415

        result: dict[str, object] = {"load_before": round(os.getloadavg()[0], 1)}
        result |= fill(chosen.subscribers, chosen.bulletins)
        print(f"filled in {result['fill_s']} s", file=sys.stderr, flush=True)
        result |= measure(servers, chosen.seconds)
        print(json.dumps(result | {"load_after": round(os.getloadavg()[0], 1)}), flush=True)


if __name__ == "__main__":
    main()
