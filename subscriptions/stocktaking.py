"""Housekeeping of the network: topic by topic, how many came from where, and what else its followers follow.

One topic at a time and a fraction of a second at a time, so that nothing waits for it, however many people there are.
What one topic costs is bounded: SAMPLE of its followers are asked, each for MOST_FOLLOWED topics.
"""

import time
from datetime import timedelta

from django.db import transaction

from govnotify.lib.database import in_index_order, query

AGE = timedelta(days=1)
NEW = timedelta(days=30)
SAMPLE = 10_000  # followers of a topic whose other topics are looked at
MOST_FOLLOWED = 60  # who follows more says nothing about any two of them, and is left out
SMALLEST_GROUP = 20  # people who follow both; of fewer nothing is said, so that nobody can be told from it
KEPT = 20  # related topics of each

# Of two who keep house at once one does this.
LOCK = "SELECT pg_try_advisory_xact_lock(hashtext('stocktaking'))"
NEXT_TO_COUNT = """
SELECT topic.id FROM subscriptions_topic topic LEFT JOIN subscriptions_topicstock stock ON stock.topic_id = topic.id
WHERE topic.closed_at IS NULL AND (stock.counted_at IS NULL OR stock.counted_at < now() - %(age)s)
ORDER BY stock.counted_at NULLS FIRST, topic.id LIMIT 1
"""
NEXT_TO_RELATE = """
SELECT topic_id FROM subscriptions_topicstock
WHERE related_at IS NULL OR related_at < now() - %(age)s ORDER BY related_at NULLS FIRST, topic_id LIMIT 1
"""
# Along the two indexes of an audience.
COUNT = """
WITH gone AS (DELETE FROM subscriptions_sourcecount WHERE topic_id = %(topic)s), audience AS (
    SELECT source_id, started_at, 1 AS person FROM subscriptions_subscription
    WHERE topic_id = %(topic)s AND ended_at IS NULL AND subscriber_id IS NOT NULL
    UNION ALL
    SELECT source_id, started_at, 0 FROM subscriptions_subscription
    WHERE topic_id = %(topic)s AND ended_at IS NULL AND endpoint_id IS NOT NULL
)
SELECT source_id, count(*), count(*) FILTER (WHERE started_at > now() - %(new)s), sum(person)
FROM audience GROUP BY source_id
"""
KEEP_COUNTS = """
INSERT INTO subscriptions_sourcecount (topic_id, source_id, followers, newcomers)
SELECT %(topic)s, * FROM unnest(%(sources)s::bigint[], %(followers)s::int[], %(newcomers)s::int[])
"""
NOTE_COUNTED = """
INSERT INTO subscriptions_topicstock (topic_id, followers, counted_at) VALUES (%(topic)s, %(people)s, now())
ON CONFLICT (topic_id) DO UPDATE SET followers = excluded.followers, counted_at = excluded.counted_at
"""
FORGET = "DELETE FROM subscriptions_relatedtopic WHERE topic_id = %(topic)s"
# Every `step`-th follower by id stands for all. Two topics are related when more people follow both than would by
# chance, and the more so, the larger that group is beside the two audiences (their cosine). Ranked by the share of
# followers alone, everybody would be shown what everybody follows; by how far it is from chance, the rarest.
# The followers stand in the order of their audience's index, as BETWEEN says. What one follows besides is asked for in
# words that this index has not: on statistics from before there were many topics it was gone through from end to end
# for each person asked (10,000 of them: minutes instead of 0.2 s).
RELATE = """
INSERT INTO subscriptions_relatedtopic (topic_id, other_id, score)
WITH this AS (
    SELECT topic_id, followers, ceil(followers / %(sample)s::float8)::bigint AS step FROM subscriptions_topicstock
    WHERE topic_id = %(topic)s AND followers >= %(smallest)s
), everybody AS (
    SELECT greatest(
        (SELECT reltuples FROM pg_class WHERE oid = 'subscriptions_subscriber'::regclass),
        (SELECT max(followers) FROM subscriptions_topicstock)
    )::float8 AS people
), asked AS (
    SELECT follower.subscriber_id FROM this CROSS JOIN LATERAL (
        SELECT subscriber_id FROM subscriptions_subscription
        WHERE topic_id BETWEEN this.topic_id AND this.topic_id AND ended_at IS NULL AND subscriber_id IS NOT NULL
          AND subscriber_id %% this.step = 0
        ORDER BY topic_id, subscriber_id LIMIT 2 * %(sample)s
    ) follower
), answers AS (
    SELECT answer.topics FROM asked CROSS JOIN LATERAL (
        SELECT array_agg(topic_id) AS topics FROM (
            SELECT topic_id FROM subscriptions_subscription own
            WHERE own.subscriber_id = asked.subscriber_id AND num_nulls(own.ended_at) = 1 LIMIT %(most)s + 1
        ) AS mine
    ) AS answer
    WHERE cardinality(answer.topics) BETWEEN 2 AND %(most)s
), together AS (
    SELECT other_id, count(*) AS people FROM answers CROSS JOIN unnest(topics) AS other_id
    GROUP BY other_id HAVING count(*) >= %(smallest)s
), scored AS (
    SELECT this.topic_id, together.other_id, together.people * this.step::float8 AS people,
        this.followers::float8 AS here, stock.followers::float8 AS there
    FROM this CROSS JOIN together
    JOIN subscriptions_topicstock stock ON stock.topic_id = together.other_id
    JOIN subscriptions_topic topic ON topic.id = this.topic_id AND topic.is_public AND topic.closed_at IS NULL
    JOIN subscriptions_topic other ON other.id = together.other_id AND other.is_public AND other.closed_at IS NULL
    WHERE together.other_id <> this.topic_id AND stock.followers > 0
)
SELECT topic_id, other_id, least(1, scored.people / sqrt(here * there)) AS score FROM scored CROSS JOIN everybody
WHERE scored.people * everybody.people >= here * there
ORDER BY score DESC, other_id LIMIT %(kept)s
"""
NOTE_RELATED = "UPDATE subscriptions_topicstock SET related_at = now() WHERE topic_id = %(topic)s"


