"""Bodies to safe HTML: what is allowed stays as it was, everything else is gone or harmless."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.markup import BadMarkup, BodyFormat, to_mail_html, to_safe_html
from channels.markup.elements import TAGS

ATTRIBUTES = {"href", "rel", "src", "alt", "title", "start", "scope", "colspan", "rowspan", "lang", "dir"}
TABLE = {"border", "cellpadding"}  # of a mail's, by us
ELEMENTS = "a b base form iframe i img input li math meta noscript ol p plaintext script style svg table td template"
TAGS_TRIED = [
    *ELEMENTS.split(),
    "textarea",
    "title",
    "tr",
    "ul",
    "xmp",
]  # elements that parsers treat in their own ways
ATTRIBUTES_TRIED = ["", "href='javascript:x'", "src=x onerror=x", "style=x id=x", "onclick=x", 'title="', "start=5"]
opened = st.builds("<{} {}>".format, st.sampled_from(TAGS_TRIED), st.sampled_from(ATTRIBUTES_TRIED))
closed = st.sampled_from(TAGS_TRIED).map("</{}>".format)
SPECIALS = ["<!--", "-->", "&lt;", "&#31;", '"', "'", "<", ">", "![x](y)", "[x](data:text/html,x)", "`", "\n\n"]
specials = st.sampled_from(SPECIALS)
soup = st.lists(st.one_of(opened, closed, specials, st.text(max_size=5)), max_size=30).map("".join)


class Found(HTMLParser):
    """All elements, attributes and URLs of a piece of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.urls: set[str] = set()
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.urls |= {value or "" for name, value in attrs if name in {"href", "src"}}


@given(body=soup, body_format=st.sampled_from(["markdown", "html"]))
def test_whatever_is_written_only_the_allowed_is_left(body: str, body_format: BodyFormat) -> None:
    safe = to_safe_html(body, body_format)
    for html, tags in ((safe, TAGS), (to_mail_html(safe), TAGS - {"img"})):
        found = Found(html)
        assert found.tags <= tags - {"h1"}
        assert found.attributes <= ATTRIBUTES | (TABLE if html != safe else set())
        assert all(re.match(r"(https?://|mailto:)", url, re.IGNORECASE) for url in found.urls)


@given(body=soup)
def test_safe_html_stays_as_it_is_when_it_is_cleaned_again(body: str) -> None:
    safe = to_safe_html(body, "html")
    assert to_safe_html(safe, "html") == safe
    assert to_mail_html(to_mail_html(safe)) == to_mail_html(safe)


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " java\nscript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "file:///etc/passwd",
        "ftp://x.example/",
        "tel:112",
        "//x.example/",
        "/relative",
        "#anchor",
        "?query",
    ],
)
def test_links_lead_to_the_web_or_a_mailbox_and_nowhere_else(url: str) -> None:
    assert "href" not in to_safe_html(f'<a href="{url}">x</a>', "html")
    assert "src" not in to_safe_html(f'<img src="{url}" alt="x">', "html")


@pytest.mark.parametrize("url", ["https://x.example/a?b=c#d", "http://x.example", "mailto:a@x.example"])
def test_links_are_kept_and_tell_the_other_side_nothing(url: str) -> None:
    html = f'<a href="{url}" rel="noopener noreferrer">x</a>'
    assert to_safe_html(f'<a href="{url}" target="_blank" rel="opener" onclick="x">x</a>', "html") == html


def test_relative_links_lead_to_the_page_that_they_came_from() -> None:
    html = to_safe_html('<a href="/guidance">x</a>', "html", base_url="https://gov.example/news/1")
    assert 'href="https://gov.example/guidance"' in html


def test_scripts_and_styles_go_with_all_that_is_in_them() -> None:
    html = "<style>p {}</style><script>alert(1)</script><svg><title>t</title></svg><iframe>f</iframe><p>text</p>"
    assert to_safe_html(html, "html") == "<p>text</p>"


def test_ids_classes_and_styles_are_dropped_and_language_and_direction_kept() -> None:
    html = '<p id="a" class="b" style="position:fixed" data-x="1" lang="ar" dir="rtl">نص</p>'
    assert to_safe_html(html, "html") == '<p lang="ar" dir="rtl">نص</p>'


def test_html_in_markdown_is_shown_as_it_was_typed() -> None:
    assert to_safe_html("a <b>c</b>", "markdown") == "<p>a &lt;b&gt;c&lt;/b&gt;</p>"


