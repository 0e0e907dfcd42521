"""What it costs to know what people also follow: housekeeping's pieces, memory, and what a page waits for.

    python -m bench.suggestions --subscribers 1000000 --topics 2000

The country of bench.scale, in which besides everybody follows three topics of one interest, and one in a hundred
hundreds of topics. Every topic is counted and related once, a piece at a time as housekeeping does it; then suggestions
are read for one topic, five and fifty. Beside it stands the one statement that joins everybody's topics with
themselves, ended after a minute. The last line is one JSON object: seconds of all pieces, milliseconds of one,
megabytes of the server process (without shared memory).
"""

import argparse
import json
from pathlib import Path
from statistics import median
from time import perf_counter

from bench.servers import own_servers

FOLLOW_HUNDREDS = 200  # topics of one person in a hundred
OF_ONE_INTEREST = 20  # topics
PLAIN_SECONDS = 60
INTERESTS = """
INSERT INTO subscriptions_subscription (subscriber_id, topic_id, frequency, started_at)
SELECT person, %(first)s + person %% %(groups)s + %(groups)s * ((person / %(groups)s + 7 * number) %% %(size)s),
       'daily', '2026-01-01'
FROM generate_series(1, %(subscribers)s) AS person CROSS JOIN generate_series(0, 2) AS number
ON CONFLICT DO NOTHING
"""
MANY = """
INSERT INTO subscriptions_subscription (subscriber_id, topic_id, frequency, started_at)
SELECT person, topic, 'weekly', '2026-01-01' FROM generate_series(100, %(subscribers)s, 100) AS person
CROSS JOIN LATERAL (SELECT id AS topic FROM subscriptions_topic ORDER BY hashint8(id * 2654435761 + person)
                    LIMIT %(hundreds)s) AS many
ON CONFLICT DO NOTHING
"""
PLAIN = """
SELECT count(*) FROM (
    SELECT one.topic_id, two.topic_id FROM subscriptions_subscription one
    JOIN subscriptions_subscription two USING (subscriber_id)
    WHERE one.ended_at IS NULL AND two.ended_at IS NULL AND one.topic_id < two.topic_id
    GROUP BY one.topic_id, two.topic_id HAVING count(*) >= 20
) AS pairs
"""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--subscribers", type=int, default=1_000_000)
    arguments.add_argument("--topics", type=int, default=2_000)
    chosen = arguments.parse_args()
    with own_servers({"shared_buffers": "1GB", "max_wal_size": "8GB", "maintenance_work_mem": "512MB"}):
        print(json.dumps(_measured(chosen.subscribers, chosen.topics)), flush=True)


def _measured(subscribers: int, topics: int) -> dict[str, object]:
    import django  # noqa: PLC0415  the environment is ready now

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415

    from bench.scale_country import fill  # noqa: PLC0415
    from govnotify.lib.database import query  # noqa: PLC0415
    from subscriptions.models import RelatedTopic  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    made, _sizes, _publisher = fill(subscribers, topics // 10, topics)
    groups = {"first": made[0].pk, "groups": topics // OF_ONE_INTEREST, "size": OF_ONE_INTEREST}
    query(INTERESTS, {"subscribers": subscribers, **groups})
    query(MANY, {"subscribers": subscribers, "hundreds": FOLLOW_HUNDREDS})
    query("ANALYZE", {})
    [(rows,)] = query("SELECT count(*) FROM subscriptions_subscription", {})
    counted, related, memory = _pieces(topics)
    return {
        "subscribers": subscribers,
        "topics": topics,
        "subscriptions": rows,
        "count_seconds": round(sum(counted), 1),
        "count_ms_worst": round(max(counted) * 1000),
        "relate_seconds": round(sum(related), 1),
        "relate_ms_median": round(median(related) * 1000, 1),
        "relate_ms_worst": round(max(related) * 1000),
        "backend_mb": round(memory, 1),
        "related_rows": RelatedTopic.objects.count(),
        "read_ms": {many: _read_ms([topic.pk for topic in made[:many]]) for many in (1, 5, 50)},
        "plain_join_seconds": _plain_seconds(),
    }


def _pieces(topics: int) -> tuple[list[float], list[float], float]:
    """Seconds of each piece, those that count before those that relate, and the backend's most megabytes."""
    from govnotify.lib.database import query  # noqa: PLC0415
    from subscriptions.stocktaking import take_stock  # noqa: PLC0415

    [(pid,)] = query("SELECT pg_backend_pid()", {})
    status, seconds, memory = Path(f"/proc/{pid}/status"), [], 0.0
    while True:
        began = perf_counter()
        if not take_stock(seconds=0):
            break
        seconds.append(perf_counter() - began)
        lines = dict(line.partition(":")[::2] for line in status.read_text().splitlines())
        memory = max(memory, int(lines["RssAnon"].split()[0]) / 1024)
    return seconds[:topics], seconds[topics:], memory


def _read_ms(beside: list[int]) -> float:
    from subscriptions.suggesting import suggestions  # noqa: PLC0415

    times = []
    for _ in range(50):
        began = perf_counter()
        suggestions(beside=beside)
        times.append(perf_counter() - began)
    return round(median(times) * 1000, 2)


def _plain_seconds() -> float | str:
    from django.db import OperationalError, transaction  # noqa: PLC0415

    from govnotify.lib.database import query  # noqa: PLC0415

    began = perf_counter()
    try:
        with transaction.atomic():
            query(f"SET LOCAL statement_timeout = '{PLAIN_SECONDS}s'", {})
            query(PLAIN, {})
    except OperationalError:
        return f"ended after {PLAIN_SECONDS}"
    return round(perf_counter() - began, 1)


if __name__ == "__main__":
    main()
