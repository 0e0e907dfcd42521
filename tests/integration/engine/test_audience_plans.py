"""What a slice reads does not grow with its topic, also on statistics from before the topic had its followers."""

import pytest

from alerts.engine.fanout import expand_next
from alerts.lanes import RULES, Channel, Lane
from govnotify.lib.database import query
from subscriptions.models import Topic
from tests.integration.faults.scenes import a_bulletin_sent, a_crowd

pytestmark = pytest.mark.django_db(transaction=True)
MANY = 20_000
# A table of which it is known that it is large, and not yet that one topic has all of it.
UNKNOWN = "DELETE FROM pg_statistic WHERE starelid = 'subscriptions_subscription'::regclass"
LARGE = "UPDATE pg_class SET relpages = 1, reltuples = 10000 WHERE oid = 'subscriptions_subscription'::regclass"


def many_more(topic: Topic) -> None:
    """Followers by the ten thousand, of whom PostgreSQL's statistics know nothing."""
    query(
        """
        WITH people AS (
            INSERT INTO subscriptions_subscriber (email, address_key, status, language, created_at)
            SELECT 'many' || n || '@people.example', sha256(n::text::bytea), 'active', 'en', now()
            FROM generate_series(1, %(many)s) n RETURNING id
        )
        INSERT INTO subscriptions_subscription (subscriber_id, topic_id, frequency, started_at)
        SELECT id, %(topic)s, 'immediate', '2026-01-01' FROM people
        """,
        {"many": MANY, "topic": topic.pk},
    )


def index_entries_read() -> int:
    query("SELECT pg_stat_force_next_flush()", {})
    [(read,)] = query("SELECT idx_tup_read FROM pg_stat_user_indexes WHERE indexrelname = 'audience_subscribers'", {})
    return int(read)


def test_a_slice_reads_its_own_followers_and_not_the_whole_topic() -> None:
    topic, _ = a_crowd("water", 6)
    query("ALTER TABLE subscriptions_subscription SET (autovacuum_enabled = off)", {})
    query(UNKNOWN, {})
    query(LARGE, {})
    try:
        many_more(topic)
        a_bulletin_sent(topic)
        before = index_entries_read()
        assert expand_next(Lane.ROUTINE, Channel.EMAIL)
        read = index_entries_read() - before
    finally:
        query("ALTER TABLE subscriptions_subscription RESET (autovacuum_enabled)", {})
    assert 0 < read < 4 * RULES[Lane.ROUTINE].first_slice
