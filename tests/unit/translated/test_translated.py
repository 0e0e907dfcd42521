"""Which of the names is shown in which language."""

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from agencies.models import Agency
from govnotify.lib.translated import check_translations

WATER = Agency(
    name="Ministry of Water",
    description="Rivers and taps.",
    translations={
        "fr": {"name": "Ministère de l’Eau", "description": "Rivières et robinets."},
        "pt-BR": {"name": "Ministério da Água"},
        "ro": {"name": ""},
    },
)


@pytest.mark.parametrize(
    ("language", "name", "description"),
    [
        ("fr", "Ministère de l’Eau", "Rivières et robinets."),
        ("fr-ca", "Ministère de l’Eau", "Rivières et robinets."),
        ("pt-br", "Ministério da Água", "Rivers and taps."),
        ("pt", "Ministry of Water", "Rivers and taps."),
        ("ro", "Ministry of Water", "Rivers and taps."),
        ("en", "Ministry of Water", "Rivers and taps."),
        (None, "Ministry of Water", "Rivers and taps."),
    ],
)
def test_a_name_is_that_of_the_language_in_use_or_its_base_or_the_own_one(
    language: str | None, name: str, description: str
) -> None:
    with translation.override(language):
        assert (WATER.local_name, WATER.local_description) == (name, description)


@pytest.mark.parametrize("good", [{}, {"fr": {}}, {"fr": {"name": "Eau"}}, {"fr": {"name": "Eau", "description": "…"}}])
def test_translations_are_texts_by_language(good: object) -> None:
    check_translations(good)


@pytest.mark.parametrize("bad", [[], "fr", {"fr": "Eau"}, {"fr": {"title": "Eau"}}, {"fr": {"name": 1}}, {"fr": None}])
def test_anything_else_is_refused_with_an_example(bad: object) -> None:
    with pytest.raises(ValidationError, match='"fr"'):
        check_translations(bad)
