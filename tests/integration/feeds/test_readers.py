"""Feeds as a feed reader understands them: feedparser reads what we wrote, and finds nothing to complain of."""

import json
import time
from typing import Any

import feedparser
import pytest
from django.test import Client
from django.utils import timezone

from alerts.models import Bulletin
from tests.integration.feeds.cast import Published
from tests.integration.subscriptions.cast import a_place

SITE = "https://notify.example"
FEEDS = {
    "topic": "/topics/floods/feed.{form}",
    "agency": "/agencies/water/feed.{form}?lang=ar",
    "alerts": "/alerts/feed.{form}",
    "archive": "/archive/feed.{form}",
    "search": "/archive/feed.{form}?q=river+%26+%3C&agency=water&category=weather-and-water&language=en&kind=bulletin",
    "place": "/archive/feed.{form}?area=ARN&since=2020-01-01",
}
VERSIONS = {"atom": "atom10", "rss": "rss20"}
TYPES = {"atom": "application/atom+xml", "rss": "application/rss+xml", "json": "application/feed+json"}
ALL = [(kind, form) for kind in FEEDS for form in VERSIONS]


@pytest.fixture(autouse=True)
def _published(published: Published, settings: Any) -> None:
    settings.SITE_URL = SITE
    published.plain.areas.add(a_place("ARN-1", "Brook", a_place("ARN", "Arnland")))


def got(kind: str, form: str) -> tuple[str, Any]:
    """The address of a feed, and the answer."""
    path = FEEDS[kind].format(form=form)
    return SITE + path, Client().get(path)


def parsed(kind: str, form: str) -> tuple[str, Any]:
    """The address, and what the reader makes of the bytes and their media type."""
    url, answer = got(kind, form)
    headers = {"content-type": answer["Content-Type"], "content-location": url}
    return url, feedparser.parse(answer.content, response_headers=headers)


def items(kind: str) -> list[dict[str, Any]]:
    return list(json.loads(got(kind, "json")[1].content)["items"])


@pytest.mark.parametrize(("kind", "form"), ALL)
def test_a_reader_finds_no_fault_and_every_entry_as_in_the_other_forms(kind: str, form: str) -> None:
    _url, feed = parsed(kind, form)
    assert (feed.bozo, feed.version, feed.encoding) == (False, VERSIONS[form], "utf-8")
    wanted = items(kind)
    assert wanted
    for entry, item in zip(feed.entries, wanted, strict=True):
        assert (entry.id, entry.title) == (item["id"], item["title"])
        assert entry.link in {item["url"], f"{item['id']}?lang={item['language']}"}
        assert entry.author == item["authors"][0]["name"]
        assert [tag.label or tag.term for tag in entry.get("tags", [])] == item.get("tags", [])


@pytest.mark.parametrize(("kind", "form"), ALL)
def test_the_feed_says_where_it_is_and_of_what(kind: str, form: str) -> None:
    url, feed = parsed(kind, form)
    links = {link.rel: link.href for link in feed.feed.links if link.rel in {"self", "alternate"}}
    assert links["self"] == url
    assert links["alternate"] == feed.feed.link == json.loads(got(kind, "json")[1].content)["home_page_url"]
    assert feed.feed.title
    assert feed.feed.language == ("ar" if kind == "agency" else "en")
    assert feed.feed.updated_parsed <= time.gmtime()
    if form == "atom":
        assert feed.feed.id.startswith(f"{SITE}/")
        assert "feed." not in feed.feed.id  # the page that it is of, whatever form was asked for


@pytest.mark.parametrize(("kind", "form"), ALL)
def test_the_newest_stands_first_and_nothing_was_changed_before_it_was_said(kind: str, form: str) -> None:
    _url, feed = parsed(kind, form)
    published = [entry.published_parsed for entry in feed.entries]
    assert published == sorted(published, reverse=True)
    updated = [one["updated_parsed" if "updated_parsed" in one else "published_parsed"] for one in feed.entries]
    assert all(first <= last for first, last in zip(published, updated, strict=True))
    assert feed.feed.updated_parsed == max(updated)
    assert len({entry.id for entry in feed.entries}) == len(feed.entries)


@pytest.mark.parametrize(("kind", "form"), ALL)
def test_texts_are_texts_and_the_content_is_markup_of_ours(kind: str, form: str) -> None:
    _url, feed = parsed(kind, form)
    for entry, item in zip(feed.entries, items(kind), strict=True):
        [content] = [one for one in entry.content if one.type == "text/html"]
        assert "<script" not in content.value
        assert ("<p>" in content.value) == ("<p>" in item["content_html"])
        if form == "atom":
            assert entry.title_detail.type == "text/plain"
            assert "summary" not in item or entry.summary == item["summary"]
    odd = [entry for entry in feed.entries if entry.id == f"{SITE}/bulletins/{Bulletin.objects.earliest('pk').pk}/"]
    for entry in odd:
        assert entry.title == 'Levels & <limits> ]]> "now"'


@pytest.mark.parametrize("form", TYPES)
@pytest.mark.parametrize("kind", FEEDS)
def test_the_media_type_and_the_bytes_agree(kind: str, form: str) -> None:
    _url, answer = got(kind, form)
    assert answer["Content-Type"] == f"{TYPES[form]}; charset=utf-8"
    assert answer["ETag"]
    assert answer["Last-Modified"]
    text = answer.content.decode("utf-8")
    if form == "json":
        assert json.loads(text)["version"] == "https://jsonfeed.org/version/1.1"
    else:
        assert text.startswith('<?xml version="1.0" encoding="utf-8"?>')


@pytest.mark.parametrize("kind", FEEDS)
def test_a_json_feed_has_the_types_that_its_specification_asks_for(kind: str) -> None:
    _url, answer = got(kind, "json")
    feed = json.loads(answer.content)
    assert all(isinstance(feed[name], str) for name in ("title", "home_page_url", "feed_url", "language"))
    assert feed.get("next_url") != feed["feed_url"]
    for item in feed["items"]:
        assert isinstance(item["id"], str)
        assert isinstance(item["content_html"], str)
        assert item["date_published"] <= item["date_modified"]
        assert all(isinstance(tag, str) for tag in item.get("tags", []))
        assert item["url"].startswith(f"{SITE}/bulletins/")
    moments = [item["date_published"] for item in feed["items"]]
    assert moments == sorted(moments, reverse=True)
    assert all(moment <= timezone.now().isoformat() for moment in moments)


@pytest.mark.parametrize("form", VERSIONS)
def test_rss_and_atom_name_their_own_type_in_the_link_to_themselves(form: str) -> None:
    _url, feed = parsed("topic", form)
    [own] = [link for link in feed.feed.links if link.rel == "self"]
    assert own.type == TYPES[form]
