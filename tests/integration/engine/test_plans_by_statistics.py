"""Work is claimed, recorded and looked for with a few rows read, whenever it was that the statistics were made."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from alerts.engine import admission, claims, dispatch, fanout, outcomes, precedence, recovery, told
from alerts.lanes import LEASE, Channel, Lane
from alerts.models import Batch, Dispatch, Slice
from alerts.partitions import ensure_month
from channels.outcome import ACCEPTED
from govnotify.lib.database import bigints, query
from subscriptions.forgetting_browsers import forget
from subscriptions.models import Browser, BrowserConsent, Topic
from tests.integration.engine.limits import limited
from tests.integration.engine.people import PEOPLE
from tests.integration.engine.reading import forget_statistics, new_files, reading_few
from tests.integration.faults.scenes import a_bulletin_sent, a_crowd, an_alert_sent
from tests.integration.staff.cast import a_topic, an_agency

pytestmark = pytest.mark.django_db
MANY, SIZE = 20_000, 10
FEW = 1_200  # more than there are dispatches, which are few in any country, and less than the 2,000 open batches
# Runs of digests from before there were timetables: one for each hour.
RUNS = """
WITH runs AS (
    INSERT INTO alerts_dispatch (period, lane, month, cut_off, since, corrects, only_told, areas, timetables, sinces,
                                 state, created_at, expanded_at, finished_at)
    SELECT 'daily', 4, %(month)s, now() - hour, now() - hour - interval '1 day', '{}', false, '{}', '{}', '{}',
           'done', now() - hour, now(), now()
    FROM generate_series(1, 1000) AS id CROSS JOIN LATERAL (SELECT id * interval '1 hour' AS hour) ago RETURNING id
), slices AS (
    INSERT INTO alerts_slice (dispatch_id, kind, lane, agency_id, after_id, through_id, recipients, expanded_at)
    SELECT id, 1, 4, 0, 0, 500, 500, now() FROM runs
)
INSERT INTO alerts_batch (dispatch_id, kind, channel, lane, agency_id, first_id, last_id, size, token, sent, failed,
                          deferred, skipped, done_at)
SELECT id, 1, 1, 4, 0, number, number, 1, 1, 1, 0, 0, 0, now() FROM runs, generate_series(1, 20) AS number
"""
DELIVERIES = """
INSERT INTO alerts_delivery (month, dispatch_id, recipient_kind, recipient_id, channel, lane, topics, status,
                             next_attempt_at)
SELECT %(month)s, %(dispatch)s, 1, id, 1, 3, '{1}', %(status)s, %(next)s FROM generate_series(1, %(people)s) AS id
ON CONFLICT DO NOTHING
"""
BATCHES = """
INSERT INTO alerts_batch (dispatch_id, kind, channel, lane, agency_id, first_id, last_id, size, token, sent, failed,
                          deferred, skipped)
