"""The page on which one chooses zone, hour, day and quiet hours; and times as they are shown there."""

from datetime import UTC, datetime, time

import pytest
import time_machine
from django.test import Client

from subscriptions.exporting import as_json, export
from subscriptions.models import Frequency, ReadingTime, Subscriber
from tests.integration.subscriptions.cast import Town, a_subscriber, signed_in

TIMES = {"zone": "Asia/Kathmandu", "hour": "6", "weekday": "4", "quiet_from": "21:30", "quiet_until": "06:00"}


@pytest.fixture
def carla(town: Town) -> Subscriber:
    return a_subscriber(floods=Frequency.DAILY)


@pytest.fixture
def browser(carla: Subscriber) -> Client:
    return signed_in(carla)


def test_what_is_saved_stands_on_both_pages(carla: Subscriber, browser: Client) -> None:
    assert browser.post("/me/times/", TIMES).headers["Location"] == "/me/times/"
    carla.refresh_from_db()
    assert (carla.time_zone, carla.digest_hour, carla.digest_weekday) == ("Asia/Kathmandu", 6, 4)
    assert (carla.quiet_from, carla.quiet_until) == (time(21, 30), time(6))
    page = browser.get("/me/times/").content.decode()
    assert "Your times are saved." in page
    assert '<option value="Asia/Kathmandu" selected>' in page
    assert 'value="21:30"' in page
    assert 'href="/me/times/" aria-current="page">Times<' in page
    assert 'href="/me/" aria-current="true">My subscriptions<' in page
    overview = browser.get("/me/").content.decode()
    for words in ("Digests come at 06:00, weekly ones on Friday", "Kathmandu", "from 21:30 to 06:00"):
        assert words in overview


def test_without_a_choice_the_platform_s_times_are_shown(browser: Client, settings) -> None:
    settings.TIME_ZONE, settings.DIGEST_HOUR = "Europe/Bucharest", 8
    page = browser.get("/me/times/")
    assert page.context["form"].initial == {
        "zone": "Europe/Bucharest", "hour": 8, "weekday": 0, "quiet_from": None, "quiet_until": None,
    }  # fmt: skip
    assert "No quiet hours." in browser.get("/me/").content.decode()


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("zone", "Europe/Atlantis", "valid choice"),
        ("zone", "", "Choose one of the places"),
        ("hour", "24", "valid choice"),
        ("weekday", "7", "valid choice"),
        ("quiet_from", "25:00", "like 22:00"),
        ("quiet_from", "", "a beginning and another end"),
        ("quiet_until", "", "a beginning and another end"),
        ("quiet_until", "21:30", "a beginning and another end"),
        ("quiet_until", "20:00", "16 hours at most"),
    ],
)
def test_what_can_not_be_is_explained_and_nothing_is_saved(
    carla: Subscriber, browser: Client, field: str, value: str, words: str
) -> None:
    answer = browser.post("/me/times/", TIMES | {field: value})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    carla.refresh_from_db()
    assert carla.time_zone is None
    assert not ReadingTime.objects.exists()


def test_quiet_hours_are_off_when_both_are_empty(carla: Subscriber, browser: Client) -> None:
    browser.post("/me/times/", TIMES)
    browser.post("/me/times/", TIMES | {"quiet_from": "", "quiet_until": ""})
    carla.refresh_from_db()
    assert (carla.quiet_from, carla.quiet_until) == (None, None)


def test_who_is_not_signed_in_is_asked_to(client: Client) -> None:
    assert client.get("/me/times/").headers["Location"] == "/me/sign-in/"
    assert client.post("/me/times/", TIMES).headers["Location"] == "/me/sign-in/"


def test_a_break_is_counted_in_days_of_where_somebody_is(carla: Subscriber) -> None:
    Subscriber.objects.update(time_zone="Pacific/Kiritimati")
    with time_machine.travel(datetime(2026, 7, 1, 12, tzinfo=UTC), tick=False):  # the second of July there
        browser = signed_in(carla)
        assert 'min="2026-07-03"' in browser.get("/me/").content.decode()
        assert browser.post("/me/pause/", {"until": "2026-07-02"}).status_code == 422
        assert browser.post("/me/pause/", {"until": "2026-07-03"}).status_code == 302
        carla.refresh_from_db()
        assert carla.is_paused
        carla.time_zone = "Pacific/Pago_Pago"  # still the first
        assert carla.is_paused


def test_the_download_has_the_times_that_were_chosen(carla: Subscriber, browser: Client) -> None:
    browser.post("/me/times/", TIMES)
    browser.post("/me/times/", TIMES | {"hour": "9"})
    text = "".join(as_json(export(Subscriber.objects.get(pk=carla.pk))))
    for words in ('"time_zone": "Asia/Kathmandu"', '"digest_hour": 9', '"quiet_from": "21:30:00"', '"hour": 6'):
        assert words in text
