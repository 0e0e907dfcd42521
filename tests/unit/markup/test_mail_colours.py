"""An agency's colour: whatever it is, every text of its mails can be read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.markup import BadColour, mail_theme
from channels.markup.colour import contrast

colours = st.integers(0, 0xFFFFFF).map("#{:06x}".format)


@given(colours)
def test_every_pair_of_colours_has_the_contrast_of_wcag_2_2(colour: str) -> None:
    theme = mail_theme(colour)
    for text, ground in (
        (theme.on_band, theme.band),
        (theme.link, theme.paper),
        (theme.link_dark, theme.paper_dark),
        (theme.ink, theme.paper),
        (theme.ink_dark, theme.paper_dark),
    ):
        assert contrast(text, ground) >= 4.5


def test_a_colour_that_can_be_read_stays_as_it_is() -> None:
    theme = mail_theme("#1D70B8")
    assert (theme.band, theme.on_band, theme.link) == ("#1d70b8", "#ffffff", "#1d70b8")


def test_a_light_colour_has_dark_text_on_it_and_a_darker_shade_for_links() -> None:
    theme = mail_theme("#ffdd00")
    assert (theme.band, theme.on_band) == ("#ffdd00", "#0b0c0c")
    assert theme.link != "#ffdd00"
    assert theme.link_dark == "#ffdd00"


def test_contrast_is_that_of_the_standards_examples() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#ffffff", "#ffffff") == pytest.approx(1)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("text", ["", "red", "#fff", "1d70b8", "#1d70bg", "#1d70b8;}", "#1d70b8\n#"])
def test_what_is_no_colour_is_refused(text: str) -> None:
    with pytest.raises(BadColour, match="six hex digits"):
        mail_theme(text)
