"""Finding topics: search, agencies, subjects, and keeping what is ticked."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from alerts.models import Alert
from tests.integration.subscriptions.cast import Town, a_bulletin, a_topic, an_agency, an_alert


def text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_first_page_offers_agencies_and_subjects_that_have_topics(town: Town, client: Client) -> None:
    an_agency("empty", "Agency without Topics")
    page = text(client, "/")
    assert "Ministry of Water" in page
    assert "Weather and water" in page
    assert "Agency without Topics" not in page


@pytest.mark.parametrize("words", ["flood", "FLOOD warn", "ministry flood", "rises"])
def test_search_looks_into_names_descriptions_and_agencies(town: Town, client: Client, words: str) -> None:
    page = text(client, f"/?q={words}")
    assert "Flood warnings" in page
    assert "Road works" not in page


def test_a_search_that_finds_nothing_says_so_and_how_to_go_on(town: Town, client: Client) -> None:
    page = text(client, "/?q=qwertz")
    assert "No topics about “qwertz”" in page
    assert 'href="/#agencies"' in page
    assert "No agency offers topics yet" not in page


def test_search_finds_the_agency_too(town: Town, client: Client) -> None:
    assert 'href="/agencies/brook/"' in text(client, "/?q=brook")


def test_topics_that_are_ticked_stay_ticked_over_the_next_search(town: Town, client: Client) -> None:
    page = text(client, "/?q=road&topic=floods")
    assert "You have chosen" in page
    assert page.count('value="floods"') == 1


def test_turning_the_page_keeps_what_is_ticked(town: Town, client: Client) -> None:
    for number in range(30):
        a_topic(town.city, f"street-{number:02}", f"Street {number:02}")
    page = text(client, "/?q=street&topic=street-00")
    assert '<button class="link-button" name="page" value="2">' not in page
    page = text(client, "/?q=street")
    assert page.index("Search</button>") < page.index('<button class="link-button" name="page" value="2">')
    assert "Road works" in text(client, "/?q=street&page=2")  # in its description


def test_a_subject_lists_its_topics(town: Town, client: Client) -> None:
    page = text(client, "/categories/transport/")
    assert "Road works" in page
    assert "Flood warnings" not in page


@pytest.mark.parametrize("query", ["q=qwertz", "q=%00", "q=%25", "q=" + "x" * 5_000, "page=999", "q='--"])
def test_odd_queries_are_answered(town: Town, client: Client, query: str) -> None:
    text(client, f"/?{query}")
    text(client, f"/?{query}&topic=none")
    text(client, f"/archive/?{query}")


@pytest.mark.parametrize("path", ["/", "/?q=duty", "/agencies/water/", "/subscribe/?topic=duty-roster"])
def test_internal_topics_are_nowhere(town: Town, client: Client, path: str) -> None:
    assert "Duty roster" not in text(client, path)


def test_the_pages_of_internal_and_closed_topics_are_not_found(town: Town, client: Client) -> None:
    type(town.floods).objects.filter(pk=town.roads.pk).update(closed_at=timezone.now())
    for path in ("/topics/duty-roster/", "/topics/roads/", "/topics/none/", "/agencies/none/"):
        assert client.get(path).status_code == 404


def test_a_topic_says_how_much_it_sends(town: Town, client: Client) -> None:
    for days in (1, 2, 200):
        a_bulletin(town.floods, published_at=timezone.now() - timedelta(days=days))
    assert "2 bulletins in the last 3 months" in text(client, "/topics/floods/")
    assert "No bulletins in the last 3 months" in text(client, "/topics/roads/")


def test_what_a_search_finds_among_bulletins_is_called_so(town: Town, client: Client) -> None:
    a_bulletin(town.floods, texts={"en": "Brook rising\nBy 3 m."})
    assert "Bulletins about “brook”" in text(client, "/?q=brook")


def test_emergencies_stand_on_top_of_the_first_page_and_tests_do_not(town: Town, client: Client) -> None:
    an_alert(town.floods, title="Dam in danger")
    an_alert(town.floods, title="Siren test", status=Alert.Status.TEST)
    an_alert(town.floods, title="Long over", expires=timezone.now() - timedelta(minutes=1))
    page = text(client, "/")
    assert "Dam in danger" in page
    assert "Siren test" not in page
    assert "Long over" not in page


def test_an_agency_s_colour_themes_its_pages_under_the_content_security_policy(town: Town, client: Client) -> None:
    page = text(client, "/agencies/brook/")
    assert '<link rel="stylesheet" href="/theme/ffd54f.css">' in page
    assert b"--agency:#ffd54f;--agency-ink:#000000" in client.get("/theme/ffd54f.css").content
    assert "<style" not in page
    assert "style=" not in page


def test_lists_take_as_many_queries_for_many_rows_as_for_few(
    town: Town, client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(12):
        agency = an_agency(f"a{number}", f"Agency {number}")
        topic = a_topic(agency, f"t{number}", f"Topic {number}", category="News")
        a_bulletin(topic, town.floods)
        an_alert(topic, town.floods, title=f"Alert {number}")
    for path in ("/", "/?q=topic&topic=t1", "/agencies/water/", "/topics/floods/", "/archive/?q=river", "/alerts/"):
        with django_assert_max_num_queries(12):
            client.get(path)