def take_stock(*, seconds: float) -> int:
    """Do the topics that have waited for a day, the longest first, for about so long; how many were done."""
    end, done = time.monotonic() + seconds, 0
    while _one_topic():
        done += 1
        if time.monotonic() > end:
            break
    return done


@transaction.atomic
def _one_topic() -> bool:
    """All are counted before any is related: how large both audiences are is part of the score."""
    if query(LOCK, {}) != [(True,)]:
        return False
    if found := query(NEXT_TO_COUNT, {"age": AGE}):
        _count(found[0][0])
    elif found := query(NEXT_TO_RELATE, {"age": AGE}):
        _relate(found[0][0])
    return bool(found)


def _count(topic: int) -> None:
    rows = query(COUNT, {"topic": topic, "new": NEW})
    if rows:
        sources, followers, newcomers, _people = map(list, zip(*rows, strict=True))
        values = {"topic": topic, "sources": sources, "followers": followers, "newcomers": newcomers}
        query(KEEP_COUNTS, values)
    query(NOTE_COUNTED, {"topic": topic, "people": sum(row[3] for row in rows)})


def _relate(topic: int) -> None:
    query("SET LOCAL max_parallel_workers_per_gather = 0", {})  # one core is enough to be polite with
    query(FORGET, {"topic": topic})
    bounds = {"sample": SAMPLE, "most": MOST_FOLLOWED, "smallest": SMALLEST_GROUP, "kept": KEPT}
    with in_index_order():
        query(RELATE, {"topic": topic, **bounds})
    query(NOTE_RELATED, {"topic": topic})
