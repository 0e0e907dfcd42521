"""No page asks the database more often when there is more: the same queries with ten times of everything."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver

from tests.architecture.test_routes import routes
from tests.integration.grown import Country, a_country, grow, pages

pytestmark = pytest.mark.django_db

# What answers to POST alone.
ACTS = {
    "api/v1/alerts", "api/v1/bulletins", "api/v1/bulletins/<int:pk>/cancel", "api/v1/bulletins/<int:pk>/corrections",
    "api/v1/bulletins/<int:pk>/pause", "api/v1/bulletins/<int:pk>/resume", "api/v1/bulletins/<int:pk>/withdraw",
    "api/v1/endpoints/<int:pk>/challenge", "confirm/<str:token>/more/", "embed/<slug:slug>/subscribe/", "language/",
    "me/address/cancel/", "me/endpoints/<int:endpoint_id>/again/", "me/endpoints/<int:endpoint_id>/remove/",
    "me/erase/", "me/language/", "me/pause/", "me/resume/", "me/sign-out/", "me/stop/", "me/suggested/",
    "me/topics/", "me/undo/", "push/answer/", "push/move/", "push/places/", "push/state/", "push/stop/", "push/tell/",
    "staff/alerts/<int:pk>/pause/", "staff/alerts/<int:pk>/recipients.csv", "staff/alerts/<int:pk>/take-over/",
    "staff/bulletins/<int:pk>/pause/", "staff/bulletins/<int:pk>/recipients.csv", "staff/bulletins/preview/",
    "staff/categories/<int:pk>/move/", "u/reason/",
}  # fmt: skip
# Pages of django-allauth that list nothing, lead on or are closed.
NOT_OURS = "staff/sign-in/"


def counted(country: Country) -> Iterator[tuple[str, str, list[str]]]:
    """Each page with its route and its queries; the second time, as what a process remembers is not asked again."""
    for name, browser, path in pages(country):
        asked: list[str] = []
        for _ in range(2):
            cache.clear()
            asked = _queries(browser, path)
        yield name, get_resolver().resolve(path.partition("?")[0]).route, asked


def _queries(browser: Client, path: str) -> list[str]:
    with CaptureQueriesContext(connection) as queries:
        answer = browser.get(path)
        b"".join(answer)  # also what is written while it is being sent
    assert answer.status_code != 500, path
    return [query["sql"] for query in queries.captured_queries]


def test_ten_times_as_much_costs_no_query_more() -> None:
    country = a_country()
    grow(country, 1)
    before = {name: asked for name, _, asked in counted(country)}
    grow(country, 9)
    more = [
        f"{name}: {len(before[name])} queries became {len(asked)}, the last: {asked[-1][:200]}"
        for name, _, asked in counted(country)
        if len(asked) > len(before[name])
    ]
    assert more == []


def test_every_route_that_shows_something_is_walked() -> None:
    country = a_country()
    walked = {get_resolver().resolve(path.partition("?")[0]).route for _, _, path in pages(country)}
    missing = {route for route in set(routes()) - walked if not route.lstrip("^").startswith(NOT_OURS)}
    assert missing - ACTS == set(), f"add them to tests/integration/grown.py: {sorted(missing - ACTS)}"
    assert ACTS - missing == set()
