"""Conditional requests: a reader that has the feed already gets 304, for one query or two."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.http import http_date, parse_http_date
from pytest_django import DjangoAssertNumQueries

from agencies.models import Agency
from alerts.models import Bulletin
from subscriptions.models import Topic
from tests.integration.feeds.cast import FORMS, Published
from tests.integration.subscriptions.cast import Town, a_bulletin

PATHS = ["/topics/floods/feed.", "/agencies/water/feed.", "/alerts/feed.", "/archive/feed.", "/archive/feed."]


def again(path: str, before: Any, **headers: str) -> int:
    return Client().get(path, headers={"If-None-Match": before["ETag"]} | headers).status_code


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("path", PATHS)
def test_who_has_it_already_is_told_so_in_two_queries(
    published: Published, django_assert_max_num_queries: DjangoAssertNumQueries, path: str, form: str
) -> None:
    first = Client().get(path + form)
    with django_assert_max_num_queries(2):
        second = Client().get(path + form, headers={"If-None-Match": first["ETag"]})
    assert (second.status_code, second.content) == (304, b"")
    for name in ("ETag", "Last-Modified", "Cache-Control", "Access-Control-Allow-Origin"):
        assert second[name] == first[name]


@pytest.mark.parametrize("form", FORMS)
def test_a_reader_that_knows_only_the_date_is_told_so_too(published: Published, form: str) -> None:
    path = f"/topics/floods/feed.{form}"
    first = Client().get(path)
    date = first["Last-Modified"]
    assert Client().get(path, headers={"If-Modified-Since": date}).status_code == 304
    earlier = http_date(parse_http_date(date) - 1)
    assert Client().get(path, headers={"If-Modified-Since": earlier}).status_code == 200
    assert Client().get(path, headers={"If-Modified-Since": "yesterday"}).status_code == 200


def test_the_date_is_that_of_the_last_thing_that_happened(town: Town, published: Published) -> None:
    last = Bulletin.objects.latest("published_at").published_at
    assert last is not None
    assert parse_http_date(Client().get("/topics/floods/feed.atom")["Last-Modified"]) == int(last.timestamp())


@pytest.mark.parametrize("form", FORMS)
def test_head_says_what_get_would(published: Published, client: Client, form: str) -> None:
    path = f"/topics/floods/feed.{form}"
    whole, head = client.get(path), client.head(path)
    assert head.content == b""
    for name in ("ETag", "Last-Modified", "Cache-Control", "Content-Type", "Content-Language"):
        assert head[name] == whole[name]
    assert client.head(path, headers={"If-None-Match": whole["ETag"]}).status_code == 304


def test_what_is_new_corrected_withdrawn_or_made_internal_changes_the_tag(town: Town, published: Published) -> None:
    path = "/topics/floods/feed.json"

    def tag() -> str:
        return str(Client().get(path)["ETag"])

    seen = [tag()]
    new = a_bulletin(town.floods)
    seen.append(tag())
    a_bulletin(town.floods, corrects=new)
    seen.append(tag())
    Bulletin.objects.filter(pk=new.pk).update(status="withdrawn", withdrawn_at=timezone.now())
    seen.append(tag())
    Topic.objects.filter(pk=town.floods.pk).update(name="High water")
    seen.append(tag())
    assert len(set(seen)) == len(seen)
    assert tag() == seen[-1]


def test_an_alert_that_is_replaced_changes_the_tag_of_its_feed(town: Town, published: Published) -> None:
    first = Client().get("/alerts/feed.json")
    assert again("/alerts/feed.json", first) == 304
    published.update.bulletin.published_at = timezone.now() - timedelta(seconds=1)
    published.update.bulletin.save()
    assert again("/alerts/feed.json", first) == 200


def test_other_clocks_of_an_agency_change_the_tag_with_what_is_said(town: Town, published: Published) -> None:
    first = Client().get("/alerts/feed.json")
    Agency.objects.filter(pk=town.water.pk).update(time_zone="Asia/Kathmandu")
    second = Client().get("/alerts/feed.json", headers={"If-None-Match": first["ETag"]})
    assert second.status_code == 200
    assert "+0545" in second.text
    assert again("/alerts/feed.json", second) == 304


def test_each_form_language_and_page_has_its_own_tag(town: Town, published: Published) -> None:
    older = published.exercise.pk
    paths = [
        f"/archive/feed.{form}{query}" for form in FORMS for query in ("", "?lang=ar", f"?before={older}", "?q=river")
    ]
    tags = {Client().get(path)["ETag"] for path in paths}
    assert len(tags) == len(paths)


def test_tags_are_weak_so_that_a_proxy_may_compress(published: Published, client: Client) -> None:
    tag = client.get("/archive/feed.atom")["ETag"]
    assert tag.startswith('W/"')
    assert client.get("/archive/feed.atom", headers={"If-None-Match": f'"other", {tag[2:]}'}).status_code == 304


def test_feeds_may_be_kept_for_a_minute_and_shown_by_any_page(published: Published, client: Client) -> None:
    for path, seconds in (("/archive/feed.json", 60), ("/alerts/feed.json", 15)):
        answer = client.get(path, headers={"Origin": "https://elsewhere.example"})
        assert answer["Cache-Control"].startswith(f"public, max-age={seconds},")
        assert answer["Access-Control-Allow-Origin"] == "*"
        assert not answer.cookies
        assert not answer.has_header("X-Robots-Tag")
