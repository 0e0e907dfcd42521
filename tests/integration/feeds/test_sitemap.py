"""The sitemap and robots.txt: everything public, nothing else, in files that never grow too large."""

from typing import Any

import pytest
from django.test import Client
from lxml import etree

from alerts.feeds import sitemap
from alerts.models import Bulletin
from tests.integration.feeds.cast import Published
from tests.integration.feeds.rules import found
from tests.integration.subscriptions.cast import Town, a_bulletin, a_topic

SITE = "https://notify.example"
NS = "http://www.sitemaps.org/schemas/sitemap/0.9"


@pytest.fixture(autouse=True)
def _site(settings: Any) -> None:
    settings.SITE_URL = SITE


def locations(path: str) -> list[str]:
    answer = Client().get(path)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/xml; charset=utf-8"
    tree = etree.fromstring(answer.getvalue())
    return [text.removeprefix(SITE) for text in found(tree, "//s:loc/text()", s=NS)]


def everything() -> list[str]:
    return [page for file in locations("/sitemap.xml") for page in locations(file)]


def test_every_public_page_is_in_it_once_and_answers(town: Town, published: Published) -> None:
    pages = everything()
    assert len(pages) == len(set(pages))
    for path in ("/", "/alerts/", "/archive/", "/agencies/water/", "/topics/floods/"):
        assert path in pages
    assert f"/bulletins/{published.alert.pk}/" in pages
    assert {Client().get(path).status_code for path in pages} == {200}


def test_what_is_internal_closed_withdrawn_or_a_draft_is_not(town: Town, published: Published) -> None:
    draft = a_bulletin(town.floods, status=Bulletin.Status.DRAFT)
    internal = a_bulletin(town.internal)
    pages = everything()
    for bulletin in (draft, internal, published.withdrawn):
        assert f"/bulletins/{bulletin.pk}/" not in pages
    assert "/topics/duty-roster/" not in pages


def test_a_file_holds_a_range_of_numbers_and_is_read_in_chunks(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sitemap, "SHARD", 10)
    monkeypatch.setattr(sitemap, "CHUNK", 3)
    made = [a_bulletin(town.floods).pk for _ in range(25)]
    files = [path for path in locations("/sitemap.xml") if "bulletins" in path]
    assert len(files) in {3, 4}
    pages = [page for file in files for page in locations(file)]
    assert pages == [f"/bulletins/{pk}/" for pk in made]
    assert max(len(locations(file)) for file in files) <= 10


def test_the_index_says_when_a_file_last_changed(town: Town, published: Published) -> None:
    tree = etree.fromstring(Client().get("/sitemap.xml").content)
    moments = found(tree, "//s:sitemap[contains(s:loc, 'bulletins')]/s:lastmod/text()", s=NS)
    last = Bulletin.objects.published().latest("edited_at").edited_at
    assert moments == [last.isoformat(timespec="seconds")]


@pytest.mark.parametrize("path", ["users-0", "bulletins--1", "bulletins-x", f"bulletins-{10**30}"])
def test_other_files_are_not_found(town: Town, client: Client, path: str) -> None:
    assert client.get(f"/sitemaps/{path}.xml").status_code == 404


def test_a_range_without_anything_is_empty(town: Town) -> None:
    assert locations("/sitemaps/bulletins-7000.xml") == []


def test_robots_txt_names_the_sitemap_and_keeps_crawlers_out_of_searches(client: Client) -> None:
    answer = client.get("/robots.txt")
    assert answer["Content-Type"].startswith("text/plain")
    lines = answer.content.decode().splitlines()
    assert lines[0] == "User-agent: *"
    assert f"Sitemap: {SITE}/sitemap.xml" in lines
    assert "Disallow: /archive/?" in lines
    assert {"Allow: /?lang=ro$", "Allow: /archive/?lang=ar$"} <= set(lines)  # which the pages name as hreflang
    assert not [line for line in lines if "staff" in line or "/u/" in line]


def test_a_slug_is_written_as_xml(town: Town) -> None:
    a_topic(town.city, "a-b_c", "A")
    assert "/topics/a-b_c/" in everything()
