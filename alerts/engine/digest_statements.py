"""The statements that say who a digest run is for, and what is in each one's digest (alerts.engine.digest_audience)."""

from alerts.engine import reach

# Where the slice ends. Read off an index of the readers themselves, whatever number of topics was in the news: a slice
# that was cut by topics held 380 people of a size of 10,000 with 300 topics, and each looked into all 300.
# Each order is that of one index alone: the numbers are ascending in other indexes too, with everything else that there
# is of the same people in between.
UPPER_END = """
SELECT least(
    (SELECT digest_reader.subscriber_id FROM subscriptions_subscription AS digest_reader
     WHERE frequency BETWEEN '{period}' AND '{period}' AND frequency <> 'immediate' AND ended_at IS NULL
       AND subscriber_id > %(after)s
     ORDER BY frequency, subscriber_id OFFSET %(entries)s - 1 LIMIT 1),
    (SELECT subscriber_id FROM subscriptions_consentrecord WHERE act = 'changed' AND subscriber_id > %(after)s
     ORDER BY subscriber_id, topic_id, at OFFSET %(entries)s - 1 LIMIT 1)
)
"""
# Of a run without the platform's own timetable: by the readers of its timetables.
UPPER_END_OF_TIMETABLES = """
SELECT min(reached.id) FROM unnest(%(timetables)s::bigint[]) AS timetable(id)
CROSS JOIN LATERAL (
    SELECT r.subscriber_id AS id FROM subscriptions_readingtime AS r
    WHERE r.{period}_id BETWEEN timetable.id AND timetable.id AND r.subscriber_id > %(after)s
    ORDER BY r.{period}_id, r.subscriber_id OFFSET %(people)s - 1 LIMIT 1
) AS reached
"""

# Who read a topic in this period's way for a part of the time, and now reads it in another way: from when until when.
FORMER = """
SELECT c.subscriber_id, c.topic_id, coalesce(earlier.at, '-infinity')::text, c.at::text
FROM subscriptions_consentrecord c
JOIN subscriptions_subscription s ON s.subscriber_id = c.subscriber_id AND s.topic_id = c.topic_id
     AND s.ended_at IS NULL AND s.frequency <> '{period}' AND s.started_at <= %(cut_off)s{among}
LEFT JOIN LATERAL (
    SELECT e.frequency, e.at FROM subscriptions_consentrecord e
    WHERE e.subscriber_id = c.subscriber_id AND e.topic_id = c.topic_id AND e.id < c.id ORDER BY e.id DESC LIMIT 1
) earlier ON true
WHERE c.act = 'changed' AND c.subscriber_id > %(after)s AND c.subscriber_id <= %(through)s AND c.at > %(since)s
  AND coalesce(earlier.frequency, '{period}') = '{period}'
"""
# Of a run for a few, the few alone are looked through.
AMONG_CHOSEN = """
JOIN subscriptions_readingtime r ON r.subscriber_id = c.subscriber_id AND r.{period}_id = ANY(%(timetables)s::bigint[])
     AND r.from_at <= %(cut_off)s AND (r.until_at IS NULL OR r.until_at > %(cut_off)s)"""

# Who has chosen when to read, and how that stood when the run was due: `since` is NULL where it is not for them. Who
# chose after the run before of this timetable has had others until then.
CHOSEN = """
chosen AS MATERIALIZED (
    SELECT r.subscriber_id, r.{other}_id AS other_timetable, r.from_at > run.since AS is_new,
           CASE WHEN r.from_at > run.since THEN r.{period}_since ELSE run.since END AS since
    FROM subscriptions_readingtime r
    LEFT JOIN unnest(%(timetables)s::bigint[], %(sinces)s::timestamptz[]) AS run (id, since) ON run.id = r.{period}_id
    WHERE r.subscriber_id > %(after)s AND r.subscriber_id <= %(through)s
      AND r.from_at <= %(cut_off)s AND (r.until_at IS NULL OR r.until_at > %(cut_off)s)
), """
HAS_CHOSEN = """
SELECT EXISTS (SELECT 1 FROM subscriptions_readingtime WHERE subscriber_id > %(after)s AND subscriber_id <= %(through)s)
"""

# The join below is of thousands of rows on both sides. On statistics from before anybody read digests it looked like
# one row, and was made as a loop in a loop.
HASHED = "SET LOCAL enable_nestloop = off"

FORMER_ROWS = """unnest(%(former)s::bigint[], %(former_topics)s::bigint[], %(former_since)s::timestamptz[],
                    %(former_until)s::timestamptz[]) AS former (subscriber_id, topic_id, since, until)"""
AT_ONCE = """(SELECT 1 FROM alerts_delivery d WHERE d.month = n.month AND d.dispatch_id = n.dispatch_id
           AND d.recipient_kind = 1 AND d.recipient_id = r.subscriber_id AND d.channel = 1) IS NULL"""
IN_ANOTHER = """(SELECT 1 FROM alerts_digestitem i
           WHERE i.month = o.month AND i.dispatch_id = o.id AND i.recipient_id = r.subscriber_id
             AND i.bulletin_id = n.bulletin_id)"""
