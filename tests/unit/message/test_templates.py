"""The mails themselves, as their recipients get them."""

import re
from pathlib import Path

import pytest
from django.template.base import Lexer, TokenType
from django.utils import translation
from django.utils.formats import date_format
from django.utils.safestring import mark_safe
from django.utils.timezone import localtime

from channels.message import Hole, Marks
from tests.architecture.project import ROOT
from tests.unit.message.builders import DATE, VALUES
from tests.unit.message.mails import CONTEXTS, FRAME, LISTS, mail, render, words

TEMPLATES = sorted((ROOT / "templates/emails").rglob("*.*"))
STYLES = {"style", "screen_style", "narrow_style", "dark_style"}  # blocks with rules in them


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates/emails")))
def test_every_word_of_a_mail_can_be_translated_with_its_punctuation(path: Path) -> None:
    """What stands between translated words, like a colon, is another in other languages: it belongs to the phrase."""
    left = outside_of_phrases(path.read_text())
    assert not re.search(r"\w{2,}", left)
    assert not re.search(r"\0\s?[:;,.!?]", left)


def outside_of_phrases(template: str) -> str:
    """The text of a template without markup and styles; a NUL stands for each phrase."""
    text, skipped = "", 0
    for token in Lexer(template).tokenize():
        name, _, rest = token.contents.partition(" ")
        if token.token_type is TokenType.BLOCK:
            opens = name in {"blocktranslate", "comment"} or (name == "block" and rest in STYLES)
            closes = name in {"endblocktranslate", "endcomment"} or (name == "endblock" and skipped)
            skipped += opens - closes
            text += "\0" * (name in {"translate", "endblocktranslate"} and " as " not in rest)
        elif token.token_type is TokenType.TEXT and not skipped:
            text += token.contents
    return re.sub(r"<style>.*?</style>|<!--.*?-->|<[^<>]*>|&\w+;", " ", text, flags=re.DOTALL)


@pytest.mark.parametrize("name", CONTEXTS)
def test_every_mail_says_who_sends_it_and_why_in_text_and_html(name: str) -> None:
    text, html = mail(name)
    for content in (text, words(html)):
        assert "Ministry of <Health> & Care, 1 Main Street, Capital" in content
        assert "You get this because" in content or "If " in content


@pytest.mark.parametrize("name", CONTEXTS)
def test_every_mail_leads_to_the_statements_of_who_sends_it(name: str) -> None:
    for content in mail(name):
        assert FRAME["privacy_url"] in content
        assert FRAME["accessibility_url"] in content


@pytest.mark.parametrize("name", CONTEXTS)
def test_inboxes_show_something_new_beside_the_subject(name: str) -> None:
    """Of a digest its first titles: they differ from person to person, so nothing else stands before them."""
    _, html = mail(name)
    shown = re.search(r'<div class="preheader"[^>]*>([^<]+)</div>', html)
    assert bool(shown) == (name != "digest")
    assert shown is None or shown[1] not in render(name, Marks())[0]


@pytest.mark.parametrize("name", CONTEXTS)
def test_every_mail_works_without_images_scripts_or_anything_from_elsewhere(name: str) -> None:
    _, html = mail(name)
    assert not re.search(r"<(img|script|link|iframe|svg|form|input)|@import|url\(|@font-face", html)


@pytest.mark.parametrize("name", CONTEXTS)
def test_no_mail_has_a_tag_or_a_context_name_left_in_it(name: str) -> None:
    for content in (*mail(name), render(name, Marks())[0]):
        said = re.sub(r"<style>.*?</style>", "", content, flags=re.DOTALL)
        assert not re.search(r"\{\{|\{%|%\}|\}\}|&amp;amp;|None|hole[a-z]{28}", said)


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
        "For: Riverside, Old Town & Harbour",
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
    assert "text-align:right" in html
    assert "text-align:left" not in html


def test_our_own_phrases_in_another_language_than_the_text_are_marked() -> None:
    _, html = mail("bulletin", language="he", dir="rtl", phrases=mark_safe(' lang="en" dir="ltr"'))
    for phrase in ("Read on the web", "For: Riverside", "You get this because", "Unsubscribe"):
        before = html[: html.index(phrase)]
        assert re.findall(r' lang="(\w+)"', before)[-1] == "en"


def test_styles_stand_on_the_elements_and_rules_for_dark_and_narrow_screens_stay() -> None:
    _, html = mail("bulletin")
    assert re.search(r'<h1 style="[^"]*font-size', html)
    assert "@media (prefers-color-scheme:dark)" in html
    assert "@media (max-width:480px)" in html
    assert re.search(r'class="band" style="[^"]*background:#ffdd00[^"]*color:#0b0c0c', html)


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
    assert "Your news of the week to 21 November 2026\n\n* First\n  What & why.\n" in text
    assert re.search(r">First</a></h4>.*>Second</a></h4>", html, flags=re.DOTALL)


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
