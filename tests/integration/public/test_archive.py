"""The archive: filters that combine and come off, and pages as deep as one likes."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from alerts.models import Bulletin
from subscriptions.models import Category, Topic
from tests.integration.public.test_finding import text
from tests.integration.subscriptions.cast import Town, a_bulletin, a_category, an_alert

NOON = timezone.now().replace(hour=12, minute=0)


@pytest.fixture
def said(town: Town) -> Town:
    """A bulletin that each filter finds, and that no other one does."""
    a_bulletin(town.floods, texts={"en": "From the ministry\n-"}, published_at=NOON - timedelta(days=40))
    a_bulletin(town.roads, texts={"es": "De la ciudad\n-", "fr-CA": "De la ville\n-"}, published_at=NOON)
    an_alert(town.drought, title="Alert about water")
    return town


def titles(client: Client, query: str) -> list[str]:
    return re.findall(r'<h3><a href="/bulletins/[^>]*>([^<]*)</a>', text(client, f"/archive/?{query}"))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("agency=brook", ["De la ciudad"]),
        ("topic=floods", ["From the ministry"]),
        ("category=transport", ["De la ciudad"]),
        ("category=weather-and-water", ["Alert about water", "From the ministry"]),
        ("language=fr", ["De la ciudad"]),
        ("language=en", ["Alert about water", "From the ministry"]),
        ("kind=alert", ["Alert about water"]),
        ("kind=bulletin&agency=water", ["From the ministry"]),
        (f"until={(NOON - timedelta(days=40)).date()}", ["From the ministry"]),
        (f"since={(NOON - timedelta(days=40)).date()}&kind=bulletin", ["De la ciudad", "From the ministry"]),
        ("q=ministry&agency=water", ["Alert about water", "From the ministry"]),
        ("q=ciudad&language=fr", ["De la ciudad"]),
        ("agency=brook&topic=floods", []),
    ],
)
def test_filters_leave_what_is_asked_for(said: Town, client: Client, query: str, found: list[str]) -> None:
    assert sorted(titles(client, query)) == sorted(found)


def test_a_subject_finds_what_is_in_everything_below_it(said: Town, client: Client) -> None:
    nature = a_category("Nature")
    Category.objects.filter(slug="transport").update(parent=nature)
    assert titles(client, "category=nature") == ["De la ciudad"]


def test_a_topic_that_moves_to_another_subject_takes_its_bulletins_along(said: Town, client: Client) -> None:
    said.roads.category = a_category("Building", a_category("City life"))
    said.roads.save()
    assert titles(client, "category=transport") == []
    assert titles(client, "category=city-life") == ["De la ciudad"]


@pytest.mark.parametrize(
    "query",
    ["agency=none", "topic=none", "topic=duty-roster", "category=none", "language=xx", "kind=none", "since=yesterday",
     "until=2026-02-31", "until=9999-12-31", "since=0001-01-01", "older=x", "older=-1", "older=99999999999999999999",
     "newer=999999", "page=99999", "agency=%00", "agency=" + "x" * 5_000, "q=%00"],
)  # fmt: skip
def test_a_filter_that_names_nothing_asks_for_nothing(said: Town, client: Client, query: str) -> None:
    assert len(titles(client, query)) == 3


def test_each_filter_that_is_on_is_shown_and_comes_off_alone(said: Town, client: Client) -> None:
    page = text(client, "/archive/?q=ministry&agency=water&kind=bulletin&older=99999")
    assert re.search(
        r'href="/archive/\?q=ministry&amp;kind=bulletin">\s*<span[^>]*>Remove the filter</span> Agency: ', page
    )
    assert re.search(r'href="/archive/\?q=ministry&amp;agency=water">', page)
    assert 'href="/archive/?q=ministry">Remove all filters' in page
    assert "Remove all filters" not in text(client, "/archive/?q=ministry")


def test_narrowed_pages_are_not_for_search_engines(said: Town, client: Client) -> None:
    assert "noindex" not in text(client, "/archive/")
    for query in ("q=water", "agency=water", "kind=alert"):
        assert 'content="noindex"' in text(client, f"/archive/?{query}")


def test_pages_go_on_to_the_end_and_back_and_miss_nothing(town: Town, client: Client) -> None:
    for number in range(45):  # some of the same moment
        a_bulletin(town.roads, texts={"es": f"Calle {number}\n-"}, published_at=NOON - timedelta(days=number // 3))
    seen, query, pages = [], "q=calle", []
    while query:
        page = text(client, f"/archive/?{query}")
        pages.append(titles(client, query))
        seen += pages[-1]
        found = re.search(r'rel="next" href="\?([^"]*)"', page)
        query = found[1].replace("&amp;", "&") if found else ""
    assert [len(one) for one in pages] == [20, 20, 5]
    assert sorted(seen) == sorted(f"Calle {number}" for number in range(45))
    back = re.search(r'rel="prev" href="\?([^"]*)"', page)
    assert back
    assert titles(client, back[1].replace("&amp;", "&")) == pages[1]


def test_the_place_of_what_was_withdrawn_meanwhile_holds(town: Town, client: Client) -> None:
    made = [
        a_bulletin(town.roads, texts={"es": f"Calle {n}\n-"}, published_at=NOON - timedelta(days=n)) for n in range(3)
    ]
    Bulletin.objects.filter(pk=made[1].pk).update(status=Bulletin.Status.WITHDRAWN)
    assert titles(client, f"older={made[1].pk}") == ["Calle 2"]


def test_many_are_not_counted_to_their_end(town: Town, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(25):
        a_bulletin(town.roads, texts={"es": f"Calle {number}\n-"})
    assert "25 bulletins" in text(client, "/archive/")
    monkeypatch.setattr("alerts.finding.archive.MOST_COUNTED", 22)
    monkeypatch.setattr("alerts.pages.archive.MOST_COUNTED", 22)
    assert "More than 22 bulletins" in text(client, "/archive/")


def test_the_topics_of_the_agency_that_is_chosen_are_offered(said: Town, client: Client) -> None:
    page = text(client, "/archive/?agency=water")
    assert '<option value="floods">' in page
    assert '<option value="roads">' not in page
    assert "duty-roster" not in page
    assert '<input type="hidden" name="topic" value="roads">' in text(client, "/archive/?topic=roads")


def test_every_combination_takes_a_fixed_number_of_queries(
    said: Town, client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(25):
        a_bulletin(said.floods, texts={"en": f"Water {number}\n-"}, published_at=NOON - timedelta(days=number))
    Topic.objects.filter(pk=said.floods.pk).update(category=a_category("Deep", a_category("Transport")))
    last = Bulletin.objects.latest("pk").pk
    for query in ("", "q=water", f"q=water&agency=water&topic=floods&category=transport&language=en&older={last}"):
        with django_assert_max_num_queries(12):
            client.get(f"/archive/?{query}")
