"""The archive: filters that combine and come off, and pages as deep as one likes."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from alerts.models import Bulletin
from subscriptions.models import Category, Place, Topic
from tests.integration.public.test_finding import text
from tests.integration.subscriptions.cast import Town, a_bulletin, a_category, a_country, an_alert

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


EVERYWHERE = ["Alert about water", "De la ciudad", "From the ministry"]


@pytest.fixture
def places(said: Town) -> dict[str, Place]:
    """The country, with news of the north, of a town in it and of a town in the south."""
    known = a_country()
    for title, code in (("Of the north", "N"), ("Of Milltown", "N-11"), ("Of the south", "S-11")):
        bulletin = a_bulletin(said.roads, texts={"en": f"{title}\n-"})
        bulletin.areas.add(known[code])
    return known


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("N-11", ["Of Milltown", "Of the north"]),
        ("N-12", ["Of the north"]),
        ("N", ["Of Milltown", "Of the north"]),
        ("S", ["Of the south"]),
        ("S-11", ["Of the south"]),
    ],
)
def test_a_place_finds_what_is_about_it_in_it_and_around_it_and_what_is_about_everywhere(
    places: dict[str, Place], client: Client, code: str, found: list[str]
) -> None:
    assert sorted(titles(client, f"area={code}")) == sorted([*EVERYWHERE, *found])
    assert sorted(titles(client, f"area={code}&narrow=1")) == found


def test_what_is_about_everywhere_is_left_out_and_taken_in_again_by_a_link(
    places: dict[str, Place], client: Client
) -> None:
    page = text(client, "/archive/?area=S-11&kind=bulletin")
    assert "and those for everywhere" in page
    assert '<a href="/archive/?area=S-11&amp;kind=bulletin&amp;narrow=1">Leave out what is for everywhere</a>' in page
    narrow = text(client, "/archive/?area=S-11&kind=bulletin&narrow=1")
    assert '<a href="/archive/?area=S-11&amp;kind=bulletin">Show what is for everywhere, too</a>' in narrow
    assert 'href="/archive/?kind=bulletin"' in narrow  # without the place nothing is narrow
    assert titles(client, "narrow=1") == titles(client, "")


def test_a_place_is_found_by_its_name_and_chosen_where_several_have_it(
    places: dict[str, Place], client: Client
) -> None:
    page = text(client, "/archive/?place=south&kind=bulletin")
    assert sorted(titles(client, "place=south&kind=bulletin&narrow=1")) == ["Of the south"]
    assert 'href="/archive/?kind=bulletin">' in page
    several = text(client, "/archive/?place=mill&kind=bulletin")
    assert "Which place do you mean?" in several
    assert 'href="/archive/?kind=bulletin&amp;area=N-11">' in several
    assert sorted(titles(client, "area=N-11&place=south&kind=bulletin&narrow=1")) == [
        "Of the south"
    ]  # what was typed last
    assert "/bulletins/" not in several
    nowhere = text(client, "/archive/?place=Atlantis")
    assert "No place is called “Atlantis”" in nowhere
    assert "/bulletins/" not in nowhere
    assert "Which place" not in text(client, "/archive/?place=%00")


def test_where_there_is_no_register_no_place_is_asked_for(said: Town, client: Client) -> None:
    assert 'name="place"' not in text(client, "/archive/")


def test_a_place_that_moves_or_closes_takes_its_bulletins_along(places: dict[str, Place], client: Client) -> None:
    town, south = places["N-11"], places["S"]
    Place.objects.filter(pk=town.pk).update(parent=south, path=f"{south.path}{town.pk}/")
    assert sorted(titles(client, "area=S&narrow=1")) == ["Of Milltown", "Of the south"]
    Place.objects.filter(pk=town.pk).update(closed_at=timezone.now(), path=south.path)
    assert sorted(titles(client, "area=S-11&narrow=1")) == ["Of Milltown", "Of the south"]
    assert titles(client, "area=N-12&narrow=1") == ["Of the north"]


def test_a_closed_place_that_lies_in_nothing_counts_as_the_whole_map(places: dict[str, Place], client: Client) -> None:
    Place.objects.filter(pk=places["N-12"].pk).update(closed_at=timezone.now(), path="/")
    local = ["Of Milltown", "Of the north", "Of the south"]
    assert sorted(titles(client, "area=N-12")) == sorted([*EVERYWHERE, *local])
    assert sorted(titles(client, "area=N-12&narrow=1")) == local


def test_places_that_change_after_publishing_change_what_is_found(places: dict[str, Place], client: Client) -> None:
    bulletin = Bulletin.objects.get(variants__title="Of Milltown")
    bulletin.areas.clear()
    assert titles(client, "area=N-11&narrow=1") == ["Of the north"]
    bulletin.areas.add(places["S"])
    assert sorted(titles(client, "area=S&narrow=1")) == ["Of Milltown", "Of the south"]


def test_a_bulletin_is_found_by_its_topic_in_other_languages_and_an_alert_by_what_it_is(
    said: Town, client: Client
) -> None:
    Topic.objects.filter(pk=said.floods.pk).update(translations={"fr": {"name": "Crues"}})
    a_bulletin(said.floods, texts={"en": "Gauge\n-"})
    assert "Gauge" in titles(client, "q=crues")
    an_alert(said.drought, title="Listen", event="Sandstorm")
    Bulletin.objects.filter(variants__title="Listen").update(published_at=NOON)
    assert titles(client, "q=sandstorm") == ["Listen"]


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
    ["until=9999-12-31", "since=0001-01-01", "older=x", "older=-1", "older=99999999999999999999", "newer=999999",
     "page=99999", "agency=%00", "agency=", "since=&until=", "area=&narrow=1", "q=%00", "utm_source=mail"],
)  # fmt: skip
def test_what_asks_for_nothing_is_left_out(said: Town, client: Client, query: str) -> None:
    assert len(titles(client, query)) == 3


UNKNOWN = [
    ("agency=nobody", "Agency: we do not know “nobody”."),
    ("topic=none", "Topic: we do not know “none”."),
    ("topic=duty-roster", "Topic: we do not know “duty-roster”."),
    ("category=none", "Subject: we do not know “none”."),
    ("area=N-99", "Place: we do not know “N-99”."),
    ("language=xx", "Language: we do not know “xx”."),
    ("kind=none", "Kind: we do not know “none”."),
    ("since=2026-99-99", "From: “2026-99-99” is not a date. Write it like 2026-03-01."),
    ("until=2026-02-31", "Until: “2026-02-31” is not a date. Write it like 2026-03-01."),
    ("agency=" + "x" * 5_000, f"Agency: we do not know “{'x' * 100}”."),
]


@pytest.mark.parametrize(("query", "sentence"), UNKNOWN)
def test_a_filter_that_names_nothing_is_named_and_nothing_is_shown(
    places: dict[str, Place], client: Client, query: str, sentence: str
) -> None:
    answer = client.get(f"/archive/?q=ministry&{query}")
    page = answer.content.decode()
    assert answer.status_code == 404
    assert answer["Cache-Control"] == "private, no-cache"
    assert "ETag" not in answer
    assert "<title>Error: " in page
    [field] = re.findall(f'<a href="#([a-z]+)">{re.escape(sentence)}</a>', page)
    assert f'id="{field}"' in page
    assert re.search(r'<a href="/archive/\?q=ministry">Remove the filter<', page)
    for shown in ("/bulletins/", "feed.atom", "bulletins</h2>"):
        assert shown not in page


def test_each_of_several_filters_that_name_nothing_comes_off_alone(said: Town, client: Client) -> None:
    page = client.get("/archive/?agency=nobody&kind=none&language=es").content.decode()
    assert re.search(r'href="/archive/\?kind=none&amp;language=es">Remove the filter<', page)
    assert re.search(r'href="/archive/\?agency=nobody&amp;language=es">Remove the filter<', page)
    assert titles(client, "language=es") == ["De la ciudad"]


def test_links_to_what_closed_since_go_on_working(said: Town, client: Client) -> None:
    Topic.objects.update(closed_at=timezone.now())
    assert titles(client, "topic=floods") == ["From the ministry"]
    assert titles(client, "agency=brook") == ["De la ciudad"]
    assert titles(client, "category=transport") == ["De la ciudad"]


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
    a_country()
    for query in (
        "",
        "q=water",
        "place=mill",
        "area=N-11&q=water",
        "q=water&agency=none&topic=none&category=none&area=none&since=none&language=none&kind=none",
        f"q=water&agency=water&topic=floods&category=transport&language=en&older={last}",
    ):
        with django_assert_max_num_queries(14):
            client.get(f"/archive/?{query}")
