"""Privacy and accessibility: the platform's own words, and an agency's before them."""

import re

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from agencies.models import Agency
from tests.integration.subscriptions.cast import Town

PAGES = ("privacy", "accessibility")
OPERATOR = "Office for Digital Services, 3 Square, Capital"


@pytest.fixture(autouse=True)
def _operator(settings: Settings) -> None:
    settings.SERVICE_OPERATOR, settings.SERVICE_POSTAL_ADDRESS = OPERATOR.split(", ", maxsplit=1)
    settings.SERVICE_CONTACT = "data@service.example"


@pytest.mark.parametrize("page", PAGES)
def test_the_platform_says_who_runs_it_and_whom_to_ask(client: Client, page: str, db: None) -> None:
    shown = client.get(f"/{page}/").content.decode()
    assert f"<p>{OPERATOR}</p>" in shown or f"<br>{OPERATOR}</p>" in shown
    assert "mailto:data@service.example" in shown


@pytest.mark.parametrize("path", ["/privacy/", "/accessibility/", "/agencies/water/privacy/"])
def test_a_name_with_an_article_begins_a_sentence_with_a_capital(
    town: Town, client: Client, settings: Settings, path: str
) -> None:
    settings.SERVICE_OPERATOR = "the Office for Digital Services"
    main = client.get(path).content.decode().partition("<footer")[0]
    assert "The Office for Digital Services" in main
    assert "the Office" not in main


def test_privacy_names_the_periods_that_are_set(client: Client, settings: Settings, db: None) -> None:
    settings.KEEP_MONTHS = 5
    assert "Records of what was sent: 5 months" in client.get("/privacy/").content.decode()


def test_privacy_says_of_pictures_what_the_browser_is_told(client: Client, db: None) -> None:
    answer = client.get("/privacy/")
    pictures = re.search(r"img-src ([^;]*)", answer["Content-Security-Policy"])
    assert pictures
    assert "https:" in pictures[1].split()
    assert "A picture in a bulletin may come from any web site that the agency chose" in answer.content.decode()


@pytest.mark.parametrize("path", ["/subscribe/?topic=floods", "/embed/water/"])
def test_who_types_an_address_is_told_who_will_see_it(town: Town, client: Client, path: str) -> None:
    page = client.get(path).content.decode()
    assert "The administrators of an agency that wrote to you can see your address." in page
    assert "never pass" not in page


@pytest.mark.parametrize("page", PAGES)
def test_an_agency_answers_for_itself_and_has_its_own_words_first(town: Town, client: Client, page: str) -> None:
    words = "Ask **Ana Pop**. <script>alert(1)</script>"
    Agency.objects.filter(pk=town.water.pk).update(privacy_statement=words, accessibility_statement=words)
    shown = client.get(f"/agencies/water/{page}/").content.decode()
    main = shown[shown.index("<main") : shown.index("</main>")]
    assert "Ask <strong>Ana Pop</strong>." in main
    assert main.index("Ana Pop") < main.index("<h2>")
    assert "Ministry of Water, 1 River Road, Brook" in main
    assert "mailto:desk@water.example" in main
    assert "<script>" not in main
    assert "Ana Pop" not in client.get(f"/{page}/").content.decode()


@pytest.mark.parametrize("page", PAGES)
def test_who_runs_the_platform_and_both_statements_stand_at_the_foot_of_pages(
    town: Town, client: Client, page: str
) -> None:
    def foot(path: str) -> str:
        return client.get(path).content.decode().partition("<footer")[2]

    assert f"Run by {OPERATOR}" in foot("/")
    assert f'href="/{page}/"' in foot("/")
    assert f'href="/agencies/water/{page}/"' in foot("/agencies/water/")


def test_who_runs_the_platform_is_said_in_the_language_of_the_page(
    client: Client, settings: Settings, db: None
) -> None:
    settings.SERVICE_TRANSLATIONS = {
        "ar": {"operator": "مكتب الخدمات", "postal_address": "ساحة 3"},
        "fr": {"operator": "Office"},
    }
    for path in ("/", "/privacy/", "/accessibility/"):
        page = client.get(f"{path}?lang=ar").content.decode()
        assert "مكتب الخدمات، ساحة 3" in page
        assert "Office for Digital Services" not in page
    assert "Office, 3 Square, Capital" in client.get("/?lang=fr").content.decode()
    assert OPERATOR in client.get("/?lang=ro").content.decode()


@pytest.mark.parametrize("page", PAGES)
def test_a_statement_takes_at_most_one_query_and_may_be_kept(
    town: Town, client: Client, page: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        answer = client.get(f"/{page}/")
    assert "public" in answer.headers["Cache-Control"]
    with django_assert_num_queries(1):
        client.get(f"/agencies/water/{page}/")
    assert client.get(f"/agencies/nobody/{page}/").status_code == 404


def test_a_statement_that_can_t_be_shown_is_refused(town: Town) -> None:
    town.water.privacy_statement = "x" * 200_001
    with pytest.raises(ValidationError, match="at most 200,000"):
        town.water.full_clean()
