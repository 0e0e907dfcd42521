"""What many follow: counted by housekeeping, shown without numbers, and never from a few."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from alerts.engine.recovery import keep_house
from alerts.finding.popularity import SMALLEST_GROUP, count_followers_when_due, popular_topics
from alerts.models import Chore, TopicEntry
from subscriptions.models import Frequency, Subscriber, Subscription, Topic
from tests.integration.public.test_finding import text
from tests.integration.subscriptions.cast import Town


def follow(topic: Topic, people: int) -> None:
    known = Subscriber.objects.bulk_create(
        Subscriber(email=f"{topic.slug}{n}@example.org", address_key=f"{topic.slug}{n}".encode(), status="active")
        for n in range(people)
    )
    Subscription.objects.bulk_create(
        Subscription(subscriber=one, topic=topic, frequency=Frequency.DAILY, started_at=timezone.now()) for one in known
    )


def slugs() -> list[str]:
    return [topic.slug for topic in popular_topics()]


def test_topics_that_many_follow_are_offered_first_without_numbers(town: Town, client: Client) -> None:
    follow(town.floods, 21)
    follow(town.roads, 37)
    keep_house()
    page = text(client, "/")
    assert "What many people follow" in page
    popular = page[page.index("What many people follow") : page.index('id="subjects"')]
    assert popular.index("Road works") < popular.index("Flood warnings")
    shown = re.sub(r"<[^>]*(>|$)", " ", popular)  # a topic's own number may be any
    assert not re.search(r"\d", shown)


def test_a_topic_of_a_few_is_not_among_them(town: Town, client: Client) -> None:
    follow(town.floods, SMALLEST_GROUP - 1)
    count_followers_when_due()
    assert slugs() == []
    assert "What many people follow" not in text(client, "/")


def test_internal_and_closed_topics_are_not_among_them(town: Town) -> None:
    follow(town.internal, 20)
    follow(town.roads, 20)
    Topic.objects.filter(pk=town.roads.pk).update(closed_at=timezone.now())
    count_followers_when_due()
    assert slugs() == []


def test_who_has_left_does_not_count(town: Town) -> None:
    follow(town.floods, 20)
    count_followers_when_due()
    assert slugs() == ["floods"]
    Subscription.objects.filter(topic=town.floods).update(ended_at=timezone.now())
    Chore.objects.update(done_at=timezone.now() - timedelta(hours=2))
    count_followers_when_due()
    assert slugs() == []


def test_it_is_counted_once_an_hour_and_by_no_page(town: Town, client: Client) -> None:
    follow(town.floods, 20)
    client.get("/")
    assert slugs() == []
    count_followers_when_due()
    follow(town.roads, 20)
    count_followers_when_due()
    assert slugs() == ["floods"]


def test_a_new_name_keeps_the_count(town: Town) -> None:
    follow(town.floods, 20)
    count_followers_when_due()
    town.floods.name = "High water"
    town.floods.save()
    assert slugs() == ["floods"]


@pytest.mark.parametrize(("people", "kept"), [(20, 20), (99, 99), (123, 120)])
def test_counts_are_kept_in_two_digits(town: Town, people: int, kept: int) -> None:
    follow(town.floods, people)
    count_followers_when_due()
    assert TopicEntry.objects.get(pk=town.floods.pk).followers == kept
