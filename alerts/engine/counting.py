"""How many a bulletin would reach, said to its editor before it is published."""

from collections.abc import Iterable
from dataclasses import dataclass

from alerts.engine import reach
from alerts.engine.browser_audience import count_browsers
from govnotify.lib.database import bigints, query
from subscriptions.models import Endpoint, Place, Subscriber, Subscription, Topic
from subscriptions.models.browser import EVERY_EMERGENCY


@dataclass(frozen=True, slots=True)
class AudienceCount:
    people: int  # each once, whatever number of the topics they follow
    machines: int
    anywhere: int = 0  # of a bulletin about places: those of the people who chose no place
    elsewhere: int = 0  # and who follows the topics besides, but chose other places only
    browsers: int = 0


COUNT_LOCAL = f"""
SELECT count(*) FILTER (WHERE concerned IS NOT FALSE), count(*) FILTER (WHERE concerned IS NULL),
       count(*) FILTER (WHERE NOT concerned)
FROM (
    SELECT {reach.is_concerned("s.subscriber_id")} AS concerned FROM (
        SELECT DISTINCT subscriber_id FROM subscriptions_subscription
        WHERE topic_id = ANY(%(topics)s::bigint[]) AND ended_at IS NULL AND subscriber_id IS NOT NULL
    ) s JOIN subscriptions_subscriber p ON p.id = s.subscriber_id AND p.status = 'active'
) each
"""  # noqa: S608  of constants


def count_audience(
    topics: Iterable[Topic], areas: Iterable[Place] = (), *, every_emergency: bool = False
) -> AudienceCount:
    """Who would receive a bulletin on these topics, about these places, now: at once or in a digest.

    With `every_emergency`, of a real alert, also the browsers that follow no topic but all of these.
    """
    chosen, places = list(topics), [place.pk for place in areas]
    everybodys = [EVERY_EMERGENCY] if every_emergency and any(topic.is_public for topic in chosen) else []
    browsers = count_browsers([*(topic.pk for topic in chosen), *everybodys], places)
    current = Subscription.objects.current().filter(topic__in=chosen)
    machines = current.filter(endpoint__status=Endpoint.Status.ACTIVE).values("endpoint").distinct().count()
    if places:
        values = {"topics": bigints(topic.pk for topic in chosen), "reached": reach.reached(places)}
        [(people, anywhere, elsewhere)] = query(COUNT_LOCAL, values)
        return AudienceCount(people, machines, anywhere, elsewhere, browsers)
    people = current.filter(subscriber__status=Subscriber.Status.ACTIVE).values("subscriber").distinct().count()
    return AudienceCount(people, machines, browsers=browsers)
