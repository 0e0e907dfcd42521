"""What a bulletin's page says to search engines and other machines."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from lxml import html as lxml_html
from lxml.html import HtmlElement
from pytest_django import DjangoAssertNumQueries

from alerts.models import Alert, Bulletin
from tests.integration.subscriptions.cast import Town, a_bulletin, an_alert

SITE = "https://notify.example"
TEXTS = {"en": "River rising\nBy **Friday**.", "ar": "ارتفاع النهر\nيوم **الجمعة**."}
SQUARE = [[44.0, 26.0], [44.0, 26.1], [44.1, 26.1], [44.0, 26.0]]


@pytest.fixture(autouse=True)
def _site(settings: Any) -> None:
    settings.SITE_URL = SITE


def head_of(path: str) -> HtmlElement:
    answer = Client().get(path)
    assert answer.status_code == 200
    return lxml_html.document_fromstring(answer.content.decode()).find("head")


def page_of(bulletin: Bulletin | Alert) -> str:
    return f"/bulletins/{bulletin.pk}/"


def things(path: str) -> list[dict[str, Any]]:
    return [json.loads(script.text) for script in head_of(path).xpath("script[@type='application/ld+json']")]


def meta(path: str) -> dict[str, str]:
    return {one.get("property") or one.get("name"): one.get("content") for one in head_of(path).xpath("meta[@content]")}


def test_each_language_has_its_own_address_and_all_name_each_other(town: Town) -> None:
    bulletin = a_bulletin(town.floods, texts=TEXTS)
    own = SITE + page_of(bulletin)
    for lang, canonical in (("", own), ("?lang=ar", f"{own}?lang=ar"), ("?lang=xx&utm_source=mail", own)):
        head = head_of(page_of(bulletin) + lang)
        assert head.xpath("link[@rel='canonical']/@href") == [canonical]
        alternates = {link.get("hreflang"): link.get("href") for link in head.xpath("link[@hreflang]")}
        assert alternates == {"ar": f"{own}?lang=ar", "en": f"{own}?lang=en", "x-default": own}
        assert meta(page_of(bulletin) + lang)["og:url"] == canonical


def test_a_bulletin_in_one_language_has_one_address(town: Town) -> None:
    bulletin = a_bulletin(town.floods)
    head = head_of(f"{page_of(bulletin)}?lang=en")
    assert head.xpath("link[@rel='canonical']/@href") == [SITE + page_of(bulletin)]
    assert head.xpath("link[@hreflang]") == []


def test_the_switch_keeps_nothing_but_the_language(town: Town, client: Client) -> None:
    bulletin = a_bulletin(town.floods, texts=TEXTS)
    page = client.get(f"{page_of(bulletin)}?lang=en&utm_source=mail").content.decode()
    assert '<a href="?lang=ar" lang="ar" hreflang="ar">' in page
    assert '<a href="?lang=en" lang="en" hreflang="en" aria-current="page">' in page


def test_who_shares_it_shares_its_title_and_summary(town: Town) -> None:
    bulletin = a_bulletin(town.floods, texts={"en": 'Levels "<&>"\nText.'})
    bulletin.variants.update(summary="Less than 3 m < more")
    said = meta(page_of(bulletin))
    assert said["og:title"] == 'Levels "<&>"'
    assert said["og:description"] == said["description"] == "Less than 3 m < more"
    assert said["og:type"] == "article"
    assert said["article:published_time"] == str(bulletin.published_at).replace(" ", "T")


def test_an_alert_is_a_special_announcement(town: Town) -> None:
    expires = (timezone.now() + timedelta(hours=6)).replace(microsecond=0)
    areas = [{"description": "Lower town", "polygons": [SQUARE], "circles": [[44.5, 26.5, 1.5]]}]
    alert = an_alert(town.floods, title="Flood </script> & more", expires=expires, areas=areas)
    [thing] = things(page_of(alert))
    posted = alert.bulletin.published_at
    assert posted is not None
    assert thing["@context"] == "https://schema.org"
    assert thing["@type"] == "SpecialAnnouncement"
    assert thing["name"] == "Flood </script> & more"
    assert thing["text"] == "Go to the first floor or higher now."
    assert thing["expires"] == expires.isoformat()
    assert thing["datePosted"] == posted.isoformat(timespec="seconds")
    assert thing["category"] == ["Weather, flood"]
    assert thing["url"] == SITE + page_of(alert)
    assert thing["publisher"]["@type"] == "GovernmentOrganization"
    [place] = thing["spatialCoverage"]
    assert place["name"] == "Lower town"
    assert place["geo"][0] == {"@type": "GeoShape", "polygon": "44.0 26.0 44.0 26.1 44.1 26.1 44.0 26.0"}
    assert place["geo"][1]["geoRadius"] == 1500


@pytest.mark.parametrize("status", [Alert.Status.EXERCISE, Alert.Status.TEST])
def test_a_test_is_no_announcement_to_any_machine(town: Town, status: str) -> None:
    assert things(page_of(an_alert(town.floods, status=status))) == []


def test_an_alert_that_was_cancelled_ends_with_that(town: Town) -> None:
    first = an_alert(town.floods)
    references = [[first.sender, first.identifier, first.sent.isoformat()]]
    cancel = an_alert(town.floods, msg_type=Alert.MsgType.CANCEL, references=references)
    [thing] = things(page_of(first))
    assert thing["expires"] == cancel.sent.isoformat(timespec="seconds")


def test_a_bulletin_is_an_article_that_names_its_correction(town: Town) -> None:
    bulletin = a_bulletin(town.floods, texts=TEXTS)
    [thing] = things(f"{page_of(bulletin)}?lang=ar")
    assert (thing["@type"], thing["headline"], thing["inLanguage"]) == ("Article", "ارتفاع النهر", "ar")
    assert "correction" not in thing
    correction = a_bulletin(town.floods, corrects=bulletin)
    [thing] = things(page_of(bulletin))
    assert thing["correction"] == {"@type": "CorrectionComment", "url": SITE + page_of(correction)}


def test_a_page_takes_as_many_queries_for_many_languages_and_topics_as_for_one(
    town: Town, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    texts = dict.fromkeys(("ar", "en", "es", "fr", "ro", "uk"), "River rising\nBy Friday.")
    bulletin = a_bulletin(town.floods, town.drought, texts=texts)
    for _ in range(5):
        a_bulletin(town.floods, corrects=bulletin)
    alert = an_alert(town.floods, town.drought, areas=[{"description": f"Street {number}"} for number in range(50)])
    for page in (page_of(bulletin), page_of(alert)):
        with django_assert_max_num_queries(8):
            Client().get(page)


@pytest.mark.parametrize("path", ["/topics/floods/", "/agencies/water/", "/alerts/", "/archive/", "/"])
def test_pages_lead_to_their_feeds_in_every_form(town: Town, path: str) -> None:
    links = head_of(path).xpath("link[@rel='alternate'][@title]")
    assert [link.get("type") for link in links] == [
        "application/atom+xml",
        "application/rss+xml",
        "application/feed+json",
    ]
    for link in links:
        answer = Client().get(link.get("href"))
        assert answer["Content-Type"].startswith(link.get("type"))


def test_a_bulletin_leads_to_the_feeds_of_its_agency(town: Town) -> None:
    hrefs = head_of(page_of(a_bulletin(town.floods))).xpath("link[@rel='alternate'][@title]/@href")
    assert hrefs == [f"/agencies/water/feed.{form}" for form in ("atom", "rss", "json")]


def test_a_search_leads_to_its_own_feed(town: Town) -> None:
    a_bulletin(town.floods)
    href = head_of("/archive/?q=river+%26&topic=floods").xpath("link[@rel='alternate'][@title]/@href")[2]
    assert href == "/archive/feed.json?q=river+%26&topic=floods"
    assert Client().get(href).json()["title"].startswith("river & · Topic: Flood warnings")
