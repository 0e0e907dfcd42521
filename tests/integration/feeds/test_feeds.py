"""Feeds of topics, agencies, alerts, the archive and its searches: valid, complete, in the reader's language."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from lxml import etree
from pytest_django import DjangoAssertNumQueries

from agencies.models import Agency
from alerts.models import Alert, Bulletin
from subscriptions.models import Topic
from tests.integration.feeds.cast import FORMS, Published
from tests.integration.feeds.rules import ATOM, found, problems
from tests.integration.public.test_get_changes_nothing import everything
from tests.integration.subscriptions.cast import Town, a_bulletin, a_place, an_alert

SITE = "https://notify.example"
FEEDS = {
    "topic": "/topics/floods/feed.",
    "agency": "/agencies/water/feed.",
    "alerts": "/alerts/feed.",
    "archive": "/archive/feed.",
}
ALL = [path + form for path in FEEDS.values() for form in FORMS]


@pytest.fixture(autouse=True)
def _site(settings: Any) -> None:
    settings.SITE_URL = SITE


def feed(path: str, client: Client | None = None) -> dict[str, Any]:
    """The JSON form of a feed; what holds for one form is held for all by the rules."""
    answer = (client or Client()).get(path)
    assert answer.status_code == 200, path
    return dict(json.loads(answer.content))


def titles(path: str) -> list[str]:
    return [item["title"] for item in feed(path)["items"]]


def item_of(path: str, bulletin: Bulletin | Alert) -> dict[str, Any]:
    [item] = [one for one in feed(path)["items"] if one["id"] == f"{SITE}/bulletins/{bulletin.pk}/"]
    return dict(item)


def written(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""


@pytest.mark.parametrize("query", ["", "?lang=ar", "?lang=xx", "?lang=%00", "?before=", "?page=2&utm_source=x"])
@pytest.mark.parametrize("path", ALL)
def test_every_feed_keeps_every_rule(published: Published, client: Client, path: str, query: str) -> None:
    answer = client.get(path + query)
    own = SITE + path + (query if query in {"?lang=ar", "?lang=xx"} else "")
    assert problems(answer["Content-Type"], answer.content, own) == []


@pytest.mark.parametrize("path", ALL)
def test_a_feed_of_nothing_keeps_every_rule_too(town: Town, client: Client, path: str) -> None:
    answer = client.get(path)
    assert problems(answer["Content-Type"], answer.content, SITE + path) == []
    assert client.get(path).content == answer.content  # nor does its "updated" move


@pytest.mark.parametrize("form", FORMS)
def test_a_search_s_feed_keeps_every_rule(published: Published, client: Client, form: str) -> None:
    query = "?q=river+%26+%3C&agency=water&topic=floods"
    answer = client.get(f"/archive/feed.{form}{query}")
    assert problems(answer["Content-Type"], answer.content, f"{SITE}/archive/feed.{form}{query}") == []


def test_a_feed_begins_with_the_newest(published: Published) -> None:
    ids = [item["id"] for item in feed("/topics/floods/feed.json")["items"]]
    newest = Bulletin.objects.order_by("-published_at", "-pk").values_list("pk", flat=True)
    assert ids == [f"{SITE}/bulletins/{pk}/" for pk in newest]


def test_the_complete_text_is_there_as_on_the_page(published: Published) -> None:
    item = item_of("/archive/feed.json", published.plain)
    variant = published.plain.variants.get()
    assert variant.html in item["content_html"]
    assert "<table>" in item["content_html"]
    assert "<script" not in item["content_html"]
    assert item["summary"] == "Less than 3 m < more & more"
    assert item["tags"] == ["Flood warnings"]
    assert item["authors"] == [{"name": "Ministry of Water", "url": f"{SITE}/agencies/water/"}]


def test_the_places_that_a_bulletin_is_about_are_named(town: Town, published: Published) -> None:
    country = a_place("ARN", "Arnland")
    published.plain.areas.set([a_place("ARN-1", "Brook", country), country])
    assert "<p>For: Arnland, Brook</p>" in item_of("/topics/floods/feed.json", published.plain)["content_html"]


def test_internal_topics_and_what_is_not_published_are_in_no_feed(town: Town, published: Published) -> None:
    a_bulletin(town.internal, texts={"en": "Secret roster\nWho is on call."})
    a_bulletin(town.floods, texts={"en": "Half written\nText."}, status=Bulletin.Status.DRAFT)
    an_alert(town.floods, title="For authorities", scope=Alert.Scope.RESTRICTED)
    for path in ALL:
        text = Client().get(path).content.decode()
        for words in ("Duty roster", "Secret roster", "Half written", "For authorities"):
            assert words not in text, path


def test_what_was_withdrawn_keeps_its_place_and_id_but_says_only_that(published: Published) -> None:
    item = item_of("/topics/floods/feed.json", published.withdrawn)
    assert item["title"] == "This bulletin was withdrawn"
    assert "no longer stands by" in item["content_html"]
    assert "It was  a mistake." in item["content_html"]
    assert "Dam broken" not in json.dumps(item)
    assert item["date_modified"] == written(published.withdrawn.withdrawn_at)
    assert item["date_modified"] > item["date_published"]


def test_what_was_corrected_says_so_is_updated_and_leads_to_its_correction(published: Published) -> None:
    first = item_of("/topics/floods/feed.json", published.corrected)
    assert first["title"] == "Corrected: Bridge closed"
    assert f'<a href="{SITE}/bulletins/{published.correction.pk}/">Read the correction</a>' in first["content_html"]
    assert first["date_modified"] == written(published.correction.published_at)
    second = item_of("/topics/floods/feed.json", published.correction)
    assert second["title"] == "Bridge open"
    assert f'<a href="{SITE}/bulletins/{published.corrected.pk}/">' in second["content_html"]


def test_an_unpublished_correction_changes_nothing(town: Town, published: Published) -> None:
    a_bulletin(town.floods, corrects=published.plain, status=Bulletin.Status.DRAFT, published_at=None)
    assert item_of("/topics/floods/feed.json", published.plain)["title"] == 'Levels & <limits> ]]> "now"'


def test_alerts_carry_their_state_facts_and_document(published: Published) -> None:
    first = item_of("/alerts/feed.json", published.alert)
    assert first["title"] == "No longer valid: Flash flood"
    assert f'<a href="{SITE}/bulletins/{published.update.pk}/">Read the newest message</a>' in first["content_html"]
    second = item_of("/alerts/feed.json", published.update)
    assert second["title"] == "Flash flood, second message"
    assert "Lower town" in second["content_html"]
    assert second["attachments"] == [
        {"url": f"{SITE}/alerts/{published.update.pk}/cap.xml", "mime_type": "application/cap+xml"}
    ]
    exercise = item_of("/alerts/feed.json", published.exercise)
    assert exercise["title"] == "Exercise: Sirens"
    assert "you need to do nothing" in exercise["content_html"]


def test_the_alerts_feed_has_alerts_only(published: Published) -> None:
    assert len(titles("/alerts/feed.json")) == 3


def test_the_language_asked_for_is_taken_where_there_is_one(published: Published) -> None:
    arabic = feed("/topics/floods/feed.json?lang=ar")
    assert arabic["language"] == "ar"
    item = item_of("/topics/floods/feed.json?lang=ar", published.languages)
    assert (item["title"], item["language"]) == ("ارتفاع النهر", "ar")
    assert item["url"] == f"{SITE}/bulletins/{published.languages.pk}/?lang=ar"
    assert '<div lang="ar" dir="rtl">' in item["content_html"]
    assert item_of("/topics/floods/feed.json?lang=ar", published.plain)["language"] == "en"


def test_without_a_language_each_agency_s_own_is_taken_whatever_the_browser_likes(
    town: Town, published: Published
) -> None:
    a_bulletin(town.roads, texts={"en": "Road closed\nToday.", "es": "Calle cerrada\nHoy."})
    answer = Client().get("/agencies/brook/feed.json", headers={"Accept-Language": "ar"})
    assert json.loads(answer.content)["items"][0]["title"] == "Calle cerrada"
    assert answer["Content-Language"] == "es"
    assert not answer.has_header("Vary")


def test_atom_names_the_page_in_each_language_and_the_cap_document(published: Published, client: Client) -> None:
    tree = etree.fromstring(client.get("/archive/feed.atom").content)
    links = {(link.get("hreflang"), link.get("type")): link.get("href") for link in tree.iter(f"{ATOM}link")}
    assert links["ar", "text/html"] == f"{SITE}/bulletins/{published.languages.pk}/?lang=ar"
    assert links["en", "text/html"] == f"{SITE}/bulletins/{published.languages.pk}/?lang=en"
    caps = found(tree, "//*[@type='application/cap+xml']/@href")
    assert f"{SITE}/alerts/{published.update.pk}/cap.xml" in caps


def test_names_are_in_the_language_asked_for(town: Town, published: Published, settings: Any) -> None:
    settings.LANGUAGES = [("en", "English"), ("fr", "French")]
    Topic.objects.filter(pk=town.floods.pk).update(translations={"fr": {"name": "Crues"}})
    Agency.objects.filter(pk=town.water.pk).update(translations={"fr": {"name": "Ministère de l'Eau"}})
    assert feed("/topics/floods/feed.json?lang=fr")["title"] == "Crues – Ministère de l'Eau"
    assert feed("/topics/floods/feed.json")["title"] == "Flood warnings – Ministry of Water"


@pytest.mark.parametrize("form", FORMS)
def test_pages_follow_each_other_without_a_gap_or_a_repetition(town: Town, client: Client, form: str) -> None:
    moment = timezone.now() - timedelta(days=1)
    made = [a_bulletin(town.floods, published_at=moment).pk for _ in range(65)]  # of one moment: the number decides
    ids: list[str] = []
    path = f"/topics/floods/feed.{form}"
    sizes = []
    while path:
        answer = client.get(path)
        assert problems(answer["Content-Type"], answer.content, SITE + path) == []
        page, path = read_page(form, answer.content)
        sizes.append(len(page))
        ids += page
        path = path.removeprefix(SITE)
    assert sizes == [30, 30, 5]
    assert ids == [f"{SITE}/bulletins/{pk}/" for pk in reversed(made)]


def read_page(form: str, data: bytes) -> tuple[list[str], str]:
    """The ids on a page, and the address of the next ("" on the last)."""
    if form == "json":
        page = json.loads(data)
        return [item["id"] for item in page["items"]], page.get("next_url", "")
    tree = etree.fromstring(data)
    following = found(tree, "//*[local-name()='link' and @rel='next']/@href")
    return found(tree, "//*[local-name()='entry']/*[local-name()='id']/text() | //item/guid/text()"), "".join(following)


def test_a_search_s_next_page_searches_for_the_same(town: Town) -> None:
    for number in range(31):
        a_bulletin(town.floods, texts={"en": f"River {number}\nIt rises."})
    following = feed("/archive/feed.json?q=river&lang=en")["next_url"]
    assert following.startswith(f"{SITE}/archive/feed.json?q=river&lang=en&before=")
    assert len(titles(following.removeprefix(SITE))) == 1


def test_a_search_s_feed_has_what_the_search_finds(town: Town, published: Published) -> None:
    a_bulletin(town.roads, texts={"es": "Puente cerrado\nHoy."})
    assert titles("/archive/feed.json?q=puente") == ["Puente cerrado"]
    assert titles("/archive/feed.json?agency=brook") == ["Puente cerrado"]
    assert titles("/archive/feed.json?topic=drought") == ["River rising"]
    assert titles("/archive/feed.json?q=puente&topic=drought") == []
    assert feed("/archive/feed.json?q=puente")["home_page_url"] == f"{SITE}/archive/?q=puente"


FILTERS = [
    ("category=transport", ["Puente cerrado"]),
    ("category=weather-and-water", ["Sirens"]),
    ("language=es", ["Puente cerrado"]),
    ("kind=alert", ["Sirens"]),
    ("kind=bulletin&agency=brook", ["Puente cerrado"]),
    ("since={day}", ["Sirens"]),
    ("until={day}", ["Puente cerrado"]),
    ("area=ARN-1", ["Sirens", "Puente cerrado"]),
    ("area=ARN-1&narrow=1", ["Puente cerrado"]),
    ("place=arnl&narrow=1", ["Puente cerrado"]),
]


@pytest.mark.parametrize(("query", "wanted"), FILTERS)
def test_a_search_s_feed_follows_the_filters_of_its_page(
    town: Town, client: Client, query: str, wanted: list[str]
) -> None:
    bridge = a_bulletin(
        town.roads, texts={"es": "Puente cerrado\nHoy."}, published_at=timezone.now() - timedelta(days=5)
    )
    bridge.areas.add(a_place("ARN-1", "Brook", a_place("ARN", "Arnland")))
    an_alert(town.floods, title="Sirens")
    day = timezone.now().date() - timedelta(days=3)  # now: every process of the tests must know them by the same names
    page = client.get(f"/archive/?{query.format(day=day)}").text
    assert [title for title in ("Sirens", "Puente cerrado") if f">{title}</a>" in page] == wanted
    for form in FORMS:
        [address] = {url for url in page.split('"') if url.startswith(f"/archive/feed.{form}")}
        answer = client.get(address.replace("&amp;", "&"))
        assert answer.status_code == 200
        own = SITE + address.replace("&amp;", "&")
        assert problems(answer["Content-Type"], answer.content, own) == []
        if form == "json":
            said = [item["title"].removeprefix("Exercise: ") for item in json.loads(answer.content)["items"]]
            assert said == wanted


def test_a_feed_of_one_language_is_written_in_it(town: Town) -> None:
    a_bulletin(town.floods, texts={"en": "River rising\nNow.", "ar": "ارتفاع النهر\nالآن."})
    arabic = feed("/archive/feed.json?language=ar")
    assert (arabic["language"], arabic["items"][0]["title"]) == ("ar", "ارتفاع النهر")
    assert feed("/archive/feed.json?language=ar&lang=en")["items"][0]["title"] == "River rising"


@pytest.mark.parametrize(
    "path",
    [
        "/topics/none/feed.atom",
        "/topics/duty-roster/feed.atom",
        "/agencies/none/feed.rss",
        "/topics/floods/feed.exe",
        "/topics/floods/feed.",
        "/alerts/feed.xml",
        "/archive/feed.json?before=x",
        "/archive/feed.json?before=-1",
        "/archive/feed.json?before=999999",
        f"/archive/feed.json?before={10**30}",
        "/archive/feed.json?before=%D9%A3",
    ],
)
def test_what_is_no_feed_is_not_found(town: Town, client: Client, path: str) -> None:
    assert client.get(path).status_code == 404
    assert client.head(path).status_code == 404


@pytest.mark.parametrize(
    "query", ["q=%00", "q=%25", "q=" + "x" * 5_000, "agency=%00", "area=&narrow=1", "lang=" + "x" * 99]
)
def test_odd_queries_are_answered(published: Published, client: Client, query: str) -> None:
    for form in FORMS:
        answer = client.get(f"/archive/feed.{form}?{query}")
        assert answer.status_code == 200
        assert "Duty roster" not in answer.content.decode()


UNKNOWN = [
    ("agency=nobody", "agency=nobody – Agency: we do not know “nobody”."),
    ("topic=duty-roster", "topic=duty-roster – Topic: we do not know “duty-roster”."),
    ("topic='--", "topic='-- – Topic: we do not know “'--”."),
    ("category=none", "category=none – Subject: we do not know “none”."),
    ("area=none", "area=none – Place: we do not know “none”."),
    ("language=xx", "language=xx – Language: we do not know “xx”."),
    ("kind=none", "kind=none – Kind: we do not know “none”."),
    ("since=2026-99-99", "since=2026-99-99 – From: “2026-99-99” is not a date. Write it like 2026-03-01."),
    ("q=sirens&place=Atlantis", "place=Atlantis – No place is called “Atlantis”."),
    ("place=mill", "place=mill – “mill” may be several places. Name one by its code: area=M-1."),
]


@pytest.mark.parametrize(("query", "sentence"), UNKNOWN)
def test_a_filter_that_names_nothing_has_no_feed_and_the_answer_says_which(
    published: Published, client: Client, query: str, sentence: str
) -> None:
    a_place("M-1", "Mill"), a_place("M-2", "Mill")
    for form in FORMS:
        answer = client.get(f"/archive/feed.{form}?{query}")
        assert (answer.status_code, answer["Content-Type"]) == (404, "text/plain; charset=utf-8")
        said = answer.content.decode()
        assert sentence in said
        assert said.endswith(f"Search in {SITE}/archive/ and copy the address of the feed from the end of that page.\n")
        assert "ETag" not in answer
        assert answer["Cache-Control"] == "private, no-cache"
        assert client.head(f"/archive/feed.{form}?{query}").status_code == 404


def test_an_answer_that_there_is_no_feed_is_in_the_language_that_was_asked_for(town: Town, client: Client) -> None:
    answer = client.get("/archive/feed.json?agency=nobody&lang=es")
    assert answer["Content-Language"] == "es"
    assert "There is no such feed" not in answer.content.decode()


@pytest.mark.parametrize("path", ALL)
def test_only_reading_is_possible(town: Town, client: Client, path: str) -> None:
    assert client.post(path).status_code == 405
    assert client.delete(path).status_code == 405


def test_looking_at_them_changes_no_row(published: Published) -> None:
    before = everything()
    for path in [*ALL, f"/alerts/{published.alert.pk}/cap.xml", "/sitemap.xml", "/sitemaps/bulletins-0.xml"]:
        Client().get(path)
        Client().head(path)
    assert everything() == before


@pytest.mark.parametrize("path", ["/topics/floods/feed.", "/agencies/water/feed.", "/alerts/feed.", "/archive/feed."])
def test_a_feed_takes_as_many_queries_for_many_entries_as_for_few(
    town: Town, published: Published, django_assert_max_num_queries: DjangoAssertNumQueries, path: str
) -> None:
    for number in range(25):
        a_bulletin(town.floods, town.drought, texts={"en": f"A {number}\nB.", "fr": f"C {number}\nD."})
        a_bulletin(town.floods, corrects=published.plain)
        an_alert(town.floods, title=f"Alert {number}", areas=[{"description": "Upper town"}])
    for query in ("", f"?before={published.exercise.pk}&lang=fr"):
        with django_assert_max_num_queries(7):
            assert Client().get(f"{path}json{query}").status_code == 200
