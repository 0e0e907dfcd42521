"""Somebody at a desk publishes a bulletin to a topic's new followers, with an operator's settings.

    python -m tests.cluster.desk SLUG PEOPLE

Prints JSON: the dispatch's id and everybody's address.
"""

import json
import sys

import django


def main() -> None:
    django.setup()
    from tests.integration.faults.scenes import a_bulletin_sent, a_crowd  # noqa: PLC0415  models need Django set up

    topic, people = a_crowd(sys.argv[1], int(sys.argv[2]))
    print(json.dumps({"dispatch": a_bulletin_sent(topic).pk, "people": sorted(people)}))  # noqa: T201  its answer


if __name__ == "__main__":
    main()
