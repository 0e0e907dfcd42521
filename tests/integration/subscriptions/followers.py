"""Groups of people who follow the same topics, and housekeeping's day among them."""

from collections.abc import Iterable
from datetime import timedelta
from itertools import count

from django.utils import timezone

from govnotify.lib.database import query
from subscriptions.address_key import address_key
from subscriptions.models import Frequency, Source, Subscriber, Subscription, Topic
from subscriptions.stocktaking import SMALLEST_GROUP, take_stock

ENOUGH = SMALLEST_GROUP
_numbers = count()


def people(number: int, *topics: Topic, source: Source | None = None) -> list[Subscriber]:
    """So many new ones, confirmed, who all follow all of these, since a month and a half ago."""
    long_ago = timezone.now() - timedelta(days=45)
    emails = [f"follower{next(_numbers)}@example.org" for _ in range(number)]
    made = Subscriber.objects.bulk_create(
        Subscriber(email=email, address_key=address_key(email), status=Subscriber.Status.ACTIVE) for email in emails
    )
    Subscription.objects.bulk_create(
        Subscription(subscriber=one, topic=topic, frequency=Frequency.IMMEDIATE, started_at=long_ago, source=source)
        for one in made
        for topic in topics
    )
    return made


def all_counted() -> int:
    """Housekeeping until nothing is due; how many pieces it took.

    What is by chance depends on how many people PostgreSQL believes there are, perhaps from an earlier test.
    """
    query("ANALYZE subscriptions_subscriber", {})
    return sum(iter(lambda: take_stock(seconds=5), 0))


def names(topics: Iterable[Topic]) -> list[str]:
    return [topic.slug for topic in topics]
