"""Whether the time of an answer tells that an address is known: every public form, asked for five kinds of addresses.

    python -m bench.enumeration --requests 2000 --clients 4

Each form is sent N times for each kind (known, unknown, pending, suppressed, erased), in random order and each time for
another address, to the web server by its production command. "work" is what is done behind the form, called without
it: the difference that the form has to hide. Times are in ms; each kind is compared with the unknown addresses by the
Mann–Whitney test. With 12 comparisons a p below 0.004 says something at 95 % (Bonferroni), and an effect (Cliff's
delta) below 0.147 is called negligible. The last line is one JSON object.
"""

import argparse
import json

from bench.servers import own_servers

FORMS = ("subscribe", "embed", "sign-in")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--requests", type=int, default=2_000, help="of each kind, to each form")
    arguments.add_argument(
        "--clients", type=int, default=4, help="at the same time; more than a web worker's threads queue"
    )
    arguments.add_argument("--work", type=int, default=500, help="of each kind, to the work behind a form")
    arguments.add_argument("--form", choices=FORMS, action="append", help="only this one")
    chosen = arguments.parse_args()
    with own_servers() as servers:
        # Django reads its settings from the environment that the servers have just made.
        from bench.enumeration_pass import measure  # noqa: PLC0415

        result = measure(servers, chosen.form or list(FORMS), chosen.requests, chosen.work, chosen.clients)
        print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
