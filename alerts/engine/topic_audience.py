"""Which people and machines follow one of a bulletin's topics."""

from alerts.engine.sources import Followers, Statements, topics_of
from alerts.lanes import Lane, RecipientKind
from alerts.models import Dispatch
from subscriptions.models import Frequency

# Where the slice ends: the id at which the first of the topics reaches the limit. Each topic reads at most `limit`
# entries of its index, whoever of them will match: a filter here could read a topic to its end for every slice.
# Nothing when every topic has fewer left: then it is the last.
UPPER_END = """
SELECT min(reached.id) FROM unnest(%(topics)s::bigint[]) AS topic(id)
CROSS JOIN LATERAL (
    SELECT s.{recipient} AS id FROM subscriptions_subscription s
    WHERE s.topic_id = topic.id AND s.{recipient} > %(after)s AND s.ended_at IS NULL AND s.{recipient} IS NOT NULL
    ORDER BY s.{recipient} OFFSET %(limit)s - 1 LIMIT 1
) AS reached
"""
# One row per recipient, with the topics that matched in the bulletin's order. Inserting twice inserts nothing twice.
# The listener's own state (ended, suppressed) is looked at once, when the batch is claimed.
ADD = """
WITH added AS (
    INSERT INTO alerts_delivery (month, dispatch_id, recipient_kind, recipient_id, channel, lane, topics, destination)
    SELECT %(month)s, %(dispatch)s, %(kind)s, s.{recipient}, %(channel)s, %(lane)s,
           array_agg(s.topic_id ORDER BY array_position(%(topics)s::bigint[], s.topic_id)), {destination}
    FROM subscriptions_subscription s
    WHERE s.topic_id = ANY(%(topics)s::bigint[]) AND s.{recipient} > %(after)s AND s.{recipient} <= %(through)s
      AND s.ended_at IS NULL AND s.started_at <= %(cut_off)s {frequency} {areas}
    GROUP BY s.{recipient}
    ON CONFLICT DO NOTHING
    RETURNING recipient_id, destination
)
"""
# What an update of an alert adds to those who were told before: everybody on its topics whom its places concern.
ON_TOPICS = """
    UNION ALL
    SELECT s.{recipient}, array[s.topic_id] FROM subscriptions_subscription s
    WHERE s.topic_id = ANY(%(topics)s::bigint[]) AND s.{recipient} > %(after)s AND s.{recipient} <= %(through)s
      AND s.ended_at IS NULL AND s.started_at <= %(cut_off)s {areas}
"""
STATEMENTS = Statements(UPPER_END, ADD, ON_TOPICS)


def followers(dispatch: Dispatch, kind: RecipientKind) -> Followers:
    """The people or the machines on the topics of the dispatch's bulletin."""
    topics, frequency = topics_of(dispatch), _frequency(dispatch, kind)
    return Followers(dispatch, kind, topics=topics, statements=STATEMENTS, frequency=frequency)


def _frequency(dispatch: Dispatch, kind: RecipientKind) -> str:
    """What is urgent reaches all on its topics, a routine bulletin who asked to hear at once; machines take both."""
    if dispatch.lane == Lane.ROUTINE and not dispatch.urgent and kind is RecipientKind.SUBSCRIBER:
        return f"AND s.frequency = '{Frequency.IMMEDIATE}'"
    return ""