def test_markdown_has_headings_lists_tables_quotes_and_struck_text() -> None:
    html = to_safe_html("# T\n\n* a\n* b\n\n> q\n\n~~no~~\n\n| h |\n|---|\n| c |\n", "markdown")
    for element in ("<h2>T</h2>", "<li>a</li>", "<blockquote>", "<s>no</s>", "<th>h</th>", "<td>c</td>"):
        assert element in html


@pytest.mark.parametrize("control", ["\x00", "\x1f", "&#31;", "&#x1F;", "\x7f", "\x85", "\ud800", "\uffff"])
def test_control_characters_vanish_and_do_no_harm_later(control: str) -> None:
    safe = to_safe_html(f'<p>a{control}b<img src="https://x.example/" alt="x{control}"></p>', "html")
    assert to_mail_html(safe) == "<p>ab[x]</p>"


def test_the_title_stays_the_only_first_level_heading() -> None:
    assert to_safe_html('<h1 dir="rtl">a</h1><h2>b</h2>', "html") == '<h2 dir="rtl">a</h2><h2>b</h2>'


@pytest.mark.parametrize(
    ("text", "url", "after"),
    [
        ("See https://x.example/a_b_c?d=e&f=g.", "https://x.example/a_b_c?d=e&amp;f=g", "."),
        ("(https://x.example/a)", "https://x.example/a", ")"),
        ("https://x.example/a_(b), more", "https://x.example/a_(b)", ", more"),
        ("HTTP://X.example/ now", "HTTP://X.example/", " now"),
        ("راجع https://x.example/a، شكرا", "https://x.example/a", "، شكرا"),
        ("**https://x.example/b**", "https://x.example/b", ""),
    ],
)
def test_a_bare_address_in_markdown_becomes_a_link_without_the_sentences_punctuation(
    text: str, url: str, after: str
) -> None:
    assert f'<a href="{url}" rel="noopener noreferrer">{url}</a>{after}' in to_safe_html(text, "markdown")


@pytest.mark.parametrize("text", ["`https://x.example`", "x.example", "1.2", "https://", "javascript://x.example"])
def test_what_is_no_address_or_is_code_becomes_no_link(text: str) -> None:
    assert "<a" not in to_safe_html(text, "markdown")


def test_a_link_in_a_link_is_not_made() -> None:
    html = to_safe_html("[see https://y.example](https://x.example)", "markdown")
    assert html.count("<a ") == 1
    assert 'href="https://x.example"' in html


def test_pages_keep_images_and_mails_have_their_words() -> None:
    safe = to_safe_html('Before ![Map of the <flooded> area](https://x.example/map.png "t") after', "markdown")
    assert '<img src="https://x.example/map.png" alt="Map of the &lt;flooded&gt; area">' in safe
    assert to_mail_html(safe) == "<p>Before [Map of the &lt;flooded&gt; area] after</p>"


def test_an_image_without_words_leaves_nothing_in_a_mail() -> None:
    assert to_mail_html('<p>a<img src="https://x.example/pixel.gif">b</p>') == "<p>ab</p>"
    assert to_mail_html('<img src="https://x.example/1.gif" alt="one">tail') == "[one]tail"


def test_a_link_around_nothing_but_an_icon_is_left_out() -> None:
    assert to_safe_html('<p>a<a href="https://x.example/"><svg></svg> </a>b</p>', "html") == "<p>ab</p>"
    linked = '<p>a<a href="https://x.example/"><img src="https://x.example/i.png" alt=""></a></p>'
    assert to_mail_html(to_safe_html(linked, "html")) == "<p>a</p>"


def test_a_mail_keeps_tables_and_their_headings() -> None:
    table = '<table><tbody><tr><th scope="row">a</th><td colspan="2">b</td></tr></tbody></table>'
    lined = table.replace("<table>", '<table border="1" cellpadding="6">')
    assert to_mail_html(to_safe_html(table + '<img src="https://x.example/" alt="x">', "html")) == lined + "[x]"


def test_a_mail_s_links_have_nothing_beside_their_address() -> None:
    safe = to_safe_html("[plan](https://x.example/)", "markdown")
    assert to_mail_html(safe) == '<p><a href="https://x.example/">plan</a></p>'


def test_a_body_that_is_nested_without_end_is_refused() -> None:
    assert to_safe_html("<b>" * 100 + "x", "html")
    with pytest.raises(BadMarkup, match="nested more than 100 deep"):
        to_safe_html("<b>" * 101 + "x", "html")


def test_a_body_without_measure_is_refused() -> None:
    with pytest.raises(BadMarkup, match="at most 200,000"):
        to_safe_html("x" * 200_001, "markdown")
