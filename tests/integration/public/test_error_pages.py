"""When something is wrong: the page says what, in the reader's language, and where to go on."""

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.test import Client
from django.urls import path
from pytest_django import Settings

from govnotify import urls


def fails(error: Exception):
    def view(request):
        raise error

    return view


urlpatterns = [
    path("400/", fails(SuspiciousOperation("a request that makes no sense"))),
    path("403/", fails(PermissionDenied())),
    path("500/", fails(RuntimeError("our own fault"))),
    *urls.urlpatterns,
]
handler400, handler500 = urls.handler400, urls.handler500


@pytest.fixture
def visitor(settings: Settings) -> Client:
    settings.ROOT_URLCONF = __name__
    settings.SERVICE_OPERATOR = "the Ministry of Brook"
    return Client(raise_request_exception=False)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "status", "heading"),
    [
        ("/400/", 400, "That could not be read"),
        ("/403/", 403, "This page is not open to you"),
        ("/no-such-page/", 404, "Page not found"),
        ("/500/", 500, "Something went wrong"),
    ],
)
def test_each_error_has_a_page_of_the_service_and_a_way_on(visitor: Client, address: str, status: int, heading: str):
    answer = visitor.get(address)
    assert answer.status_code == status
    page = answer.content.decode()
    assert f"<h1>{heading}</h1>" in page
    assert "the Ministry of Brook" in page
    assert 'class="button' in page
    assert answer["Cache-Control"] == "private, no-cache"


def test_a_fault_of_ours_is_told_without_the_database(visitor: Client):
    """Nothing in this test may ask it."""
    answer = visitor.get("/500/")
    assert answer.status_code == 500
    assert "<h1>Something went wrong</h1>" in answer.content.decode()
    assert "the Ministry of Brook" in answer.content.decode()


def test_a_page_whose_database_is_away_is_a_fault_of_ours(visitor: Client):
    assert visitor.get("/topics/floods/").status_code == 500


def test_a_fault_is_told_in_the_reader_s_language(visitor: Client):
    page = visitor.get("/500/", headers={"accept-language": "ar"}).content.decode()
    assert '<html lang="ar" dir="rtl">' in page
    assert "Something went wrong" not in page


@pytest.mark.django_db
def test_who_lost_the_way_can_search_at_once(visitor: Client):
    page = visitor.get("/no-such-page/").content.decode()
    assert '<input type="search" id="q" name="q"' in page
