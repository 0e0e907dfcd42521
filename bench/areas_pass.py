"""The measures of the benchmark of places, run inside Django."""

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from alerts.acts.drafting import VariantText, create_bulletin  # noqa: E402
from alerts.acts.publishing import publish_bulletin  # noqa: E402
from alerts.engine.counting import count_audience  # noqa: E402
from alerts.engine.fanout import expand_next  # noqa: E402
from alerts.engine.reach import condition  # noqa: E402
from alerts.engine.topic_audience import ADD  # noqa: E402
from alerts.lanes import Channel, Lane, RecipientKind  # noqa: E402
from alerts.models import Dispatch  # noqa: E402
from bench.people import a_topic, follow  # noqa: E402
from govnotify.lib.database import bigints, query  # noqa: E402
from subscriptions.models import Place, Topic  # noqa: E402
from subscriptions.place_files import PlaceRow  # noqa: E402
from subscriptions.place_importing import import_places  # noqa: E402

REGIONS, COUNTIES, TOWNS = 20, 25, 99  # each of the one before: 50,020 places
PLACED = 0.5  # of the subscribers chose places, one or two
ROUNDS = 3
TEXT = VariantText(language="en", title="Water level", body="It rises.")
# Half of the people, each with a town, and every fourth of these with another.
AREAS = """
INSERT INTO subscriptions_subscriberarea (subscriber_id, place_id)
SELECT s.id, p.id FROM (
    SELECT id, 1 + (id * 7919) %% %(towns)s AS number FROM subscriptions_subscriber WHERE id %% 2 = 0
    UNION ALL SELECT id, 1 + (id * 104729) %% %(towns)s FROM subscriptions_subscriber WHERE id %% 8 = 0
) s JOIN (
    SELECT id, row_number() OVER (ORDER BY id) AS number FROM subscriptions_place WHERE kind = 'municipality'
) p ON p.number = s.number
ON CONFLICT DO NOTHING
"""


def measure(subscribers: int) -> dict[str, object]:
    """Seconds of an import, first and again; milliseconds of a slice of 20,000 by what the bulletin is about."""
    call_command("migrate", verbosity=0)
    rows = list(_country())
    imported, again = _seconds(lambda: import_places(rows)), _seconds(lambda: import_places(rows))
    topic, publisher = a_topic()
    follow(topic, ((number, f"person{number}@people.example") for number in range(1, subscribers + 1)))
    query(AREAS, {"towns": REGIONS * COUNTIES * TOWNS})
    town = [Place.objects.get(code="R1-1-1")]
    old_plan = _plan(topic, town, subscribers)  # on statistics from before anybody was there
    query("ANALYZE", {})
    with connection.cursor() as cursor:
        cursor.execute("VACUUM subscriptions_subscription, subscriptions_subscriberarea, subscriptions_place")
    about = {
        "everywhere": [],
        "town": ["R1-1-1"],
        "county": ["R1-1"],
        "region": ["R1"],
        "ten_regions": [f"R{n}" for n in range(1, 11)],
    }
    found: dict[str, object] = {}
    for _ in range(ROUNDS):
        for name, codes in about.items():
            areas = list(Place.objects.filter(code__in=codes))
            bulletin = create_bulletin(
                agency=topic.agency, topics=[topic], variants=[TEXT], author=publisher, areas=areas
            )
            dispatch = publish_bulletin(bulletin=bulletin, publisher=publisher)
            seen = found.setdefault(name, {"slice_ms": [], "people": 0})
            assert isinstance(seen, dict)  # noqa: S101  for the type checker
            seen["slice_ms"] += _slices(dispatch)
            seen["people"] = sum(dispatch.slices.filter(kind=1).values_list("recipients", flat=True))
            if areas:
                seen["count_ms"] = round(_seconds(partial(count_audience, [topic], areas)) * 1000)
    for seen in found.values():
        assert isinstance(seen, dict)  # noqa: S101  for the type checker
        seen["slice_ms"] = round(statistics.median(seen["slice_ms"]), 1)
    return {
        "subscribers": subscribers,
        "places": len(rows),
        "import_s": round(imported, 2),
        "import_again_s": round(again, 2),
        **found,
        "plan_on_old_statistics": old_plan,
        "plan": _plan(topic, town, subscribers),
    }


def _country() -> Iterator[PlaceRow]:
    for region in range(1, REGIONS + 1):
        yield _row(f"R{region}", "region", "")
        for county in range(1, COUNTIES + 1):
            yield _row(f"R{region}-{county}", "county", f"R{region}")
            for town in range(1, TOWNS + 1):
                yield _row(f"R{region}-{county}-{town}", "municipality", f"R{region}-{county}")


def _row(code: str, kind: str, parent: str) -> PlaceRow:
    names = {"fr": {"name": f"Lieu {code}"}}
    return PlaceRow("bench", code, f"Place {code}", kind, parent, "B", (f"B={code}",), names, None, None)


def _slices(dispatch: Dispatch) -> list[float]:
    """Milliseconds of each slice but the first, which is small, and the last, which is what is left."""
    times = []
    while True:
        started = time.perf_counter()
        if expand_next(Lane.ROUTINE, Channel.EMAIL) is None:
            break
        times.append((time.perf_counter() - started) * 1000)
        dispatch.batches.update(done_at=dispatch.cut_off)  # or expansion would wait for the senders
    return times[1:-1]


def _plan(topic: Topic, areas: Sequence[Place], subscribers: int) -> list[str]:
    """How the rows of a slice are read, by table and index."""
    local, values = condition([place.pk for place in areas], "s", RecipientKind.SUBSCRIBER)
    statement = ADD.format(recipient="subscriber_id", frequency="", areas=local, destination="0::smallint")
    rows = query(
        f"EXPLAIN {statement} SELECT count(*) FROM added",  # noqa: S608  of constants
        values | {
            "topics": bigints([topic.pk]), "after": 0, "through": min(20_000, subscribers), "cut_off": "2026-12-01",
            "month": "2026-12-01", "dispatch": 0, "kind": 1, "channel": 1, "lane": 3,
        },
    )  # fmt: skip
    return [line.strip().lstrip("-> ").partition("  (")[0] for (line,) in rows if "Scan" in line]


def _seconds(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started
