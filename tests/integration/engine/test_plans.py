"""What reads a few rows of a large dispatch reads no others, on statistics from before there was that dispatch."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from alerts.engine import clearing
from alerts.engine.records import RECORD_RETRIES, record_batch
from alerts.lanes import LEASE, Channel, Lane, RecipientKind
from alerts.models import Batch
from govnotify.lib.database import bigints, query
from tests.integration.faults.scenes import a_bulletin_sent, a_crowd

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE, FEW = 20_000, 50
FILL = """
INSERT INTO alerts_delivery (month, dispatch_id, recipient_kind, recipient_id, channel, lane, topics, status, next_attempt_at)
SELECT %(month)s, %(dispatch)s, 1, id, 1, 3, '{1}', CASE WHEN id %% %(every)s = 0 THEN 2 ELSE 0 END,
       CASE WHEN id %% %(every)s = 0 THEN now() END
FROM generate_series(1, %(people)s) AS id
"""  # noqa: E501


@pytest.fixture
def large() -> dict[str, Any]:
    """A dispatch of which the statistics know nothing: they are of another, in which everybody was deferred."""
    topic, _ = a_crowd("water", 1)
    first, second = a_bulletin_sent(topic), a_bulletin_sent(topic)
    query(FILL, {"month": first.month, "dispatch": first.pk, "people": 2 * FEW, "every": 1})
    query("ANALYZE alerts_delivery, alerts_batch", {})
    query(FILL, {"month": second.month, "dispatch": second.pk, "people": PEOPLE, "every": PEOPLE // FEW})
    common = {"lane": Lane.ROUTINE, "kind": RecipientKind.SUBSCRIBER, "channel": Channel.EMAIL}
    batch = Batch.objects.create(
        dispatch=second, agency_id=1, first_id=1, last_id=PEOPLE, size=PEOPLE, token=1, **common
    )
    return {"month": second.month, "dispatch": second.pk, "batch": batch.pk} | {
        name: member.value for name, member in common.items()
    }


def rows_read(statement: str, values: Mapping[str, Any]) -> int:
    """The most that one step of the plan has read from a table."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", values)
        [(found,)] = cursor.fetchall()
    plans = found if isinstance(found, list) else json.loads(found)
    return max(int(node["Actual Loops"] * _passed(node)) for node in _nodes(plans[0]["Plan"]))


def _passed(node: Mapping[str, Any]) -> float:
    removed = [name for name in node if name.startswith("Rows Removed")]
    return float(node["Actual Rows"] + sum(node[name] for name in removed))


def _nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield plan
    for below in plan.get("Plans", []):
        yield from _nodes(below)


@transaction.atomic
def test_clearing_the_deferred_of_a_cancelled_dispatch(large):
    query(clearing.BY_INDEX, {})
    assert rows_read(clearing.CANCEL_DEFERRED, large | {"lease": LEASE, "limit": clearing.AT_ONCE}) <= 4 * FEW


@pytest.mark.parametrize("decides", [False, True])
def test_recording_results(large, decides: bool):
    values = results(range(1, FEW + 1), decided=range(FEW + 1, 2 * FEW + 1) if decides else ())
    fence = {"token": 1, "lease": LEASE, "closing": False, "done": False}
    assert rows_read(record_batch(large["month"], has_decisions=decides), large | values | fence) <= 4 * FEW


def test_recording_results_of_retries(large):
    due = [PEOPLE // FEW * number for number in range(1, FEW + 1)]
    values = results(due[:25], decided=due[25:])
    assert rows_read(RECORD_RETRIES, large | values | {"until": timezone.now()}) <= 4 * FEW


def results(sent, decided) -> dict[str, Any]:
    ids, count = [*sent, *decided], len(decided)
    return {
        "low": min(ids), "high": max(ids), "all": bigints(ids), "sent": bigints(sent), "any_sent": True, "first": None,
        "ids": bigints(decided), "statuses": [3] * count, "nexts": [None] * count, "details": ["no"] * count,
        "doubts": [0] * count,
    }  # fmt: skip
