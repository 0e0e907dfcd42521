"""Who a digest run is for: set-based, in slices of ascending ids, with what each has not had yet.

What counts is how somebody read a topic when the bulletin came out: who changes from daily to at once at noon still
gets the morning's bulletins in the next daily digest.
"""

from typing import Any

from alerts.engine import reach
from alerts.engine.admission import Limits
from alerts.lanes import Lane
from alerts.models import Dispatch
from govnotify.lib.database import bigints, query
from subscriptions.models import Frequency

TOPICS_EACH = 4  # subscriptions that a reader of digests has, roughly: slices are counted in people, the index in these

# Where the slice ends. Read off an index of the readers themselves, whatever number of topics was in the news: a slice
# that was cut by topics held 380 people of a size of 10,000 with 300 topics, and each looked into all 300.
UPPER_END = """
SELECT least(
    (SELECT digest_reader.subscriber_id FROM subscriptions_subscription AS digest_reader
     WHERE frequency = '{period}' AND ended_at IS NULL AND subscriber_id > %(after)s
     ORDER BY subscriber_id OFFSET %(entries)s - 1 LIMIT 1),
    (SELECT subscriber_id FROM subscriptions_consentrecord WHERE act = 'changed' AND subscriber_id > %(after)s
     ORDER BY subscriber_id OFFSET %(entries)s - 1 LIMIT 1)
)
"""

# Who read a topic in this period's way for a part of the time, and now reads it in another way: from when until when.
FORMER = """
SELECT c.subscriber_id, c.topic_id, coalesce(earlier.at, '-infinity')::text, c.at::text
FROM subscriptions_consentrecord c
JOIN subscriptions_subscription s ON s.subscriber_id = c.subscriber_id AND s.topic_id = c.topic_id
     AND s.ended_at IS NULL AND s.frequency <> '{period}' AND s.started_at <= %(cut_off)s
LEFT JOIN LATERAL (
    SELECT e.frequency, e.at FROM subscriptions_consentrecord e
    WHERE e.subscriber_id = c.subscriber_id AND e.topic_id = c.topic_id AND e.id < c.id ORDER BY e.id DESC LIMIT 1
) earlier ON true
WHERE c.act = 'changed' AND c.subscriber_id > %(after)s AND c.subscriber_id <= %(through)s AND c.at > %(since)s
  AND coalesce(earlier.frequency, '{period}') = '{period}'
"""

# The join below is of thousands of rows on both sides. On statistics from before anybody read digests it looked like
# one row, and was made as a loop in a loop.
HASHED = "SET LOCAL enable_nestloop = off"

