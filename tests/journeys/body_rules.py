"""Rules on what a mail says: both parts with all the words, readable without HTML, harmless with it."""

import re
from html.parser import HTMLParser

from govnotify.lib.languages import direction
from tests.inbox import Mail
from tests.journeys.words import missing, right_to_left, words_of

WIDTH = 72  # characters of a line of text, where no single word is longer
TABLE = frozenset(("border", "cellpadding", "class", "role", "tabindex", "aria-label"))  # of ours, and of its box
ALLOWED_IN_BODY = TABLE | {"style", "href", "lang", "dir", "start", "scope", "colspan", "rowspan", "title"}
FETCHES_OR_RUNS = {"script", "img", "iframe", "object", "embed", "svg", "form", "input", "link", "video", "audio"}


def check_parts(mail: Mail) -> tuple[str, str]:
    """Text and HTML, in this order and in UTF-8, of the same content and nothing else."""
    plain, html = mail.message.iter_parts()
    for part, kind in ((plain, "text/plain"), (html, "text/html")):
        assert part.get_content_type() == kind
        assert part.get_content_charset() == "utf-8"
        assert not part.is_attachment()
    return plain.get_content(), html.get_content()


def check_links(text: str, html: str, *addresses: str) -> None:
    """Visible in both parts: to leave, to change what one gets, to the page on the web."""
    for address in addresses:
        assert address in text.split()
        assert f'href="{address}"' in html


def check_text(text: str, *, tags: tuple[str, ...] = ()) -> None:
    """Pleasant to read: no markup but `tags` that the author wrote as words, no entities, no gaps, no endless line."""
    assert set(tags_in(" ".join(text.split()))) <= set(tags)
    assert not re.search(r"&#?\w+;", text)
    assert not re.search(r"\n[ \t]*\n[ \t]*\n[ \t]*\n", text)
    long = [line for line in text.splitlines() if len(line) > WIDTH and " " in line.strip(" >*")]
    assert not long


def tags_in(text: str) -> list[str]:
    """What looks like an element's beginning or end."""
    return re.findall(r"</?[a-z][^<>]*>", text, flags=re.IGNORECASE)


def check_words(text: str, html: str, words: list[str], language: str) -> None:
    """No word is lost in either part; those from right to left stand in their order."""
    assert words
    shown = words_of(html)
    for part in (text, " ".join(shown)):
        assert not missing(words, part)
    assert right_to_left(words) in right_to_left(text.split())
    assert right_to_left(words) in right_to_left(shown)
    assert bool(right_to_left(words)) == (direction(language) == "rtl")


def check_html(html: str, language: str, *, preview: bool = True) -> None:
    """In its language, with its preview text; nothing that runs, nothing that is fetched, nobody's styles but ours."""
    outline = _Outline(html)
    (root,) = [attributes for tag, attributes in outline.elements if tag == "html"]
    assert (root["lang"], root["dir"]) == (language, direction(language))
    assert any(attributes.get("class") == "preheader" for _, attributes in outline.elements) == preview
    assert not {tag for tag, _ in outline.elements} & FETCHES_OR_RUNS
    assert not re.search(r"url\s*\(|@import|expression\s*\(", html)
    for tag, attributes in outline.elements:
        assert not [name for name in attributes if name.startswith("on") or name in {"src", "srcset", "background"}]
        address = attributes.get("href", "https://")
        assert address.startswith(("https://", "http://", "mailto:")), f"{tag} leads to {address}"
    for tag, attributes in outline.in_body:
        assert not attributes.keys() - ALLOWED_IN_BODY, f"{tag} in the body has {attributes}"


class _Outline(HTMLParser):
    """The elements with their attributes; those of the bulletin's own body apart."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.in_body: list[tuple[str, dict[str, str]]] = []
        self._depth = 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = tag, {name: value or "" for name, value in attrs}
        self.elements.append(element)
        if self._depth:
            self.in_body.append(element)
            self._depth += tag == "div"
        elif element[1].get("class") == "body":
            self._depth = 1

    def handle_endtag(self, tag: str) -> None:
        self._depth -= bool(self._depth) and tag == "div"
