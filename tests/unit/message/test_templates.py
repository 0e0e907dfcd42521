"""The mails themselves, as their recipients get them."""

import re

import pytest
from django.utils import translation
from django.utils.formats import date_format
from django.utils.timezone import localtime

from channels.message import Hole, Marks
from tests.unit.message.builders import DATE, VALUES
from tests.unit.message.mails import CONTEXTS, FRAME, LISTS, mail, render, words


@pytest.mark.parametrize("name", CONTEXTS)
def test_every_mail_says_who_sends_it_and_why_in_text_and_html(name: str) -> None:
    text, html = mail(name)
    for content in (text, words(html)):
        assert "Ministry of <Health> & Care, 1 Main Street, Capital" in content
        assert "You get this because" in content or "If " in content
    assert FRAME["preheader"] in html


@pytest.mark.parametrize("name", CONTEXTS)
def test_every_mail_works_without_images_scripts_or_anything_from_elsewhere(name: str) -> None:
    _, html = mail(name)
    assert not re.search(r"<(img|script|link|iframe|svg|form|input)|@import|url\(|@font-face", html)


@pytest.mark.parametrize("name", CONTEXTS)
def test_no_mail_has_a_tag_or_a_context_name_left_in_it(name: str) -> None:
    for content in (*mail(name), render(name, Marks())[0]):
        assert not re.search(r"\{\{|\{%|%\}|\}\}|&amp;amp;|None|hole[a-z]{28}", content)


@pytest.mark.parametrize("name", CONTEXTS)
def test_a_text_mail_has_nothing_of_html_in_it(name: str) -> None:
    text, _ = mail(name)
    assert not re.search(r"&(amp|lt|gt|quot|#x?\d+);|<p|<a |<br|\n{4,}", text)
    assert not [line for line in text.splitlines() if line != line.rstrip()]


@pytest.mark.parametrize("name", sorted(LISTS))
def test_mails_of_lists_have_visible_links_to_unsubscribe_and_to_change(name: str) -> None:
    text, html = mail(name)
    for content in (text, html):
        assert f"https://notify.example/u/{VALUES[Hole.TOKEN].decode()}" in content
        assert "https://notify.example/me/" in content
    assert ">Unsubscribe</a>" in html


@pytest.mark.parametrize("name", sorted(CONTEXTS.keys() - LISTS))
def test_other_mails_offer_no_unsubscribing(name: str) -> None:
    assert "nsubscribe" not in "".join(mail(name))


def test_text_and_html_of_a_bulletin_say_the_same() -> None:
    text, html = mail("bulletin")
    seen = words(html)
    for sentence in (
        "Flu <b>vaccination</b> & you",
        "This corrects “Flu”.",
        "When",
        "You get this because you follow at least one of these topics: Flu · Health & age",
        "Read on the web",
        "العربية",
    ):
        assert sentence in " ".join(text.split())
        assert sentence in seen
    assert "October (https://health.gov.example/flu)" in text
    assert "<table" in html


def test_a_bulletin_is_marked_with_its_language_and_direction() -> None:
    _, html = mail("bulletin", language="ar", dir="rtl")
    assert '<html lang="ar" dir="rtl">' in html
    assert html.count('dir="rtl"') >= 2
    assert "text-align: right" in html
    assert "text-align: left" not in html


def test_styles_stand_on_the_elements_and_rules_for_dark_and_narrow_screens_stay() -> None:
    _, html = mail("bulletin")
    assert re.search(r'<h1 style="[^"]*font-size', html)
    assert "@media (prefers-color-scheme: dark)" in html
    assert "@media (max-width: 480px)" in html
    assert "background: #ffdd00;color: #0b0c0c" in html


def test_an_alert_says_source_hazard_place_action_and_time_before_anything_else() -> None:
    with translation.override("en"):
        sent = date_format(localtime(DATE), "DATETIME_FORMAT")
    for content in (mail("alert")[0], words(mail("alert")[1])):
        order = [
            content.index("Environment Agency"),
            content.index("Severe flooding"),
            content.index("Riverside, Old Town"),
            content.index("Go upstairs."),
            content.index(sent),
            content.index("free"),
        ]
        assert order == sorted(order)


def test_an_alert_that_can_be_answered_says_that_an_answer_is_no_emergency_call() -> None:
    for content in mail("alert"):
        assert "An answer is not an emergency call. If you are in danger, ring 112." in content
    assert "emergency call" not in "".join(mail("alert", answer_url=""))


@pytest.mark.parametrize(
    ("kind", "exercise", "subject"),
    [
        ("alert", False, "EMERGENCY ALERT: Severe flooding, Riverside, Old Town"),
        ("update", False, "EMERGENCY UPDATE: Severe flooding, Riverside, Old Town"),
        ("cancel", False, "CANCELLED: Severe flooding, Riverside, Old Town"),
        ("alert", True, "EXERCISE – EMERGENCY ALERT: Severe flooding, Riverside, Old Town"),
    ],
)
def test_an_alerts_subject_says_what_it_is(kind: str, exercise: bool, subject: str) -> None:
    assert render("alert", Marks(), kind=kind, exercise=exercise)[0] == subject


def test_an_exercise_has_another_colour_and_a_banner() -> None:
    text, html = mail("alert", exercise=True)
    assert "This is only a test" in text
    assert "This is only a test" in html
    assert "#a3120a" not in html
    assert "This is only a test" not in "".join(mail("alert"))


def test_a_digest_has_the_recipients_items_in_it() -> None:
    text, html = mail("digest")
    assert "What you followed this week\n\n* First\n  Health · Flu\n  What & why.\n" in text
    assert re.search(r">First</a></h2>.*>Second</a></h2>", html, flags=re.DOTALL)


def test_a_digests_subject_says_how_often_and_when() -> None:
    with translation.override("en"):
        day = date_format(DATE.date(), "DATE_FORMAT")
    assert render("digest", Marks())[0] == f"Your weekly news from Ministry of <Health> & Care, {day}"
    assert render("digest", Marks(), frequency="daily")[0].startswith("Your daily news from ")


def test_a_title_can_bring_no_html_into_a_mail() -> None:
    _, html = mail("bulletin", title="<script>alert(1)</script>", notice="<img src=x>", topic_names=["<i>"])
    assert "<script" not in html
    assert "<img" not in html
    assert "<i>" not in html


def test_a_sender_without_a_postal_address_is_named_without_a_comma() -> None:
    text, html = mail("signin", sender_address="")
    assert "Sent by Ministry of <Health> & Care\n" in text
    assert "Care</p>" in html
