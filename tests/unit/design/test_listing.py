"""Names in a row, in the language of who reads them."""

import pytest
from django.utils import translation

from govnotify.lib.listing import any_of, listed_apart


@pytest.mark.parametrize(
    ("language", "names", "written"),
    [
        ("en", ["operator"], "operator"),
        ("en", ["author", "editor", "operator"], "author, editor or operator"),
        ("es", ["autor", "editor"], "autor o editor"),
        ("es", ["autor", "editor", "Operador"], "autor, editor u Operador"),
        ("es", ["motel", "hotel"], "motel u hotel"),
        ("es", ["uno", "hoy", "huésped"], "uno, hoy o huésped"),
        ("fr", ["auteur", "opérateur"], "auteur ou opérateur"),
    ],
)
def test_one_of_several_as_the_language_says_it(language: str, names: list[str], written: str) -> None:
    with translation.override(language):
        assert any_of(names) == written


@pytest.mark.parametrize(
    ("language", "written"), [("en", "a, b; c"), ("fr", "a, b\u202f; c"), ("ar", "a, b؛ c"), ("uk", "a, b; c")]
)
def test_names_with_commas_stand_apart_by_the_sign_of_the_language(language: str, written: str) -> None:
    with translation.override(language):
        assert listed_apart(["a, b", "c"]) == written
