"""Plain text: what a reader without HTML gets, line by line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.markup import beginning, shorten, to_safe_html, to_text


def lines(markdown: str) -> list[str]:
    return to_text(to_safe_html(markdown, "markdown")).split("\n")


def test_headings_are_underlined_and_paragraphs_stand_apart() -> None:
    assert lines("## When\n\nIn October.\n\n### Where\n\nHere.\n\n#### How\n\nSo.") == [
        *["When", "----", "", "In October.", "", "Where", "~~~~~", "", "Here.", "", "How", "", "So."]
    ]


def test_lists_are_marked_numbered_and_indented() -> None:
    assert lines("* a\n* b\n  1. c\n  2. d\n* e") == ["* a", "* b", "  1. c", "  2. d", "* e"]


def test_a_list_goes_on_where_it_was_told_to_start() -> None:
    assert lines("9. a\n10. b") == ["9. a", "10. b"]


def test_items_of_several_paragraphs_stand_apart() -> None:
    assert lines("* a\n\n  more\n* b") == ["* a", "", "  more", "", "* b"]


def test_a_link_is_followed_by_its_address_once() -> None:
    assert lines("See [the plan](https://x.example/p) now") == ["See the plan (https://x.example/p) now"]
    assert lines("See https://x.example/p") == ["See https://x.example/p"]
    assert to_text('<a href="https://x.example/">the <b>plan</b> </a>now') == "the plan (https://x.example/) now"


def test_a_mailbox_is_shown_without_the_letter_that_the_link_begins() -> None:
    assert to_text('<a href="mailto:a@x.example?subject=Hi&amp;body=Dear">write</a>') == "write (a@x.example)"
    assert to_text('<a href="mailto:a@x.example">a@x.example</a>') == "a@x.example"


def test_a_link_around_blocks_keeps_its_address() -> None:
    html = '<a href="https://x.example/"><h3>Title</h3><p>More</p></a>'
    assert to_text(html) == "Title\n~~~~~\n\nMore\n(https://x.example/)"


def test_a_link_without_words_is_left_out() -> None:
    assert to_text('<p>a</p><a href="https://x.example/file.pdf"></a>') == "a"


def test_quotations_and_code_keep_their_marks() -> None:
    assert lines("> a\n>\n> b") == ["> a", ">", "> b"]
    assert lines("```\na  b\n  c\n```") == ["    a  b", "      c"]


def test_images_are_their_words_in_brackets() -> None:
    assert lines("![Map](https://x.example/m.png) ![](https://x.example/p.gif)") == ["[Map]"]


def test_a_narrow_table_keeps_its_columns() -> None:
    assert lines("| Day | Opens |\n|--|--|\n| Monday | 7 |\n| Sunday | |") == [
        "Day     Opens",
        "------  -----",
        "Monday  7",
        "Sunday",
    ]


def test_a_wide_table_becomes_one_line_for_each_cell_under_its_heading() -> None:
    assert lines(f"| Costs | Benefits |\n|--|--|\n| {'c ' * 30}| {'b ' * 50}|\n| x | y |") == [
        f"Costs: {'c ' * 29}c",
        f"Benefits: {'b ' * 30}b",
        f"  {'b ' * 18}b",
        "",
        "Costs: x",
        "Benefits: y",
    ]


def test_a_table_has_its_caption_above_it() -> None:
    assert to_text("<table><caption>Hours</caption><tr><td>7</td></tr></table>") == "Hours\n\n7"


def test_lines_are_wrapped_at_72_and_addresses_never() -> None:
    url = "https://x.example/" + "a-b/" * 30
    wrapped = lines("word " * 40 + url)
    assert wrapped[-1] == url
    assert max(map(len, wrapped[:-1])) <= 72
    assert max(map(len, to_text("<p>" + "word " * 40 + "</p>", width=40).split("\n"))) <= 40


def test_line_breaks_stay_and_other_white_space_is_one_space() -> None:
    assert to_text("<p>1 Main\n   Street<br>Capital<br/></p>") == "1 Main Street\nCapital"


def test_a_definition_is_indented_under_its_term() -> None:
    assert to_text("<dl><dt>Term</dt><dd>What it means</dd></dl>") == "Term\n    What it means"


def test_text_from_right_to_left_stays_as_it_was_written() -> None:
    assert lines("## عنوان\n\nنص **مهم** و[رابط](https://x.example/) هنا.") == [
        "عنوان",
        "-----",
        "",
        "نص مهم ورابط (https://x.example/) هنا.",
    ]


def test_the_beginning_of_a_text_is_its_sentences_and_not_its_marks() -> None:
    html = to_safe_html(
        "## When\n\nIn [October](https://x.example/p),\nfree.\n\n| a |\n|---|\n| 1 |\n\n* one\n* two\n  * three\n\n"
        "```\ncode\n```\n\nEnd.",
        "markdown",
    )
    assert beginning(html, length=100) == "In October, free. one two three End."
    assert beginning("<p>1 Main<br>Street</p>", length=100) == "1 Main Street"
    assert beginning("<h2>Only a heading</h2>", length=100) == ""


def test_a_long_text_is_cut_at_a_word() -> None:
    assert shorten("The river  rises\nand rises", length=20) == "The river rises …"
    assert shorten("The river rises", length=15) == "The river rises"


EMPTY = ["", " ", "<p></p>", "<p>&nbsp;</p>", "<!-- x -->", "<br><br>", "<ul></ul>", "<table></table>"]


@pytest.mark.parametrize("html", EMPTY)
def test_nothing_is_nothing(html: str) -> None:
    assert not to_text(to_safe_html(html, "html")).strip()


@given(st.text())
def test_any_text_ends_without_white_space_and_has_no_html_left(text: str) -> None:
    shown = to_text(to_safe_html(text, "markdown"))
    assert shown == shown.strip("\n")
    assert not [line for line in shown.split("\n") if line.endswith(" ")]


@given(st.lists(st.text("abcdefgé漢字نص ", min_size=1, max_size=200).filter(str.strip), max_size=5))
def test_no_word_gets_lost(paragraphs: list[str]) -> None:
    html = "".join(f"<p>{text}</p>" for text in paragraphs)
    assert to_text(html).split() == " ".join(paragraphs).split()
