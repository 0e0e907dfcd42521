"""Which language of several a reader gets: one rule for mail, pages, feeds, lists and digests."""

import pytest

from govnotify.lib.languages import language_in_words, nearest, same_language


@pytest.mark.parametrize(
    ("offered", "reader", "agency", "shown"),
    [
        (["en", "fr", "fr-CA"], "fr-CA", "en", "fr-CA"),
        (["en", "fr-BE", "fr"], "fr-CA", "en", "fr"),
        (["en", "fr-BE"], "fr-CA", "en", "fr-BE"),
        (["en", "fr-BE"], "fr", "en", "fr-BE"),
        (["en", "fr"], "FR-ca", "en", "fr"),
        (["uk", "ro"], "fr-CA", "ro", "ro"),
        (["uk", "ro"], "fr", "ro-MD", "ro"),
        (["uk", "ro"], "fr", "en", "uk"),
        (["uk", "ro"], "", "", "uk"),
        (["uk"], "x" * 500, "en", "uk"),
        (["zh-Hans", "zh-Hant-TW"], "zh-Hant-TW", "en", "zh-Hant-TW"),
    ],
)
def test_theirs_then_its_base_then_the_agency_s_then_the_first(
    offered: list[str], reader: str, agency: str, shown: str
) -> None:
    assert offered[nearest(offered, reader, agency)] == shown


def test_a_language_has_a_name_where_it_is_known() -> None:
    assert language_in_words("fr-CA") == "French"
    assert language_in_words("xx") == ""


@pytest.mark.parametrize(("tag", "other", "same"), [("fr", "fr-CA", True), ("fr", "frp", False), ("EN", "en", True)])
def test_forms_of_a_language_are_one_language(tag: str, other: str, same: bool) -> None:
    assert same_language(tag, other) is same
