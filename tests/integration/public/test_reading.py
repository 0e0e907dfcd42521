"""Reading bulletins and alerts on the web."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from alerts.models import Alert, Bulletin
from tests.integration.subscriptions.cast import Town, a_bulletin, an_alert

TEXTS = {"en": "River rising\nBy **Friday**.", "ar": "ارتفاع النهر\nيوم **الجمعة**."}


def path_of(bulletin: Bulletin | Alert) -> str:
    return f"/bulletins/{bulletin.pk}/"


def test_a_bulletin_is_shown_in_the_language_asked_for_with_its_direction(town: Town, client: Client) -> None:
    bulletin = a_bulletin(town.floods, texts=TEXTS)
    page = client.get(f"{path_of(bulletin)}?lang=ar").content.decode()
    assert '<article lang="ar" dir="rtl">' in page
    assert "<strong>الجمعة</strong>" in page
    assert "العربيّة" in page


@pytest.mark.parametrize("lang", ["en", "xx", "", "%00", "x" * 500])
def test_any_other_language_falls_back_to_one_that_is_there(town: Town, client: Client, lang: str) -> None:
    bulletin = a_bulletin(town.floods, texts=TEXTS)
    assert "River rising" in client.get(f"{path_of(bulletin)}?lang={lang}").content.decode()


def test_what_is_shown_in_another_language_says_in_which(town: Town, client: Client) -> None:
    bulletin = a_bulletin(town.floods, texts=TEXTS)
    words = "This is not available in German. You read it in English."
    assert words in client.get(f"{path_of(bulletin)}?lang=de-CH").text
    for lang in ("", "en", "en-GB", "ar", "xx"):
        assert "This is not available" not in client.get(f"{path_of(bulletin)}?lang={lang}").text
    a_bulletin(town.roads, texts={"es": "Calle\nCerrada."})
    page = client.get("/archive/").text
    assert '<span lang="es">español</span>' in page
    assert ">English</span>" not in page


def test_the_switch_marks_each_language_and_the_one_that_is_shown(town: Town, client: Client) -> None:
    page = client.get(f"{path_of(a_bulletin(town.floods, texts=TEXTS))}?lang=ar-EG").text
    assert '<a href="?lang=ar" lang="ar" hreflang="ar" aria-current="page">' in page
    assert '<a href="?lang=en" lang="en" hreflang="en">' in page


@pytest.mark.parametrize("status", ["draft", "in-review", "scheduled"])
def test_what_is_not_published_is_not_found(town: Town, client: Client, status: str) -> None:
    assert client.get(path_of(a_bulletin(town.floods, status=status))).status_code == 404


def test_bulletins_on_internal_topics_alone_are_not_found(town: Town, client: Client) -> None:
    assert client.get(path_of(a_bulletin(town.internal))).status_code == 404
    both = a_bulletin(town.internal, town.floods)
    page = client.get(path_of(both)).content.decode()
    assert "River level rising" in page
    assert "Duty roster" not in page


def test_what_was_withdrawn_says_so(town: Town, client: Client) -> None:
    answer = client.get(path_of(a_bulletin(town.floods, status="withdrawn")))
    assert answer.status_code == 410
    assert "no longer stands by" in answer.content.decode()
    assert "3 m on Friday" not in answer.content.decode()


@pytest.mark.parametrize("number", [0, 99, 10**30])
def test_numbers_that_are_no_bulletin_are_not_found(town: Town, client: Client, number: int) -> None:
    assert client.get(f"/bulletins/{number}/").status_code == 404


def test_a_table_can_be_scrolled_by_keyboard(town: Town, client: Client) -> None:
    bulletin = a_bulletin(town.floods, texts={"en": "Levels\n| a | b |\n| - | - |\n| 1 | 2 |"})
    assert '<div class="table-scroll" role="group" tabindex="0"' in client.get(path_of(bulletin)).content.decode()


def test_an_alert_says_what_where_how_serious_and_until_when(town: Town, client: Client) -> None:
    alert = an_alert(town.floods)
    page = client.get(path_of(alert)).content.decode()
    for words in ("Emergency alert", "Lower town", "Severe: significant threat", "Valid until"):
        assert words in page


def test_a_test_alert_says_that_nothing_must_be_done(town: Town, client: Client) -> None:
    alert = an_alert(town.floods, status=Alert.Status.EXERCISE)
    assert "you need to do nothing" in client.get(path_of(alert)).content.decode()


def test_an_alert_that_is_over_says_so(town: Town, client: Client) -> None:
    alert = an_alert(town.floods, expires=timezone.now() - timedelta(hours=1))
    assert "This alert is over" in client.get(path_of(alert)).content.decode()


@pytest.mark.parametrize(("msg_type", "words"), [("Update", "was replaced"), ("Cancel", "was cancelled")])
def test_an_alert_that_was_updated_or_cancelled_leads_to_the_newest_message(
    town: Town, client: Client, msg_type: str, words: str
) -> None:
    first = an_alert(town.floods, title="First warning")
    references = [[first.sender, first.identifier, first.sent.isoformat()]]
    second = an_alert(town.floods, title="Second message", msg_type=msg_type, references=references)
    page = client.get(path_of(first)).content.decode()
    assert words in page
    assert path_of(second) in page
    now, past = client.get("/alerts/").content.decode().split('id="past"')
    assert "First warning" in past
    assert ("Second message" in now) == (msg_type == "Update")
    assert "First warning" not in client.get("/").content.decode()


def test_a_message_of_somebody_else_ends_no_alert(town: Town, client: Client) -> None:
    first = an_alert(town.floods, title="First warning")
    references = [[first.sender, first.identifier, first.sent.isoformat()]]
    an_alert(town.roads, title="Foreign", msg_type="Cancel", references=references, sender="else@example.org")
    assert "First warning" in client.get("/").content.decode()


def test_alerts_that_are_not_public_are_not_listed(town: Town, client: Client) -> None:
    an_alert(town.floods, title="Restricted", scope=Alert.Scope.RESTRICTED)
    an_alert(town.internal, title="Internal")
    page = client.get("/alerts/").content.decode()
    assert "Restricted" not in page
    assert "Internal" not in page


def test_the_archive_finds_words_of_any_language_and_turns_pages(town: Town, client: Client) -> None:
    a_bulletin(town.floods, texts=TEXTS)
    for number in range(25):
        a_bulletin(town.roads, texts={"es": f"Calle {number}\nCerrada."})
    assert "River rising" in client.get("/archive/?q=النهر").content.decode()
    first = client.get("/archive/?q=brook").content.decode()
    assert "25 bulletins</h2>" in first
    older = Bulletin.objects.order_by("-published_at", "-pk")[19].pk
    assert f"?q=brook&amp;older={older}" in first
    assert "Calle 0" in client.get(f"/archive/?q=brook&older={older}").content.decode()
