"""The passes of the vacuum benchmark, run inside Django."""

from dataclasses import asdict, dataclass

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.utils import timezone  # noqa: E402

from agencies.models import User  # noqa: E402
from alerts.partitions import ensure_months_ahead  # noqa: E402
from alerts.reports import progress  # noqa: E402
from bench.costs_pass import BYTES  # noqa: E402
from bench.dead_rows import DeadRows  # noqa: E402
from bench.fanout_passes import crowd, publish_and_wait  # noqa: E402
from bench.servers import Servers, end_sink  # noqa: E402
from govnotify.lib.database import query  # noqa: E402
from subscriptions.models import Topic  # noqa: E402

# What was sent in the pass before goes, with its files and its counts.
EMPTY = "TRUNCATE alerts_delivery, alerts_batch, alerts_turn, alerts_dispatch CASCADE"
# So many were sent earlier in the month, by dispatches of which nothing is left to do.
EARLIER = """
INSERT INTO alerts_delivery (month, dispatch_id, recipient_kind, recipient_id, channel, lane, topics, status,
                             changed_at)
SELECT date_trunc('month', now() AT TIME ZONE 'UTC'), 0, 1, id, 1, 3, '{1}', 1, now()
FROM generate_series(1, %(deliveries)s) AS id
"""
TUNED = """
SELECT c.oid::regclass::text, array_agg(split_part(option, '=', 1))
FROM pg_class c CROSS JOIN unnest(c.reloptions) AS option
WHERE c.relkind = 'r' AND option LIKE 'autovacuum%%' GROUP BY c.oid
"""


@dataclass(frozen=True, slots=True)
class Sizes:
    recipients: int
    bulletins: int
    earlier: int  # deliveries of the month before the first bulletin


def measure(sizes: Sizes, servers: Servers) -> dict[str, object]:
    """As many bulletins with our storage parameters, then with none."""
    call_command("migrate", verbosity=0)
    topic, publisher = crowd(sizes.recipients)
    ours = _run(sizes, servers, topic, publisher)
    query(EMPTY, {})
    query("SELECT pg_stat_reset()", {})
    for table, options in query(TUNED, {}):
        query(f"ALTER TABLE {table} RESET ({', '.join(options)})", {})
    return {**asdict(sizes), "ours": ours, "defaults": _run(sizes, servers, topic, publisher)}


def _run(sizes: Sizes, servers: Servers, topic: Topic, publisher: User) -> dict[str, object]:
    ensure_months_ahead(timezone.now().date())
    query(EARLIER, {"deliveries": sizes.earlier})
    query("VACUUM ANALYZE alerts_delivery", {})
    before = _bytes()
    sink, port, report = servers.own_sink()
    servers.start_workers(port)
    rates = []
    with DeadRows() as rows:
        for _ in range(sizes.bulletins):
            dispatch, seconds = publish_and_wait(topic, publisher)
            if (sent := progress(dispatch).sent) != sizes.recipients:
                raise RuntimeError(f"{sent} of {sizes.recipients} sent: {servers.folder / 'routine.log'}")
            rates.append(round(sizes.recipients / seconds))
    servers.stop_children()
    end_sink(sink, report)
    grown = {name: round((now - before[name]) / (sizes.bulletins * sizes.recipients)) for name, now in _bytes().items()}
    return {"rates": rates, "bytes_per_delivery": grown, "tables": rows.seen()}


def _bytes() -> dict[str, int]:
    [(heap, indexes)] = query(BYTES, {})
    return {"heap": int(heap), "index": int(indexes)}
