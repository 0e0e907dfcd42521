"""Housekeeping, and who is told again, costs as much as is found, whenever it was that the statistics were made."""

from datetime import timedelta

import pytest
from django.utils import timezone

from alerts.engine import fanout
from alerts.engine.hooking import payload
from alerts.lanes import Lane, RecipientKind
from alerts.models import Bulletin, Dispatch, Slice
from alerts.partitions import ensure_month
from govnotify.lib.database import in_index_order, query
from subscriptions import stocktaking
from subscriptions.models import Topic
from tests.integration.engine.people import PEOPLE
from tests.integration.engine.reading import forget_statistics, new_files, pages_read, reading_few
from tests.integration.faults.scenes import a_bulletin_sent, a_crowd

pytestmark = pytest.mark.django_db
MANY, FEW, TOPICS = 4_000, 50, 80  # so that each of the topics has that few
LARGE_FILES = "never, in large files"
MOMENTS = ["never", "when empty", "at first", "all there"]
SUBJECTS = """
INSERT INTO subscriptions_topic (id, agency_id, slug, name, description, translations, is_public, created_at)
SELECT 1000000 + id, %(agency)s, 'of-few-' || id, 'Of few ' || id, '', '{}', true, now() FROM generate_series(1, %(topics)s) id
"""  # noqa: E501
# Everybody follows one topic, and one of the many.
FOLLOWERS = """
INSERT INTO subscriptions_subscription (subscriber_id, topic_id, frequency, started_at)
SELECT id, topic, 'immediate', now() - interval '1 day'
FROM generate_series(1, %(many)s) AS id
CROSS JOIN LATERAL (VALUES (%(topic)s), (1000001 + id %% %(topics)s)) AS followed (topic)
ON CONFLICT DO NOTHING
"""
STOCK = """
INSERT INTO subscriptions_topicstock (topic_id, followers, counted_at)
SELECT topic_id, greatest(count(*), 20), now() FROM subscriptions_subscription WHERE subscriber_id IS NOT NULL
GROUP BY topic_id
"""
DELIVERIES = """
INSERT INTO alerts_delivery (month, dispatch_id, recipient_kind, recipient_id, channel, lane, topics, status)
SELECT %(month)s, %(dispatch)s, 1, id, 1, 4, '{1}', 1 FROM generate_series(1, %(many)s) AS id
"""
ITEMS = """
INSERT INTO alerts_digestitem (month, dispatch_id, recipient_id, bulletin_id, topics)
SELECT %(month)s, %(dispatch)s, id, %(bulletin)s, '{1}' FROM generate_series(1, %(many)s) AS id
"""


@pytest.fixture(params=MOMENTS)
def topic(request) -> Topic:
    """Which everybody follows, beside many topics of a few each; in the test's transaction."""
    new_files(large=request.param == LARGE_FILES)
    forget_statistics(as_empty=request.param == "when empty")
    topic, _ = a_crowd("water", 1)
    if request.param == "at first":
        query("ANALYZE", {})
    query("SET LOCAL session_replication_role = replica", {})  # search need not know of them
    query(SUBJECTS, {"agency": topic.agency_id, "topics": MANY})
    query("SET LOCAL session_replication_role = origin", {})
    query(PEOPLE, {"people": MANY})
    query(FOLLOWERS, {"topic": topic.pk, "many": MANY, "topics": TOPICS})
    query(STOCK, {})
    if request.param == "all there":
        query("ANALYZE", {})
    return topic


def test_what_followers_follow_besides_is_looked_up_person_by_person(topic):
    """As pages: whoever goes through an index from end to end for each person passes no rows."""
    small = {"sample": 10_000, "most": 60, "smallest": 2, "kept": 20, "topic": 1_000_001}
    with in_index_order():
        pages, plan = pages_read(stocktaking.RELATE, small)
    assert pages < 40 * FEW, plan


def test_a_bulletin_and_its_newest_version_are_looked_up(topic):
    dispatch = a_bulletin_sent(topic)
    bulletin = Bulletin.objects.get(dispatches=dispatch)
    others = {"agency": topic.agency, "status": Bulletin.Status.PUBLISHED, "published_at": timezone.now()}
    Bulletin.objects.bulk_create(Bulletin(**others) for _ in range(MANY))
    with reading_few(FEW):
        assert b'"water-news"' in payload(dispatch.pk)
        assert bulletin.newest() == bulletin


@pytest.mark.parametrize("topic", [*MOMENTS, LARGE_FILES], indirect=True)
@pytest.mark.parametrize("kind", [RecipientKind.SUBSCRIBER, RecipientKind.ENDPOINT])
def test_a_slice_of_a_correction_reads_the_digests_of_its_own_readers(topic, kind):
    """Which is nobody where it is a slice of machines."""
    first = a_bulletin_sent(topic)
    run = Dispatch.objects.create(period="daily", lane=Lane.DIGEST, month=first.month, cut_off=timezone.now())
    Dispatch.objects.filter(pk=run.pk).update(since=first.cut_off - timedelta(days=1))
    ensure_month(first.month)
    values = {"month": first.month, "dispatch": run.pk, "bulletin": first.bulletin_id, "many": MANY}
    query(DELIVERIES, values)
    query(ITEMS, values)
    query("ANALYZE alerts_digestitem, alerts_delivery", {})
    correction = a_bulletin_sent(topic)
    Dispatch.objects.filter(pk=correction.pk).update(corrects=[first.pk], only_told=True)
    Slice.objects.filter(dispatch=correction, kind=kind).update(after_id=MANY - FEW)
    with reading_few(4 * FEW):
        fanout.expand_slice(Slice.objects.select_related("dispatch").get(dispatch=correction, kind=kind))
    assert Slice.objects.get(dispatch=correction, kind=kind).recipients == (FEW if kind == 1 else 0)
