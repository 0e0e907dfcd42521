"""What housekeeping finds out: how many came from where, and which topics belong together."""

from datetime import timedelta

import pytest
from django.utils import timezone
from time_machine import TimeMachineFixture

from alerts.engine.recovery import keep_house
from subscriptions import stocktaking
from subscriptions.models import RelatedTopic, Source, SourceCount, Subscription, Topic, TopicStock
from subscriptions.source_report import report_sources
from tests.integration.subscriptions.cast import Town, a_topic
from tests.integration.subscriptions.followers import ENOUGH, all_counted, people


def related(topic: Topic) -> set[str]:
    return set(topic.related.values_list("other__slug", flat=True))


def test_topics_with_enough_common_followers_are_related_both_ways(town: Town) -> None:
    people(ENOUGH, town.floods, town.roads)
    all_counted()
    assert (related(town.floods), related(town.roads)) == ({"roads"}, {"floods"})


def test_one_person_fewer_than_the_smallest_group_is_nothing(town: Town) -> None:
    people(ENOUGH - 1, town.floods, town.roads)
    people(30, town.floods)
    people(30, town.roads)
    all_counted()
    assert not RelatedTopic.objects.exists()


def test_who_left_one_of_them_is_not_of_the_group(town: Town) -> None:
    leaver = people(ENOUGH, town.floods, town.roads)[0]
    leaver.subscriptions.filter(topic=town.roads).update(ended_at=timezone.now())
    all_counted()
    assert not RelatedTopic.objects.exists()


def test_nothing_is_related_to_internal_or_closed_topics(town: Town) -> None:
    people(ENOUGH, town.floods, town.roads, town.internal, town.drought)
    Topic.objects.filter(pk=town.drought.pk).update(closed_at=timezone.now())
    all_counted()
    assert set(RelatedTopic.objects.values_list("topic__slug", "other__slug")) == {
        ("floods", "roads"), ("roads", "floods")
    }  # fmt: skip


def test_a_topic_that_everybody_follows_anyway_is_behind_one_that_belongs_to_it(town: Town) -> None:
    people(30, town.floods, town.drought, town.roads)
    people(300, town.roads)
    all_counted()
    assert list(town.floods.related.order_by("-score").values_list("other__slug", flat=True)) == ["drought", "roads"]


def test_what_is_followed_together_less_than_by_chance_is_not_related(town: Town) -> None:
    people(ENOUGH, town.floods, town.roads)
    people(200, town.floods)
    people(200, town.roads)
    all_counted()
    assert not RelatedTopic.objects.exists()


def test_who_follows_hundreds_of_topics_says_nothing_about_any_two(town: Town) -> None:
    many = [a_topic(town.city, f"news-{number}", f"News {number}") for number in range(stocktaking.MOST_FOLLOWED)]
    people(ENOUGH, town.floods, *many)
    all_counted()
    assert not RelatedTopic.objects.exists()


def test_of_many_followers_a_sample_stands_for_all(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stocktaking, "SAMPLE", 100)
    people(400, town.floods, town.roads)
    all_counted()
    assert town.floods.related.get().score == pytest.approx(1)


def test_each_topic_keeps_so_many_and_no_more(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stocktaking, "KEPT", 2)
    others = [a_topic(town.city, f"news-{number}", f"News {number}") for number in range(5)]
    people(ENOUGH, town.floods, *others)
    all_counted()
    assert town.floods.related.count() == 2


def test_it_is_done_once_a_day_and_then_anew(town: Town, time_machine: TimeMachineFixture) -> None:
    people(ENOUGH, town.floods, town.roads)
    assert all_counted() == 2 * Topic.objects.count()
    assert all_counted() == 0
    Subscription.objects.filter(topic=town.roads).update(ended_at=timezone.now())
    TopicStock.objects.update(counted_at=timezone.now() - timedelta(days=2))
    TopicStock.objects.update(related_at=timezone.now() - timedelta(days=2))
    all_counted()
    assert not RelatedTopic.objects.exists()
    assert TopicStock.objects.get(topic=town.roads).followers == 0


def test_it_stops_when_its_time_is_over_and_goes_on_in_the_next_round(town: Town) -> None:
    assert stocktaking.take_stock(seconds=0) == 1
    assert TopicStock.objects.count() == 1
    assert stocktaking.take_stock(seconds=0) == 1
    assert TopicStock.objects.count() == 2


def test_followers_are_counted_by_where_they_came_from(town: Town) -> None:
    network = Source.objects.at(Source.Kind.NETWORK)
    site = Source.objects.at(Source.Kind.EMBED, "https://www.water.example")
    people(3, town.floods)
    newcomer = people(2, town.floods, source=network)[0]
    newcomer.subscriptions.update(started_at=timezone.now())
    people(4, town.floods, town.drought, source=site)
    people(9, town.roads, source=network)
    all_counted()
    report = report_sources(town.water)
    lines = {line.topic.slug: line for line in report.lines if line.topic}
    assert (lines["floods"].by_way, lines["floods"].newcomers) == ([3, 2, 4, 0, 0], 1)
    assert (report.together.followers, report.sites) == (13, [("https://www.water.example", 8)])
    assert [share.percent for share in report.shares] == [23, 15, 62, 0, 0]
    assert set(lines) == {"floods", "drought", "duty-roster"}  # the city's are none of the ministry's business


def test_a_second_count_replaces_the_first(town: Town) -> None:
    people(3, town.floods)
    all_counted()
    TopicStock.objects.update(counted_at=timezone.now() - timedelta(days=2))
    people(1, town.floods)
    all_counted()
    count = SourceCount.objects.get(topic=town.floods)
    assert (count.source, count.followers) == (None, 4)


def test_housekeeping_does_it(town: Town) -> None:
    people(ENOUGH, town.floods, town.roads)
    keep_house()
    assert TopicStock.objects.exists()


def test_the_report_takes_the_same_queries_however_much_there_is(town: Town, django_assert_num_queries) -> None:
    people(3, town.floods, town.drought, source=Source.objects.at(Source.Kind.EMBED, "https://www.water.example"))
    all_counted()
    with django_assert_num_queries(3):
        report_sources(town.water)