IN_ANY = """(SELECT 1 FROM runs CROSS JOIN LATERAL (
               SELECT 1 FROM alerts_digestitem i
               WHERE i.month = runs.month AND i.dispatch_id = runs.id AND i.recipient_id = r.subscriber_id
                 AND i.bulletin_id = n.bulletin_id OFFSET 0
           ) had LIMIT 1)"""

# Readers by the platform's own timetable.
WANTED_BY_OWN = f"""
    SELECT r.subscriber_id, n.bulletin_id, array_agg(r.topic_id ORDER BY n.position) AS topics
    FROM (
        SELECT subscriber_id, topic_id, %(own_since)s::timestamptz AS since, NULL::timestamptz AS until
        FROM subscriptions_subscription AS digest_reader
        WHERE frequency = '{{period}}' AND subscriber_id > %(after)s AND subscriber_id <= %(through)s
          AND ended_at IS NULL AND started_at <= %(cut_off)s{{others_than_chosen}}
        UNION ALL
        SELECT subscriber_id, topic_id, greatest(since, %(own_since)s), until
        FROM {FORMER_ROWS} WHERE true{{others_than_chosen}}
    ) r
    JOIN news n ON n.topic_id = r.topic_id
    LEFT JOIN others o ON o.bulletin_id = n.bulletin_id AND o.timetable = %(own_other)s
    WHERE n.published_at > r.since AND (r.until IS NULL OR n.published_at <= r.until)
      AND {AT_ONCE}
      AND (o.id IS NULL OR {IN_ANOTHER} IS NULL){{concerned}}
    GROUP BY r.subscriber_id, n.bulletin_id
"""  # noqa: S608  of constants
OTHERS_THAN_CHOSEN = " AND subscriber_id NOT IN (SELECT subscriber_id FROM chosen)"
# Readers by timetables that they chose. One look for each person, as they may be few among many; and who has just
# chosen may have had something in any run.
WANTED_BY_CHOSEN = f"""
    SELECT r.subscriber_id, n.bulletin_id, array_agg(r.topic_id ORDER BY n.position) AS topics
    FROM (
        SELECT c.subscriber_id, s.topic_id, c.since, NULL::timestamptz AS until, c.other_timetable, c.is_new
        FROM chosen c CROSS JOIN LATERAL (
            SELECT s.topic_id FROM subscriptions_subscription s
            WHERE s.subscriber_id = c.subscriber_id AND s.frequency = '{{period}}' AND s.ended_at IS NULL
              AND s.started_at <= %(cut_off)s OFFSET 0
        ) s
        WHERE c.since IS NOT NULL
        UNION ALL
        SELECT former.subscriber_id, former.topic_id, greatest(former.since, c.since), former.until,
               c.other_timetable, c.is_new
        FROM {FORMER_ROWS} JOIN chosen c ON c.subscriber_id = former.subscriber_id WHERE c.since IS NOT NULL
    ) r
    JOIN news n ON n.topic_id = r.topic_id
    LEFT JOIN others o ON o.bulletin_id = n.bulletin_id AND o.timetable = r.other_timetable
    WHERE n.published_at > r.since AND (r.until IS NULL OR n.published_at <= r.until)
      AND {AT_ONCE}
      AND CASE WHEN r.is_new THEN {IN_ANY} IS NULL
               ELSE o.id IS NULL OR {IN_ANOTHER} IS NULL END{{concerned}}
    GROUP BY r.subscriber_id, n.bulletin_id
"""  # noqa: S608  of constants

# A correction is no news by itself: it goes to those who got the first, and stands in the first's place in a digest
# that has not gone out (alerts.engine.digest_rendering).
# One digest item per bulletin beside the delivery's row; who has no item has no digest. What somebody had already is
# left out: at once (after a change, or on another of the bulletin's topics), or in a digest of the other period: the
# first run of their other timetable that it can stand in. These are looked up one by one along the primary keys, as the
# digests are few beside what was sent at once.
ADD = """
WITH {chosen}news AS MATERIALIZED (
    SELECT b.id AS bulletin_id, b.published_at, l.topic_id, l.position, x.id AS dispatch_id, x.month{reached}
    FROM alerts_bulletin b JOIN alerts_dispatch x ON x.bulletin_id = b.id AND x.lane = {routine}
    JOIN alerts_bulletintopic l ON l.bulletin_id = b.id{local}
    WHERE b.status = 'published' AND b.corrects_id IS NULL AND b.published_at > %(since)s
      AND b.published_at <= %(cut_off)s
), runs AS MATERIALIZED (
    SELECT id, month, period, cut_off, timetables FROM alerts_dispatch
    WHERE bulletin_id IS NULL AND id <> %(dispatch)s AND cut_off > %(since)s
), others AS MATERIALIZED (
    SELECT DISTINCT ON (n.bulletin_id, t.id) n.bulletin_id, t.id AS timetable, o.id, o.month
    FROM runs o CROSS JOIN LATERAL unnest(o.timetables) AS t(id) JOIN news n ON n.published_at <= o.cut_off
    WHERE o.period <> '{period}'
    ORDER BY n.bulletin_id, t.id, o.cut_off
), wanted AS MATERIALIZED ({wanted}), items AS (
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
NOBODY = "SELECT NULL::bigint AS subscriber_id, NULL::bigint AS bulletin_id, NULL::bigint[] AS topics WHERE false"
