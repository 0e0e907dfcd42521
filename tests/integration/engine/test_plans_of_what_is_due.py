"""What is due or waits is found with a few rows read, however much more is due and whatever is known of the tables."""

import pytest
from django.utils import timezone

from alerts import service_levels
from alerts.engine import admission, claims, recovery, transactional
from alerts.lanes import CHANNEL_OF, LEASE, RULES, Channel, Lane, RecipientKind
from alerts.models import Dispatch, Slice
from alerts.partitions import ensure_months_ahead
from govnotify.lib.database import query, query_in_index_order
from tests.integration.engine.limits import limited, pass_time
from tests.integration.engine.people import PEOPLE
from tests.integration.engine.reading import forget_statistics, new_files, reading_few
from tests.integration.faults.scenes import a_bulletin_sent, a_crowd

pytestmark = pytest.mark.django_db
DUE, SETTLED = 3_000, 4_000
BATCH = RULES[Lane.ROUTINE].batch
FEW = BATCH + 200
DELIVERIES = """
INSERT INTO alerts_delivery (month, dispatch_id, recipient_kind, recipient_id, channel, lane, topics, status,
                             next_attempt_at, destination)
SELECT %(month)s, %(dispatch)s, %(kind)s, id, %(channel)s, 3, '{1}', 2, now() - id * interval '1 second',
       CASE WHEN %(channel)s = 1 AND id %% 2 = 0 THEN %(destination)s ELSE 0 END
FROM generate_series(1, %(count)s) AS id ON CONFLICT DO NOTHING
"""
BATCHES = """
INSERT INTO alerts_batch (dispatch_id, kind, channel, lane, agency_id, first_id, last_id, size, token, sent, failed,
                          deferred, skipped, done_at)
SELECT %(dispatch)s, 1, 1, 3, 1, id, id, 1, 1, 0, 0, 0, 0, CASE WHEN id > 10 THEN now() END
FROM generate_series(1, %(count)s) AS id
"""
MESSAGES = """
INSERT INTO subscriptions_outboxmessage (kind, subscriber_id, created_at, status, next_attempt_at, attempts, detail)
SELECT 'signin', id, now(), 'sent', CASE WHEN id <= 10 THEN now() WHEN id %% 2 = 0 THEN now() + interval '1 hour' END,
       0, '' FROM generate_series(1, %(count)s) AS id
"""
LARGE_FILES = "a few under way, in large files"
MOMENTS = ["never", "when empty", "a few under way", LARGE_FILES, "all done", "now"]


@pytest.fixture(params=MOMENTS)
def due(request) -> Dispatch:
    """A relay, endpoints and push services were down, and everybody is due again. The months to come are empty.

    In the test's transaction, which autovacuum does not see.
    """
    ensure_months_ahead(timezone.now().date())
    new_files(large=request.param == LARGE_FILES)
    forget_statistics(as_empty=request.param == "when empty")
    topic, _ = a_crowd("water", 1)
    dispatch = a_bulletin_sent(topic)
    _defer(dispatch, 20)
    query(BATCHES, {"dispatch": dispatch.pk, "count": 10})
    _remember(request.param in {"a few under way", LARGE_FILES})
    query("UPDATE alerts_delivery SET status = 1, next_attempt_at = NULL", {})
    query("UPDATE alerts_batch SET done_at = now()", {})
    Slice.objects.update(expanded_at=timezone.now())
    query(PEOPLE, {"people": SETTLED})
    _remember(request.param == "all done")
    _defer(a_bulletin_sent(topic), DUE)
    query(BATCHES, {"dispatch": dispatch.pk, "count": SETTLED})
    query(MESSAGES, {"count": SETTLED})
    _remember(request.param == "now")
    return dispatch


def test_what_is_due_is_claimed(due):
    for channel, count in {Channel.EMAIL: 10, Channel.WEBHOOK: BATCH, Channel.PUSH: BATCH}.items():
        with reading_few(FEW):
            claimed = claims.claim_retries(Lane.ROUTINE, channel)
        assert sum(len(claim.recipients) for claim in claimed) == count


def test_what_is_due_is_looked_for(due):
    with reading_few(FEW):
        found = recovery.lane_work()
        seconds = admission.seconds_to_wait(Lane.ROUTINE)
        standing = service_levels.lane_standings()[Lane.ROUTINE]
    assert {key for key, work in found.items() if work.retries} == {(Lane.ROUTINE, each) for each in Channel}
    assert found[Lane.ROUTINE, Channel.EMAIL].batches == standing.backlog[Channel.EMAIL] == 10
    assert isinstance(standing.backlog[Channel.EMAIL], int)  # as messages are, and not what a sum of sums is
    assert seconds is not None
    assert standing.waiting is not None
    assert standing.retries is not None
    assert standing.retries >= DUE


def test_messages_to_one_person_are_claimed(due):
    with reading_few(FEW):
        assert len(query_in_index_order(transactional.CLAIM, {"lease": LEASE, "batch": BATCH})) == 10


def _defer(dispatch: Dispatch, count: int) -> None:
    """So many of each kind are due; every second mail goes to a destination of twenty a second."""
    destination = limited("people.example").pk
    pass_time()
    for kind in RecipientKind:
        values = {"dispatch": dispatch.pk, "month": dispatch.month, "kind": kind.value, "destination": destination}
        query(DELIVERIES, values | {"channel": CHANNEL_OF[kind].value, "count": count})


def _remember(is_moment: bool) -> None:
    if is_moment:
        query("ANALYZE", {})