SELECT %(dispatch)s, 1, 1, 3, %(agency)s, first, first + %(size)s - 1, %(size)s, 0, 0, 0, 0, 0
FROM generate_series(1, %(people)s, %(size)s) AS first
"""
FOLLOWERS = """
INSERT INTO subscriptions_subscription (subscriber_id, topic_id, frequency, started_at)
SELECT id, %(topic)s, 'immediate', now() - interval '1 day' FROM generate_series(1, %(people)s) AS id
ON CONFLICT DO NOTHING
"""
REFUSED = """
INSERT INTO subscriptions_suppression (address_key, reason, code, at)
SELECT sha256((-id)::text::bytea), 'hard-bounce', '', now() FROM generate_series(1, %(people)s) AS id
"""
BROWSERS = """
WITH one AS (
    INSERT INTO subscriptions_browser (endpoint, endpoint_key, host, sealed_keys, vapid_key_id, language, status,
                                       welcomes, asked_at)
    SELECT '', sha256(id::text::bytea), '', '', '', 'en', 'active', 0, now() FROM generate_series(1, %(browsers)s) AS id
    RETURNING id
)
INSERT INTO subscriptions_browsersubscription (browser_id, topic_id, started_at) SELECT id, %(topic)s, now() FROM one
"""
LARGE_FILES = "a few under way, in large files"
MOMENTS = ["never", "when empty", "at first", "a few under way", LARGE_FILES, "all done"]


@pytest.fixture(params=MOMENTS)
def sending(request) -> Dispatch:
    """A large dispatch under way, beside thousands of old ones; of the statistics see `params`.

    In the test's transaction, which autovacuum does not see.
    """
    month = timezone.now().date().replace(day=1)
    ensure_month(month)
    new_files(large=request.param == LARGE_FILES)
    forget_statistics(as_empty=request.param == "when empty")
    _remember(request.param == "at first")
    topic, _ = a_crowd("water", 1)
    small = a_bulletin_sent(topic)
    later = timezone.now() + timedelta(hours=1)
    _deliver(small, 2 * SIZE, status=2, due=later)
    query(BATCHES, {"dispatch": small.pk, "agency": small.agency_id, "people": 10, "size": 1})
    _remember(request.param in {"a few under way", LARGE_FILES})
    _close(small)
    query(RUNS, {"month": month})
    query("UPDATE alerts_delivery SET status = 1, next_attempt_at = NULL", {})
    _remember(request.param == "all done")
    return _large(topic, later)


def test_a_batch_is_claimed_and_closed(sending):
    with reading_few(FEW):
        claim = claims.claim_batch(Lane.ROUTINE, Channel.EMAIL)
        assert claim is not None
        assert len(claim.recipients) == SIZE
        outcomes.record(claim, [(recipient, ACCEPTED) for recipient in claim.recipients])
        assert outcomes.renew(claim)
        assert outcomes.record(claim, [], done=True)
        outcomes.finish(sending.pk)


def test_work_is_looked_for(sending):
    limited("people.example")
    with reading_few(FEW):
        assert dispatch._batches_waiting(Lane.ROUTINE, Channel.EMAIL) == 100
        assert recovery.lane_work()[Lane.ROUTINE, Channel.EMAIL].batches == 100
        assert admission.seconds_to_wait(Lane.ROUTINE) is None
        assert fanout._claim(Lane.ROUTINE, Channel.EMAIL) is None  # enough of it waits
        assert fanout._claim(Lane.ROUTINE, Channel.WEBHOOK) is not None


def test_an_emergency_is_seen(sending, monkeypatch):
    monkeypatch.setitem(precedence.VALUES, "fresh", LEASE / 4)  # a second is less than such a test may stand still
    alert = an_alert_sent(a_topic(an_agency("floods", "Floods"), "floods"))
    Dispatch.objects.filter(pk=alert.pk).update(created_at=timezone.now() - timedelta(seconds=10))
    behind = range(1, 2 * FEW)  # slices of an emergency to many
    Slice.objects.bulk_create(Slice(dispatch=alert, kind=1, lane=1, agency_id=1, after_id=after) for after in behind)
    Slice.objects.filter(dispatch=alert).update(expanded_at=timezone.now())
    with reading_few(FEW):
        assert not precedence._emergency_is_under_way()
    Batch.objects.create(
        dispatch=alert, kind=1, channel=1, lane=1, agency_id=1, first_id=1, last_id=1, size=1, token=1,
        leased_until=timezone.now() + LEASE,
    )  # fmt: skip
    with reading_few(FEW):
        assert precedence._emergency_is_under_way()


def test_a_slice_is_expanded(sending):
    slice_ = Slice.objects.create(dispatch=sending, kind=1, lane=3, agency_id=sending.agency_id, after_id=MANY - SIZE)
    with reading_few(FEW):
        fanout.expand_slice(Slice.objects.select_related("dispatch").get(pk=slice_.pk))


def test_a_slice_of_a_correction_is_expanded(sending):
    other = Dispatch.objects.exclude(pk=sending.pk).latest("pk")
    correction = a_bulletin_sent(sending.bulletin.topics.get())
    Dispatch.objects.filter(pk=correction.pk).update(corrects=[other.pk])
    Slice.objects.filter(dispatch=correction, kind=1).update(after_id=MANY - SIZE)
    with reading_few(FEW):
        fanout.expand_slice(Slice.objects.select_related("dispatch").get(dispatch=correction, kind=1))
    # In the same transaction, for a bulletin that stood in the digests of every hour of a day and of a week.
    runs = Dispatch.objects.filter(lane=Lane.DIGEST).order_by("pk").values_list("pk", flat=True)[:192]
    in_doubt = f"WITH {told.DOUBTFUL} SELECT count(*) FROM doubtful"  # noqa: S608  of a constant
    with reading_few(FEW):
        assert query(in_doubt, {"stopped": bigints(list(runs)), "kind": 1}) == [(0,)]


def test_a_browser_that_is_gone_is_forgotten(sending):
    query(BROWSERS, {"browsers": MANY, "topic": sending.bulletin.topics.get().pk})
    gone = Browser.objects.order_by("pk").values_list("pk", flat=True)[:SIZE]
    with reading_few(FEW):
        assert forget(list(gone), BrowserConsent.Way.GONE) == SIZE


def _large(topic: Topic, later: datetime) -> Dispatch:
    """Its people follow the topic; of another one everybody waits for a later attempt."""
    large, other = a_bulletin_sent(topic), a_bulletin_sent(topic)
    query(PEOPLE, {"people": MANY})
    query(FOLLOWERS, {"topic": topic.pk, "people": MANY})
    query(REFUSED, {"people": MANY // 4})
    _deliver(large, MANY, status=0)
    _deliver(other, MANY, status=2, due=later)
    Slice.objects.filter(dispatch=other).update(expanded_at=timezone.now())
    query(BATCHES, {"dispatch": large.pk, "agency": large.agency_id, "people": MANY, "size": SIZE})
    return large


def _deliver(one: Dispatch, people: int, *, status: int, due: datetime | None = None) -> None:
    query(DELIVERIES, {"month": one.month, "dispatch": one.pk, "people": people, "status": status, "next": due})


def _close(small: Dispatch) -> None:
    now = timezone.now()
    Batch.objects.update(done_at=now)
    Slice.objects.update(expanded_at=now)
    Dispatch.objects.filter(pk=small.pk).update(state=Dispatch.State.DONE, expanded_at=now, finished_at=now)


def _remember(is_moment: bool) -> None:
    if is_moment:
        query("ANALYZE", {})
