"""What the outbox says: the mails with the links that open the pages."""

import re

import pytest
from django.test import Client
from pytest_django import Settings

from subscriptions.models import Frequency, OutboxMessage, SignUp, Topic
from subscriptions.outbox_mail import NothingToSay, OutboxMail, render
from subscriptions.signing_in import request_sign_in
from tests.integration.subscriptions.cast import CARLA, Town, a_subscriber, ask


def the_mail() -> OutboxMail:
    return render(OutboxMessage.objects.select_related("subscriber").get())


def link_in(text: str, path: str) -> str:
    found = re.search(rf"http://127\.0\.0\.1:8000({path}\S*)", text)
    assert found, text
    return found[1]


def test_the_confirmation_names_the_topics_and_its_link_opens_the_page(town: Town, client: Client) -> None:
    ask(town.floods, town.roads, language="en")
    mail = the_mail()
    assert mail.to.typed == CARLA
    assert mail.subject == "Confirm your subscription to govnotify"
    for part in (mail.text, mail.html):
        assert "Flood warnings" in part
        assert "City of Brook" in part
    page = client.get(link_in(mail.text, "/confirm/"))
    assert "Yes, subscribe me" in page.content.decode()
    assert link_in(mail.html.replace('"', " "), "/confirm/").startswith("/confirm/")


def test_the_mail_is_in_the_language_that_was_asked_for(town: Town, settings: Settings) -> None:
    settings.LANGUAGES = [("en", "English"), ("ar", "Arabic")]
    Topic.objects.filter(pk=town.floods.pk).update(translations={"ar": {"name": "الفيضانات"}})
    ask(town.floods, language="ar")
    mail = the_mail()
    assert mail.language == "ar"
    assert 'dir="rtl"' in mail.html
    assert "الفيضانات" in mail.html


def test_a_mail_in_a_language_that_we_do_not_speak_says_which_it_is_in(town: Town, settings: Settings) -> None:
    settings.LANGUAGES = [("en", "English")]
    ask(town.floods, language="ar")
    mail = the_mail()
    assert mail.language == "en"
    assert '<html lang="en" dir="ltr">' in mail.html


def test_who_has_everything_already_gets_no_link_to_confirm(town: Town) -> None:
    a_subscriber(floods=Frequency.IMMEDIATE)
    ask(town.floods)
    mail = the_mail()
    assert "/confirm/" not in mail.text
    assert link_in(mail.text, "/me/") == "/me/"


def test_the_sign_in_mail_s_link_opens_the_page_with_the_button(town: Town, client: Client) -> None:
    a_subscriber(floods=Frequency.IMMEDIATE)
    request_sign_in(email=CARLA, ip="192.0.2.1")
    page = client.get(link_in(the_mail().text, "/me/sign-in/"))
    assert page.status_code == 200
    assert "Sign in" in page.content.decode()


def test_a_mail_about_something_that_is_gone_is_not_written(town: Town) -> None:
    ask(town.floods)
    SignUp.objects.all().delete()
    with pytest.raises(NothingToSay):
        the_mail()
