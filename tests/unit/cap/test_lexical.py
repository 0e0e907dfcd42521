"""Times, shapes, references and language tags as text."""

import pytest

from alerts.cap import lexical
from alerts.cap.language import is_language_tag


@pytest.mark.parametrize(
    ("text", "polygon"),
    [
        ("1,2 3,4", ((1.0, 2.0), (3.0, 4.0))),
        ("\n +1.5,-2.\t.5,1e1 ", ((1.5, -2.0), (0.5, 10.0))),
        ("", None),
        ("   ", None),
        ("1,2 3", None),
        ("1,2 3,4,5", None),
        ("1,2 , 3,4", None),
        ("1, 2", None),
        ("nan,2", None),
        ("inf,2", None),
        ("0x1,2", None),
        ("1_0,2", None),
        ("\u0661,\u0662", None),
        ("1" * 500 + ",2", None),
    ],
)
def test_a_polygon_is_pairs_of_plain_numbers_or_unreadable(text: str, polygon: object) -> None:
    assert lexical.parse_polygon(text) == polygon


@pytest.mark.parametrize(
    ("text", "circle"),
    [
        ("32.9525,-115.5527 0", (32.9525, -115.5527, 0.0)),
        ("1,2\n3.5", (1.0, 2.0, 3.5)),
        ("1,2", None),
        ("1,2,3", None),
        ("1,2 3 4", None),
        ("1 2,3", None),
        ("1,2 3km", None),
    ],
)
def test_a_circle_is_a_centre_and_a_radius_or_unreadable(text: str, circle: object) -> None:
    assert lexical.parse_circle(text) == circle


@pytest.mark.parametrize("text", ["a,b", "a,b,c", "a,b,2026-02-03T14:30:00", ",b,2026-02-03T14:30:00Z", "a,b,c,d", ""])
def test_what_is_no_triple_is_no_reference(text: str) -> None:
    assert lexical.parse_reference(text) is None


@pytest.mark.parametrize("number", [0.0, -0.0, 5e-324, 1.7976931348623157e308, 1e-7, 0.1 + 0.2, -122.4194155])
def test_a_number_is_written_without_exponent_and_reads_back_the_same(number: float) -> None:
    text = lexical.format_number(number)
    assert float(text) == number
    assert not set(text) - set("-.0123456789")


@pytest.mark.parametrize(
    "tag",
    [
        "en",
        "fr-CA",
        "zh-Hant-TW",
        "sl-rozaj-biske",
        "de-CH-1901",
        "es-419",
        "ast",
        "x-mill",
        "en-a-bbb-x-a",
        "zh-yue-HK",
    ],
)
def test_a_language_tag_has_the_shape_of_bcp_47(tag: str) -> None:
    assert is_language_tag(tag)
    assert is_language_tag(tag.upper())


@pytest.mark.parametrize(
    "tag", ["", "e", "en_GB", "en-", "-en", "english language", "en-GB-GB", "\u017fk", "a" * 9, "en-x", "x"]
)
def test_anything_else_is_no_language_tag(tag: str) -> None:
    assert not is_language_tag(tag)
