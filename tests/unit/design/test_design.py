"""The template tags of the look: contrast, direction, names of languages, tables."""

import pytest
from pytest_django import Settings

from channels.markup.colour import contrast
from govnotify.lib.languages import direction, language_name, phrases_attributes, spoken
from govnotify.templatetags.design import agency_theme, ink_on, scrollable_tables

GREYS = [f"#{value:02x}{value:02x}{value:02x}" for value in range(0, 256, 5)]


@pytest.mark.parametrize("colour", [*GREYS, "#ff0000", "#00ff00", "#0000ff", "#ffd54f", "#0b6e99"])
def test_text_on_every_colour_can_be_read(colour: str) -> None:
    assert contrast(colour, ink_on(colour)) >= 4.5


def test_a_theme_is_two_properties_and_nothing_else_gets_into_the_style() -> None:
    assert agency_theme("#FFD54F") == ":root{--agency:#FFD54F;--agency-ink:#000000}"
    for colour in ("", "red", "#fff", "#12345g", "#123456}body{display:none"):
        assert agency_theme(colour) == ""


@pytest.mark.parametrize(
    ("language", "written"), [("ar", "rtl"), ("fa-AF", "rtl"), ("he", "rtl"), ("en", "ltr"), ("uk", "ltr"), ("", "ltr")]
)
def test_the_direction_of_a_language(language: str, written: str) -> None:
    assert direction(language) == written


def test_a_language_is_named_in_itself_or_by_its_tag() -> None:
    assert language_name("uk") == "Українська"
    assert language_name("tlh") == "tlh"


@pytest.mark.parametrize(
    ("text", "ours", "marked"),
    [
        ("ar", "ar", ""),
        ("ar-EG", "ar", ""),
        ("EN", "en", ""),
        ("tlh", "en", ' lang="en" dir="ltr"'),
        ("he", "en", ' lang="en" dir="ltr"'),
        ("", "en", ' lang="en" dir="ltr"'),
    ],
)
def test_our_own_phrases_are_in_the_text_s_language_or_marked(
    settings: Settings, text: str, ours: str, marked: str
) -> None:
    settings.LANGUAGES = [("en", "English"), ("ar", "Arabic")]
    assert spoken(text).lower() == ours
    assert phrases_attributes(text) == marked


def test_each_table_is_boxed_and_the_rest_stays() -> None:
    html = scrollable_tables("<p>a</p><table><tr><td>1</td></tr></table><table></table>")
    assert html.count('<div class="table-scroll" role="group" tabindex="0" aria-label="Table"><table>') == 2
    assert html.count("</table></div>") == 2
    assert html.startswith("<p>a</p>")
