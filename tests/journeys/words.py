"""What a person reads in HTML or in a text mail, found without any code of the platform's own."""

import re
from html.parser import HTMLParser

INLINE = {"a", "abbr", "b", "strong", "i", "em", "del", "ins", "s", "small", "sub", "sup", "cite", "code", "q", "span"}
SILENT = {"script", "style", "template", "title", "noscript", "iframe", "svg"}
RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufefc]")  # Hebrew, Arabic and their neighbours
PUNCTUATION = ".,;:!?()[]“”‘’\"'…"


class Words(HTMLParser):
    """The visible words, in their order; a block's edge ends a word."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._text: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in SILENT
        self._edge(tag)

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in SILENT
        self._edge(tag)

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._text.append(data)

    def _edge(self, tag: str) -> None:
        if tag not in INLINE:
            self._text.append(" ")

    @property
    def found(self) -> list[str]:
        return "".join(self._text).split()


def words_of(html: str) -> list[str]:
    """The words that a reader of this HTML sees."""
    parser = Words()
    parser.feed(html)
    parser.close()
    return parser.found


def missing(words: list[str], text: str) -> list[str]:
    """Those of the words that a text lacks. Marks at a word's edge may stand elsewhere: behind a link's address."""
    have = set(text.split())
    whole = " ".join(text.split())
    return [word for word in words if word not in have and word.strip(PUNCTUATION) not in whole]


def right_to_left(words: list[str]) -> str:
    """Only the words in a right-to-left script, in their order, without the marks around them."""
    return " ".join(word.strip(PUNCTUATION) for word in words if RIGHT_TO_LEFT.search(word))
