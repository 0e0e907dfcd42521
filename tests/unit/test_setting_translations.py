"""Texts of settings in several languages: what is no such list names its variable and shows how to write it."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from govnotify.demo import government
from govnotify.settings.translations import translations

LANGUAGES, TEXTS = ("en", "fr"), ("operator", "postal_address")


def test_what_is_set_is_read_and_nothing_is_no_text() -> None:
    given = '{"fr": {"operator": "Office"}}'
    assert translations("TEXTS", given, LANGUAGES, TEXTS) == {"fr": {"operator": "Office"}}
    assert translations("TEXTS", "", LANGUAGES, TEXTS) == {}


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("{fr: Office}", "TEXTS is not JSON"),
        ("[]", "TEXTS is not a list of texts by language"),
        ('{"fr": "Office"}', 'write it like {"en": {"operator": "…", "postal_address": "…"}}'),
        ('{"fr": {"name": "Office"}}', "not a list of texts"),
        ('{"fr": {"operator": 3}}', "not a list of texts"),
        ('{"de": {"operator": "Amt"}}', "TEXTS names “de”: the languages are en, fr"),
    ],
)
def test_what_can_t_be_read_is_refused_with_the_way_out(value: str, words: str) -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        translations("TEXTS", value, LANGUAGES, TEXTS)
    assert words in str(refused.value)


def test_the_demo_s_operator_is_named_in_every_language(settings) -> None:
    assert {*government.TRANSLATIONS, "en"} == {tag for tag, _ in settings.LANGUAGES}
    assert all(set(entry) == set(TEXTS) for entry in government.TRANSLATIONS.values())
