"""People at mail domains, bulletins to them, and time moved on for the destinations that are limited."""

from collections.abc import Mapping

from django.db import connection
from django.utils import timezone

from agencies.models import Role
from alerts.acts.destinations import set_destination
from alerts.acts.drafting import VariantText, create_bulletin
from alerts.acts.publishing import publish_bulletin
from alerts.engine.fanout import expand_next
from alerts.lanes import Channel, Lane
from alerts.models import Destination, Dispatch
from subscriptions.address_key import address_key
from subscriptions.models import Frequency, Subscriber, Subscription, Topic
from tests.integration.staff.cast import a_person, a_topic, an_agency


def followers(topic: Topic, people: Mapping[str, int], frequency: Frequency = Frequency.IMMEDIATE) -> list[str]:
    """So many people at each domain, the domains mixed; their addresses."""
    left = dict(people)
    addresses: list[str] = []
    while left := {domain: number for domain, number in left.items() if number}:
        for domain in left:
            addresses.append(f"{topic.slug}{len(addresses)}@{domain}")
            left[domain] -= 1
    now = timezone.now()
    known = Subscriber.objects.bulk_create(
        Subscriber(email=email, address_key=address_key(email), status=Subscriber.Status.ACTIVE, confirmed_at=now)
        for email in addresses
    )
    Subscription.objects.bulk_create(
        Subscription(topic=topic, subscriber=one, frequency=frequency, started_at=now) for one in known
    )
    return addresses


def published(slug: str, people: Mapping[str, int]) -> Dispatch:
    """A bulletin of an agency of its own to so many people at each domain."""
    agency = an_agency(slug, slug.title())
    topic = a_topic(agency, f"{slug}-news")
    followers(topic, people)
    editor = a_person(agency, Role.PUBLISHER)
    text = VariantText(language="en", title="T", body="B")
    bulletin = create_bulletin(agency=agency, topics=[topic], variants=[text], author=editor)
    return publish_bulletin(bulletin=bulletin, publisher=editor)


def limited(*domains: str, rate: float = 20, lane: Lane = Lane.ROUTINE) -> Destination:
    return set_destination(name=domains[0], domains=domains, rates={lane: rate})


def expand_all(lane: Lane = Lane.ROUTINE) -> None:
    while expand_next(lane, Channel.EMAIL):
        pass


def pass_time() -> None:
    """An hour goes by, for allowances only; nobody sends any more."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE alerts_allowance SET free_at = free_at - interval '1 hour', held_until = NULL")
