"""Every page of every route with much to list: light in all, and asking nobody but us."""

from urllib.parse import urlsplit

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, Route
from pytest_django.live_server_helper import LiveServer

from tests.browser.visit import LIMIT, WEIGHT
from tests.integration.grown import Country, a_country, grow, pages

pytestmark = pytest.mark.django_db(transaction=True)
TIMES = 10


@pytest.fixture
def country() -> Country:
    country = a_country()
    grow(country, TIMES)
    return country


def test_no_page_weighs_more_than_it_may_or_asks_anybody_else(
    browser: Browser, live_server: LiveServer, country: Country
) -> None:
    here = urlsplit(live_server.url).netloc
    wrong: list[str] = []
    for client, shown in _by_browser(country).items():
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        kept = client.cookies.values()
        context.add_cookies([{"name": one.key, "value": one.value, "url": live_server.url} for one in kept])
        asked: set[str] = set()
        context.route("**/*", lambda route, asked=asked: _only(here, route, asked))
        page = context.new_page()
        for path in shown:
            asked.clear()
            weight = _weight(page, live_server.url + path)
            if weight > LIMIT:
                wrong.append(f"{path} weighs {weight} bytes")
            if asked:
                wrong.append(f"{path} asks {sorted(asked)}")
        context.close()
    assert not wrong, "\n".join(wrong)


def _by_browser(country: Country) -> dict[Client, list[str]]:
    """What each visitor's browser shows: pages, not files, feeds or answers to machines."""
    shown: dict[Client, list[str]] = {}
    for _, client, path in pages(country):
        answer = client.get(path)
        is_page = answer.headers.get("Content-Type", "").startswith("text/html")
        if b"".join(answer) and is_page and "Content-Disposition" not in answer.headers:
            shown.setdefault(client, []).append(path)
    return shown


def _weight(page: Page, url: str) -> int:
    """Octets of the page, its style, scripts and pictures, before compression."""
    page.goto(url)
    weight: int = page.evaluate(WEIGHT)
    return weight


def _only(here: str, route: Route, asked: set[str]) -> None:
    """Others are noted, and asked nothing."""
    host = urlsplit(route.request.url).netloc
    if host == here or route.request.url.startswith("data:"):
        route.continue_()
    else:
        asked.add(host)
        route.abort()
