"""The measurements of the scale benchmark, run inside Django."""

import statistics
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

import django

django.setup()

from django.core.management import call_command  # noqa: E402

from agencies.models import User  # noqa: E402
from alerts.acts.drafting import VariantText, create_bulletin  # noqa: E402
from alerts.acts.publishing import publish_bulletin  # noqa: E402
from alerts.engine.counting import count_audience  # noqa: E402
from alerts.engine.fanout import expand_next  # noqa: E402
from alerts.lanes import Channel, Lane  # noqa: E402
from alerts.models import Batch, Dispatch  # noqa: E402
from alerts.reports import progress  # noqa: E402
from bench.scale_country import fill  # noqa: E402
from bench.servers import Servers, end_sink  # noqa: E402
from govnotify.lib.database import query  # noqa: E402
from subscriptions.models import Topic  # noqa: E402

T = TypeVar("T")
SECONDS_OF_SENDING = 20.0
ROUNDS = 3
TWENTY = 20  # topics at once, from rank 3 on: their audiences overlap

DISK = """
SELECT relname, pg_relation_size(oid), pg_indexes_size(oid), pg_total_relation_size(oid) FROM pg_class
WHERE relname IN ('subscriptions_subscriber', 'subscriptions_subscription')
   OR (relkind = 'r' AND relname LIKE 'alerts\\_delivery\\_%%' AND pg_relation_size(oid) > 0)
"""


def measure(servers: Servers, subscribers: int, agencies: int, topics: int) -> dict[str, object]:
    """Everything that the module `bench.scale` promises."""
    call_command("migrate", verbosity=0)
    started = time.monotonic()
    ranked, sizes, publisher = fill(subscribers, agencies, topics)
    loaded = time.monotonic() - started
    cases = {
        "largest": ranked[:1],
        "typical": ranked[topics // 2 : topics // 2 + 1],
        "twenty": ranked[2 : 2 + TWENTY],
    }
    return {
        "subscribers": subscribers,
        "agencies": agencies,
        "topics": topics,
        "subscriptions": sum(sizes),
        "load_seconds": round(loaded),
        "audiences": {name: _audience(chosen) for name, chosen in cases.items()},
        "expansion": {name: _expansion(chosen, publisher) for name, chosen in cases.items()},
        "publish_to_first_ms": {name: _first(servers, chosen, publisher) for name, chosen in cases.items()},
        "disk": _disk(),
    }


def _audience(topics: Sequence[Topic]) -> dict[str, object]:
    """What the composer shows while the editor ticks topics."""
    people, first = _timed(lambda: count_audience(topics).people)
    again = [_timed(lambda: count_audience(topics).people)[1] for _ in range(ROUNDS)]
    return {"people": people, "first_ms": first, "median_ms": round(statistics.median(again), 1)}


def _expansion(topics: Sequence[Topic], publisher: User) -> dict[str, object]:
    """The whole audience into deliveries and batches, slice by slice, with no worker beside it."""
    dispatch = _publish(topics, publisher)
    log = query("SELECT pg_current_wal_insert_lsn()", {})[0][0]
    took: list[float] = []
    while True:
        expanded, milliseconds = _timed(lambda: expand_next(Lane.ROUTINE, Channel.EMAIL))
        if expanded is None:
            break
        took.append(milliseconds)
        # A slice is held back while enough batches wait: nobody sends here, so they are put aside.
        Batch.objects.filter(dispatch=dispatch, done_at=None).update(done_at=dispatch.cut_off)
    [(written,)] = query("SELECT pg_current_wal_insert_lsn() - %(log)s::pg_lsn", {"log": log})
    recipients = progress(dispatch).recipients
    _end(dispatch)
    return {
        "recipients": recipients,
        "slices": len(took),
        "first_slice_ms": took[0],
        "median_slice_ms": round(statistics.median(took), 1),
        "longest_slice_ms": max(took),
        "us_per_recipient": round(sum(took) / max(recipients, 1) * 1000, 2),
        "wal_bytes_per_recipient": round(written / max(recipients, 1)),
    }


def _first(servers: Servers, topics: Sequence[Topic], publisher: User) -> list[int | None]:
    """From the call of publish to the first acceptance, with real workers; each bulletin is stopped soon after."""
    process, port, report = servers.own_sink()
    servers.start_workers(port)
    found: list[int | None] = []
    for _ in range(ROUNDS):
        dispatch = _publish(topics, publisher)
        end = time.monotonic() + SECONDS_OF_SENDING
        while (now := progress(dispatch)).first_ms is None and time.monotonic() < end:
            time.sleep(0.05)
        found.append(now.first_ms)
        _end(dispatch)
        time.sleep(1.0)  # what was claimed is sent to its end
    servers.stop_children()
    end_sink(process, report)
    return found


def _publish(topics: Sequence[Topic], publisher: User) -> Dispatch:
    """A bulletin on these topics. Nobody may publish on another agency's, so all are moved to the first one's."""
    agency = topics[0].agency
    Topic.objects.filter(pk__in=[topic.pk for topic in topics]).update(agency=agency)
    chosen = list(Topic.objects.filter(pk__in=[topic.pk for topic in topics]))
    text = VariantText(language="en", title="Water level", body="The river has risen by 12 cm.")
    bulletin = create_bulletin(agency=agency, topics=chosen, variants=[text], author=publisher)
    return publish_bulletin(bulletin=bulletin, publisher=publisher)


def _end(dispatch: Dispatch) -> None:
    Dispatch.objects.filter(pk=dispatch.pk).update(state=Dispatch.State.CANCELLED)


def _disk() -> dict[str, dict[str, float]]:
    """Bytes of each table, its indexes, and both for a row."""
    found = {}
    for name, heap, indexes, total in query(DISK, {}):
        [(rows,)] = query(f"SELECT count(*) FROM {name}", {})  # noqa: S608  a table's name from the catalogue
        found[name] = {"rows": rows, "heap": heap, "indexes": indexes, "bytes_per_row": round(total / max(rows, 1), 1)}
    return found


def _timed(act: Callable[[], T]) -> tuple[T, float]:
    started = time.perf_counter()
    result = act()
    return result, round((time.perf_counter() - started) * 1000, 1)