# A correction is no news by itself: it goes to those who got the first, and stands in the first's place in a digest
# that has not gone out (alerts.engine.digest_rendering).
# One digest item per bulletin beside the delivery's row; who has no item has no digest. What somebody had already is
# left out: at once (after a change, or on another of the bulletin's topics), or in a digest of the other period. These
# are looked up one by one along the primary keys, as the digests are few beside what was sent at once.
ADD = """
WITH news AS MATERIALIZED (
    SELECT b.id AS bulletin_id, b.published_at, l.topic_id, l.position, x.id AS dispatch_id, x.month,
           o.id AS other_id, o.month AS other_month{reached}
    FROM alerts_bulletin b JOIN alerts_dispatch x ON x.bulletin_id = b.id AND x.lane = {routine}
    JOIN alerts_bulletintopic l ON l.bulletin_id = b.id
    LEFT JOIN alerts_dispatch o ON o.bulletin_id IS NULL AND o.period <> '{period}'
         AND o.since < b.published_at AND o.cut_off >= b.published_at{local}
    WHERE b.status = 'published' AND b.corrects_id IS NULL AND b.published_at > %(since)s
      AND b.published_at <= %(cut_off)s
), readers AS MATERIALIZED (
    SELECT subscriber_id, topic_id, NULL::timestamptz AS since, NULL::timestamptz AS until
    FROM subscriptions_subscription AS digest_reader
    WHERE frequency = '{period}' AND subscriber_id > %(after)s AND subscriber_id <= %(through)s AND ended_at IS NULL
      AND started_at <= %(cut_off)s
    UNION ALL
    SELECT * FROM unnest(%(former)s::bigint[], %(former_topics)s::bigint[], %(former_since)s::timestamptz[],
                         %(former_until)s::timestamptz[])
), wanted AS MATERIALIZED (
    SELECT r.subscriber_id, n.bulletin_id, array_agg(r.topic_id ORDER BY n.position) AS topics
    FROM readers r JOIN news n ON n.topic_id = r.topic_id
    WHERE (r.until IS NULL OR (n.published_at > r.since AND n.published_at <= r.until))
      AND (SELECT 1 FROM alerts_delivery d WHERE d.month = n.month AND d.dispatch_id = n.dispatch_id
           AND d.recipient_kind = 1 AND d.recipient_id = r.subscriber_id AND d.channel = 1) IS NULL
      AND (n.other_id IS NULL OR (SELECT 1 FROM alerts_digestitem i
           WHERE i.month = n.other_month AND i.dispatch_id = n.other_id AND i.recipient_id = r.subscriber_id
             AND i.bulletin_id = n.bulletin_id) IS NULL){concerned}
    GROUP BY r.subscriber_id, n.bulletin_id
), items AS (
    INSERT INTO alerts_digestitem (month, dispatch_id, recipient_id, bulletin_id, topics)
    SELECT %(month)s, %(dispatch)s, subscriber_id, bulletin_id, topics FROM wanted
    ON CONFLICT DO NOTHING
), added AS (
    INSERT INTO alerts_delivery (month, dispatch_id, recipient_kind, recipient_id, channel, lane, topics, destination)
    SELECT %(month)s, %(dispatch)s, %(kind)s, subscriber_id, %(channel)s, %(lane)s, array_agg(DISTINCT topic_id),
           {destination}
    FROM (SELECT subscriber_id, unnest(topics) AS topic_id FROM wanted) each
    GROUP BY subscriber_id
    ON CONFLICT DO NOTHING
    RETURNING recipient_id, destination
)
"""

# What bulletins about places add to the statement; in most runs there are none.
LOCAL = """
SELECT x.bulletin_id, x.areas FROM alerts_dispatch x JOIN alerts_bulletin b ON b.id = x.bulletin_id
WHERE x.areas <> '{{}}' AND x.lane = {routine} AND b.status = 'published' AND b.corrects_id IS NULL
  AND b.published_at > %(since)s AND b.published_at <= %(cut_off)s
"""
LOCAL_PARTS = {
    "reached": ", local.reached::bigint[] AS reached",
    "local": """
    LEFT JOIN unnest(%(local)s::bigint[], %(reached)s::text[]) AS local (bulletin_id, reached)
         ON local.bulletin_id = b.id""",
    "concerned": f" AND (n.reached IS NULL OR {reach.is_concerned('r.subscriber_id', 'n.reached')} IS NOT FALSE)",
}


def upper_end(*, run: Dispatch, after_id: int, people: int) -> int | None:
    """The id at which a slice of about so many people ends; None when fewer are left."""
    values = {"after": after_id, "entries": people * TOPICS_EACH}
    [(found,)] = query(UPPER_END.format(period=Frequency(run.period)), values)
    return found  # type: ignore[no-any-return]  # a bigint


def addition(*, run: Dispatch, after_id: int, through_id: int, limits: Limits) -> tuple[str, dict[str, Any]]:
    """The statement that adds the people of a slice, up to its `added`, and the values that it needs beside the usual.

    Leaves the transaction with a planner that avoids nested loops.
    """
    parts: dict[str, Any] = {"period": Frequency(run.period), "routine": Lane.ROUTINE.value}
    values: dict[str, Any] = {"after": after_id, "through": through_id, "since": run.since, "cut_off": run.cut_off}
    former = query(FORMER.format(**parts), values)
    ids, topics, since, until = map(list, zip(*former, strict=True)) if former else ([], [], [], [])
    values |= {"former": ids, "former_topics": topics, "former_since": since, "former_until": until}
    local = query(LOCAL.format(**parts), values)
    if local:
        values |= {
            "local": bigints(bulletin for bulletin, _ in local),
            "reached": [reach.reached(areas) for _, areas in local],
        }
    query(HASHED, {})
    parts |= LOCAL_PARTS if local else dict.fromkeys(LOCAL_PARTS, "")
    return ADD.format(**parts, destination=limits.destination("each.subscriber_id")), values
