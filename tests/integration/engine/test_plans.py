"""What reads a few rows of a large dispatch reads no others, on statistics from before there was that dispatch."""

from collections.abc import Mapping
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from alerts.engine import browser_audience, claims, clearing, eligibility, reach
from alerts.engine.admission import PAYING, UNLIMITED
from alerts.engine.records import RECORD_RETRIES, record_batch
from alerts.lanes import ADMIT_SECONDS, LEASE, RULES, Channel, Lane, RecipientKind
from alerts.models import Batch
from alerts.partitions import ensure_month
from govnotify.lib.database import BY_INDEX, IN_INDEX_ORDER, bigints, query
from subscriptions.models import Browser
from tests.integration.engine import people
from tests.integration.engine.reading import most_read
from tests.integration.faults.scenes import a_bulletin_sent, a_crowd
from tests.integration.staff.cast import a_topic, an_agency
from tests.integration.subscriptions.cast import a_place

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE, FEW = 30_000, 50
FILL = """
INSERT INTO alerts_delivery (month, dispatch_id, recipient_kind, recipient_id, channel, lane, topics, status, next_attempt_at)
SELECT %(month)s, %(dispatch)s, 1, id, 1, 3, '{1}', CASE WHEN id %% %(every)s = 0 THEN 2 ELSE 0 END,
       CASE WHEN id %% %(every)s = 0 THEN now() END
FROM generate_series(1, %(people)s) AS id
"""  # noqa: E501

BROWSERS = """
WITH one AS (
    INSERT INTO subscriptions_browser (endpoint, endpoint_key, host, sealed_keys, vapid_key_id, language, status,
                                       welcomes, asked_at)
    SELECT '', sha256(id::text::bytea), '', '', '', 'en', 'active', 0, now() FROM generate_series(1, %(browsers)s) AS id
    RETURNING id
), follows AS (
    INSERT INTO subscriptions_browsersubscription (browser_id, topic_id, started_at)
    SELECT id, %(topic)s, now() - interval '1 day' FROM one
)
INSERT INTO subscriptions_browserarea (browser_id, place_id) SELECT id, %(place)s FROM one
"""


DONE = """
INSERT INTO alerts_batch (dispatch_id, kind, channel, lane, agency_id, first_id, last_id, size, token, sent, failed,
                          deferred, skipped, done_at)
SELECT %(dispatch)s, 1, 1, 3, 1, id, id, 1, 1, 1, 0, 0, 0, now() FROM generate_series(1, %(people)s) AS id
"""


@pytest.fixture(params=["", ", alerts_dispatch"], ids=["dispatches unknown", "dispatches known"])
def large(request) -> dict[str, Any]:
    """A dispatch of which the statistics know nothing: they are of another, in which everybody was deferred.

    Whether there are any of the dispatches is chance: autovacuum looks at few tables a minute.
    """
    topic, _ = a_crowd("water", 1)
    first, second = a_bulletin_sent(topic), a_bulletin_sent(topic)
    query(FILL, {"month": first.month, "dispatch": first.pk, "people": 2 * FEW, "every": 1})
    query(f"ANALYZE alerts_delivery, alerts_batch{request.param}", {})
    query(FILL, {"month": second.month, "dispatch": second.pk, "people": PEOPLE, "every": PEOPLE // FEW})
    common = {"lane": Lane.ROUTINE, "kind": RecipientKind.SUBSCRIBER, "channel": Channel.EMAIL}
    batch = Batch.objects.create(
        dispatch=second, agency_id=1, first_id=1, last_id=PEOPLE, size=PEOPLE, token=1, **common
    )
    return {"month": second.month, "dispatch": second.pk, "batch": batch.pk} | {
        name: member.value for name, member in common.items()
    }


def reads_few(statement: str, values: Mapping[str, Any]) -> None:
    """No step of the plan has read more from a table than there are rows to be read, some of them more than once."""
    read, plan = most_read(statement, values)
    assert read <= 8 * FEW, plan


@transaction.atomic
def test_adding_the_browsers_of_a_slice_whom_its_places_concern():
    """Each browser has places, and the statistics are from before there was any of them."""
    ensure_month(timezone.now().date().replace(day=1))
    topic = a_topic(an_agency(), "floods")
    place = a_place("N", "North")
    query("ANALYZE subscriptions_browser, subscriptions_browsersubscription, subscriptions_browserarea", {})
    query(BROWSERS, {"topic": topic.pk, "place": place.pk, "browsers": PEOPLE})
    local, values = reach.condition([place.pk], "s", RecipientKind.BROWSER)
    statement = f"{browser_audience.ADD.format(areas=local)} SELECT count(*) FROM added"  # noqa: S608  of constants
    first = Browser.objects.order_by("pk")[0].pk
    values |= {
        "topics": bigints([topic.pk]), "after": first - 1, "through": first + FEW - 1, "cut_off": timezone.now(),
        "month": timezone.now().date().replace(day=1), "dispatch": 1, "kind": RecipientKind.BROWSER.value,
        "channel": Channel.PUSH.value, "lane": Lane.ROUTINE.value,
    }  # fmt: skip
    reads_few(statement, values)


@transaction.atomic
def test_clearing_the_deferred_of_a_cancelled_dispatch(large):
    query(BY_INDEX, {})
    reads_few(clearing.CANCEL_DEFERRED, large | {"lease": LEASE, "limit": clearing.AT_ONCE})


@transaction.atomic
def test_claiming_a_batch_beside_thousands_that_are_done(large):
    query(DONE, {"dispatch": large["dispatch"], "people": PEOPLE})
    reads_few(f"{IN_INDEX_ORDER}; {claims.CLAIM_BATCH.format(**UNLIMITED)}", large | PAYING)


@transaction.atomic
def test_claiming_what_is_due(large):
    values = large | PAYING | {"batch": RULES[Lane.ROUTINE].batch, "seconds": ADMIT_SECONDS}
    reads_few(f"{IN_INDEX_ORDER}; {claims.CLAIM_RETRIES.format(**UNLIMITED, **claims.DUE_OF)}", values)


@transaction.atomic
@pytest.mark.parametrize("which", [eligibility.OF_BATCH, eligibility.OF_RETRIES], ids=["batch", "retries"])
def test_looking_again_at_who_is_in_a_claim(large, which: str):
    query(people.PEOPLE, {"people": PEOPLE})
    some = {"first": 1, "last": FEW, "ids": bigints(range(1, FEW + 1)), "until": timezone.now()}
    values = large | some | {"destination": 0, "token": 1}
    reads_few(eligibility.SUBSCRIBERS.format(zone="") + which, values)


@pytest.mark.parametrize("decides", [False, True])
def test_recording_results(large, decides: bool):
    values = results(range(1, FEW + 1), decided=range(FEW + 1, 2 * FEW + 1) if decides else ())
    fence = {"token": 1, "lease": LEASE, "closing": False, "done": False}
    reads_few(record_batch(large["month"], has_decisions=decides), large | values | fence)


def test_recording_results_of_retries(large):
    due = [PEOPLE // FEW * number for number in range(1, FEW + 1)]
    values = results(due[:25], decided=due[25:])
    reads_few(RECORD_RETRIES, large | values | {"until": timezone.now()})


def results(sent, decided) -> dict[str, Any]:
    ids, count = [*sent, *decided], len(decided)
    return {
        "low": min(ids), "high": max(ids), "all": bigints(ids), "sent": bigints(sent), "any_sent": True, "first": None,
        "ids": bigints(decided), "statuses": [3] * count, "nexts": [None] * count, "details": ["no"] * count,
        "doubts": [0] * count,
    }  # fmt: skip
