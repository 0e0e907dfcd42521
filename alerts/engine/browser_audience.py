"""Which browsers are told: who follows one of a bulletin's topics, and of a real emergency who follows every one.

Of the tables of browsers alone, so that audiences of mail are read as if there were none.
"""

from collections.abc import Iterable

from alerts.engine import reach
from alerts.engine.sources import Followers, Statements, topics_of
from alerts.lanes import Lane, RecipientKind
from alerts.models import Alert, BulletinTopic, Dispatch
from govnotify.lib.database import bigints, query
from subscriptions.models.browser import EVERY_EMERGENCY

# As for people: each subject reads at most `limit` entries of its index.
UPPER_END = """
SELECT min(reached.id) FROM unnest(%(topics)s::bigint[]) AS topic(id)
CROSS JOIN LATERAL (
    SELECT s.browser_id AS id FROM subscriptions_browsersubscription s
    WHERE s.subject = topic.id AND s.browser_id > %(after)s
    ORDER BY s.browser_id OFFSET %(limit)s - 1 LIMIT 1
) AS reached
"""
# Whether a browser has answered its welcome is looked at once, when the batch is claimed.
ADD = """
WITH added AS (
    INSERT INTO alerts_delivery (month, dispatch_id, recipient_kind, recipient_id, channel, lane, topics, destination)
    SELECT %(month)s, %(dispatch)s, %(kind)s, s.browser_id, %(channel)s, %(lane)s,
           array_agg(s.subject ORDER BY array_position(%(topics)s::bigint[], s.subject)), 0
    FROM subscriptions_browsersubscription s
    WHERE s.subject = ANY(%(topics)s::bigint[]) AND s.browser_id > %(after)s AND s.browser_id <= %(through)s
      AND s.started_at <= %(cut_off)s {areas}
    GROUP BY s.browser_id
    ON CONFLICT DO NOTHING
    RETURNING recipient_id, destination
)
"""
# What an update of an alert adds to those who were told before: whom its places concern.
ON_TOPICS = """
    UNION ALL
    SELECT s.browser_id, array[s.subject] FROM subscriptions_browsersubscription s
    WHERE s.subject = ANY(%(topics)s::bigint[]) AND s.browser_id > %(after)s AND s.browser_id <= %(through)s
      AND s.started_at <= %(cut_off)s {areas}
"""
STATEMENTS = Statements(UPPER_END, ADD, ON_TOPICS)
COUNT = """
SELECT count(DISTINCT s.browser_id) FROM subscriptions_browsersubscription s
JOIN subscriptions_browser b ON b.id = s.browser_id AND b.status = 'active'
WHERE s.subject = ANY(%(subjects)s::bigint[]) {areas}
"""
# One look into an index for each subject; of a correction also whether any browser was told.
IS_WANTED = """
SELECT EXISTS (SELECT 1 FROM subscriptions_browsersubscription WHERE subject = ANY(%(subjects)s::bigint[]))
    OR EXISTS (SELECT 1 FROM alerts_slice WHERE dispatch_id = ANY(%(corrects)s::bigint[]) AND kind = %(kind)s)
"""


def followers(dispatch: Dispatch) -> Followers:
    """The browsers that follow what the dispatch is about."""
    return Followers(dispatch, RecipientKind.BROWSER, topics=_subjects(dispatch), statements=STATEMENTS)


def is_wanted(dispatch: Dispatch) -> bool:
    """Whether any browser may be told, so that a dispatch that none wants has no slice, batch or hint for them."""
    values = {
        "subjects": bigints(_subjects(dispatch)),
        "corrects": bigints(dispatch.corrects),
        "kind": RecipientKind.BROWSER.value,
    }
    [(wanted,)] = query(IS_WANTED, values)
    return bool(wanted)


def count_browsers(topics: list[int], areas: Iterable[int] = ()) -> int:
    """How many browsers follow one of these now and are concerned; EVERY_EMERGENCY may be among the topics."""
    local, values = reach.condition(areas, "s", RecipientKind.BROWSER)
    [(count,)] = query(COUNT.format(areas=local), values | {"subjects": bigints(topics)})
    return int(count)


def _subjects(dispatch: Dispatch) -> list[int]:
    """What its browsers follow: its topics; and behind them EVERY_EMERGENCY, where this is one for everybody.

    An exercise or a test is for those on its topics alone, and so is what stands on internal topics.
    """
    topics = topics_of(dispatch)
    if dispatch.lane != Lane.EMERGENCY or dispatch.bulletin_id is None:
        return topics
    public = BulletinTopic.objects.filter(bulletin=dispatch.bulletin_id, topic__is_public=True)
    real = Alert.objects.filter(pk=dispatch.bulletin_id, status=Alert.Status.ACTUAL, scope=Alert.Scope.PUBLIC)
    return [*topics, EVERY_EMERGENCY] if real.exists() and public.exists() else topics
