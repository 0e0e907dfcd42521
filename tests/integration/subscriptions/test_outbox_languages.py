"""Every mail of the outbox is in the language of whom it is for, whatever the language of who causes it."""

import pytest
from django.conf import settings as configured
from django.utils import translation
from pytest_django import Settings

from govnotify.lib.languages import direction
from subscriptions.changing_address import request_change
from subscriptions.models import Frequency, OutboxMessage, Subscriber
from subscriptions.outbox_mail import render
from subscriptions.signing_in import request_sign_in
from tests.integration.subscriptions.cast import CARLA, Town, a_subscriber, ask
from tests.unit.message.english import left_over

LANGUAGES = [tag for tag, _ in configured.LANGUAGES]
NEW, PAUL = "carla@new.example", "paul@example.org"


def one_of_each(town: Town, language: str) -> list[OutboxMessage]:
    carla = a_subscriber(floods=Frequency.IMMEDIATE)
    Subscriber.objects.filter(pk=carla.pk).update(language=language)
    carla.refresh_from_db()
    ask(town.roads, email=PAUL, language=language)
    ask(town.floods, email=CARLA, language=language)
    request_sign_in(email=CARLA, ip="192.0.2.1")
    request_change(subscriber=carla, email=NEW, page="/me/address/", ip="192.0.2.1")
    return list(OutboxMessage.objects.select_related("subscriber"))


def test_the_postal_address_is_in_the_reader_s_language(town: Town, settings: Settings) -> None:
    settings.SERVICE_TRANSLATIONS = {"uk": {"postal_address": "площа Свободи, 1"}}
    for language in ("uk", "ro"):
        ask(town.roads, email=f"{language}@example.org", language=language)
    for row in OutboxMessage.objects.select_related("subscriber"):
        mail = render(row)
        assert ("площа Свободи, 1" in mail.text) == ("площа Свободи, 1" in mail.html) == (mail.language == "uk")


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_kind_of_mail_is_in_the_reader_s_language(town: Town, language: str) -> None:
    rows = one_of_each(town, language)
    assert {row.kind for row in rows} == set(OutboxMessage.Kind)
    for row in rows:
        with translation.override("fr" if language != "fr" else "ro"):  # the worker's own, or the page's
            mail = render(row)
        assert mail.language == language
        assert f'<html lang="{language}" dir="{direction(language)}">' in mail.html
        if language != "en":
            assert left_over(row.kind, mail.subject, mail.text, mail.html) == set(), row.kind
