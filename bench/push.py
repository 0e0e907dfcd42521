"""How fast one bulletin reaches N browsers, beside a bare client that encrypts and posts the same messages.

    python -m bench.push --browsers 20000

Everything is real: PostgreSQL with fsync, synchronous_commit and full_page_writes on, Valkey, the worker of routine
pushes by the production command, TLS. All go to a null push service on loopback, which counts by browser and decrypts
one message in twenty once the clock has stopped. The last line is one JSON object.
"""

import argparse
import json
import os

from bench.servers import own_servers
from channels.push.vapid import new_key
from govnotify.embedded import free_port


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--browsers", type=int, default=20_000)
    chosen = arguments.parse_args()
    port = free_port()
    with own_servers() as servers:
        os.environ.update(
            VAPID_KEYS=new_key(),
            PUSH_ALLOWED_NETWORKS="127.0.0.0/8",
            PUSH_ALLOWED_PORTS=str(port),
            PUSH_CA_FILE=str(servers.folder / "ca.pem"),
        )
        # Django reads its settings from the environment that stands now.
        from bench.push_pass import measure  # noqa: PLC0415

        print(json.dumps(measure(chosen.browsers, port, servers)), flush=True)


if __name__ == "__main__":
    main()
