"""How many follow each topic: counted by housekeeping, never by a page."""

from datetime import timedelta

from django.db.models import QuerySet

from alerts.chores import claim
from govnotify.lib.database import query
from subscriptions.models import Topic

# Fewer are not counted at all: nobody is to be told from a list. Two digits of the rest order them well enough, and
# most of the rows stay as they are.
SMALLEST_GROUP = 20
AGE = timedelta(hours=1)

COUNT = """
WITH counted AS (
    SELECT topic_id, count(*) AS people FROM subscriptions_subscription
    WHERE ended_at IS NULL AND subscriber_id IS NOT NULL
    GROUP BY topic_id HAVING count(*) >= %(smallest)s
), rounded AS (
    SELECT topic_id, round(people, 1 - floor(log(people))::int)::int AS followers FROM counted
)
UPDATE alerts_topicentry entry SET followers = coalesce(rounded.followers, 0)
FROM alerts_topicentry now LEFT JOIN rounded USING (topic_id)
WHERE now.topic_id = entry.topic_id AND entry.followers <> coalesce(rounded.followers, 0)
"""


def count_followers_when_due() -> None:
    """Count again, by one of those who ask, where the last count is older than AGE."""
    if claim("popularity", every=AGE):
        count_followers()


def count_followers() -> None:
    query(COUNT, {"smallest": SMALLEST_GROUP})


def popular_topics() -> QuerySet[Topic]:
    """Public topics that many follow, those with the most first."""
    return Topic.objects.public().filter(entry__followers__gt=0).order_by("-entry__followers", "pk")
