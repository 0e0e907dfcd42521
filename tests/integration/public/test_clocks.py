"""Times on public pages are those of the agency's clocks, with the zone beside each."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from agencies.models import Agency
from alerts.models import Alert, Bulletin
from tests.integration.subscriptions.cast import Town, a_bulletin, an_alert

EVENING = datetime(2026, 3, 1, 20, 0, tzinfo=UTC)  # in Kathmandu 01:45 on the day after
THERE = "2026-03-02T01:45:00+05:45"


@pytest.fixture
def far(town: Town) -> Town:
    """Brook is in Nepal, the ministry where the platform is."""
    Agency.objects.filter(pk=town.city.pk).update(time_zone="Asia/Kathmandu")
    return town


def test_a_bulletins_page_shows_its_agencys_clocks(far: Town, client: Client) -> None:
    there, here = (a_bulletin(topic, published_at=EVENING) for topic in (far.roads, far.floods))
    page = client.get(f"/bulletins/{there.pk}/").text
    assert f'<time datetime="{THERE}">2 March 2026' in page
    assert "+0545</time>" in page
    page = client.get(f"/bulletins/{here.pk}/").text
    assert '<time datetime="2026-03-01T20:00:00+00:00">' in page
    assert "UTC</time>" in page
    Bulletin.objects.filter(pk=there.pk).update(status=Bulletin.Status.WITHDRAWN, withdrawn_at=EVENING)
    assert f'<time datetime="{THERE}">' in client.get(f"/bulletins/{there.pk}/").text


@pytest.mark.parametrize("path", ["/?q=river", "/archive/", "/agencies/brook/", "/topics/roads/"])
def test_a_list_has_the_day_that_the_bulletins_page_has(far: Town, client: Client, path: str) -> None:
    a_bulletin(far.roads, published_at=EVENING)
    assert f'<time datetime="{THERE}">2 March 2026</time>' in client.get(path).text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("since=2026-03-01&until=2026-03-01", "Here"),
        ("since=2026-03-02&until=2026-03-02", "There"),
        ("since=2026-03-02", "There"),
        ("until=2026-03-01", "Here"),
        ("since=2026-03-02&agency=brook", "There"),
        ("until=2026-03-01&agency=water", "Here"),
    ],
)
def test_a_filter_by_days_finds_what_the_list_shows_with_these_days(
    far: Town, client: Client, query: str, found: str
) -> None:
    a_bulletin(far.roads, texts={"en": "There\n-"}, published_at=EVENING)
    a_bulletin(far.floods, texts={"en": "Here\n-"}, published_at=EVENING)
    page = client.get(f"/archive/?{query}").text
    assert re.findall(r'<h3><a href="/bulletins/[^>]*>([^<]*)</a>', page) == [found]
    assert "1 bulletin" in page
    [entry] = client.get(f"/archive/feed.json?{query}").json()["items"]
    assert entry["title"] == found


def test_a_day_begins_and_ends_with_that_of_the_agency(far: Town, client: Client) -> None:
    midnight = datetime(2026, 3, 1, 18, 15, tzinfo=UTC)  # 00:00 of the second in Kathmandu
    for minutes in (-1, 0, 24 * 60 - 1, 24 * 60):
        a_bulletin(far.roads, texts={"en": f"{minutes}\n-"}, published_at=midnight + timedelta(minutes=minutes))
    page = client.get("/archive/?since=2026-03-02&until=2026-03-02").text
    assert re.findall(r'<h3><a href="/bulletins/[^>]*>([^<]*)</a>', page) == ["1439", "0"]


def test_days_cost_as_many_queries_in_however_many_zones(far: Town, client: Client) -> None:
    a_bulletin(far.roads, published_at=EVENING)
    path = "/archive/?since=2026-03-01&until=2026-03-02"
    with CaptureQueriesContext(connection) as few:
        client.get(path)
    for number, zone in enumerate(("Pacific/Kiritimati", "Pacific/Niue", "America/St_Johns")):
        Agency.objects.create(name=zone, slug=f"far-{number}", time_zone=zone)
    with CaptureQueriesContext(connection) as many:
        client.get(path)
    assert len(many) == len(few)


def test_alerts_end_and_ended_by_their_agencys_clocks(far: Town, client: Client) -> None:
    standing = an_alert(far.roads)
    past = an_alert(far.roads)
    Alert.objects.filter(pk=past.pk).update(sent=EVENING, expires=EVENING)
    page = client.get("/alerts/").text
    assert f'<time datetime="{THERE}">' in page
    assert page.count("+0545</time>") == 2
    assert "+0545" in client.get(f"/bulletins/{standing.pk}/").text


def test_an_alert_ends_in_feeds_when_its_page_says(far: Town, client: Client) -> None:
    an_alert(far.roads)
    assert "+0545" in client.get("/alerts/feed.atom").text
