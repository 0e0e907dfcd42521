"""HTML to plain text that is pleasant to read: the text part of a mail, and what screens without HTML show."""

import re
import textwrap

from lxml.html import HtmlElement

from channels.markup.elements import HEADINGS, LISTS, SECTIONS
from channels.markup.text_table import table_lines
from channels.markup.tree import parse_fragment

_BLOCKS = HEADINGS | LISTS | SECTIONS | {"table"}
_SILENT = frozenset(("script", "style", "template", "title"))
_PREFIXES = {"blockquote": "> ", "dd": "    "}
_UNDERLINES = {"h1": "=", "h2": "-", "h3": "~"}  # the title, and what stands under it
_NO_BEGINNING = HEADINGS | {"table", "pre", "figure"}  # what says little when it stands alone
_SPACE = re.compile(r"[ \t\r\n\f]+")  # not the no-break space: somebody put it there
_BREAK = "\x00"  # stands for <br> until the lines are wrapped; HTML can't have it


def to_text(html: str, *, width: int = 72) -> str:
    """Readable plain text of a fragment of HTML, without a newline at its end.

    Headings are underlined, lists marked and indented, quotations begin with ">", a link is "its text (its URL)", an
    image its alternative text in brackets; a narrow table keeps its columns, a wide one becomes "heading: cell" lines.
    Lines are wrapped at `width` characters; a word or URL that is longer stays whole.
    """
    return "\n".join(_blocks(parse_fragment(html), width))


def beginning(html: str, *, length: int) -> str:
    """The first words of the paragraphs and lists on one line, cut at a word: what stands for a text in few words."""
    root = parse_fragment(html)
    for block in list(root.iterdescendants(*_NO_BEGINNING)):
        block.drop_tree()
    for block in root.iterdescendants("br", *_BLOCKS):  # at its edges one word ends and another begins
        block.text, block.tail = f" {block.text or ''}", f" {block.tail or ''}"
    return shorten(root.text_content(), length=length)


def shorten(text: str, *, length: int) -> str:
    """The text on one line, cut at a word where it is longer."""
    words = " ".join(text.split())
    return words if len(words) <= length else words[: length - 1].rsplit(" ", 1)[0] + " …"


def _blocks(element: HtmlElement, width: int) -> list[str]:
    """The lines of an element's content: runs of text and blocks, with an empty line between them."""
    groups: list[list[str]] = []
    run = element.text or ""
    for child in element:
        if not isinstance(child.tag, str):  # a comment
            run += child.tail or ""
        elif child.tag in _BLOCKS or _has_blocks(child):
            groups += [_wrapped(run, width), _block(child, width)]
            run = child.tail or ""
        else:
            run += _inline(child) + (child.tail or "")
    groups.append(_wrapped(run, width))
    tight = element.tag == "dl" or (element.tag == "li" and element.find("p") is None)
    return _joined(groups, tight=tight)


def _block(element: HtmlElement, width: int) -> list[str]:
    tag = element.tag
    if tag in {"ul", "ol"}:
        return _list(element, width)
    if prefix := _PREFIXES.get(tag):
        return _indented(_blocks(element, width - len(prefix)), prefix, prefix)
    if tag == "pre":
        return ["    " + line for line in element.text_content().strip("\n").splitlines()]
    if tag == "hr":
        return ["-" * min(width, 20)]
    if tag == "table":
        captions = [_wrapped(_inline(caption), width) for caption in element.findall("caption")]
        return _joined([*captions, table_lines(_rows(element), width)], tight=False)
    lines = _blocks(element, width)
    if tag in _UNDERLINES and lines:
        lines.append(_UNDERLINES[tag] * min(width, max(map(len, lines))))
    if tag == "a" and lines and (url := _url(element)):  # a link around whole blocks
        lines.append(f"({url})")
    return lines


def _list(element: HtmlElement, width: int) -> list[str]:
    """Items under each other; with an empty line between them when one of them has several paragraphs."""
    start = element.get("start", "")
    number = int(start) if re.fullmatch(r"-?[0-9]{1,6}", start) else 1
    items: list[list[str]] = []
    for item in element:
        if item.tag in {"ul", "ol"}:  # not allowed there, but written
            items.append(_indented(_list(item, width - 2), "  ", "  "))
        elif isinstance(item.tag, str):
            marker = f"{number + len(items)}. " if element.tag == "ol" else "* "
            items.append(_indented(_blocks(item, width - len(marker)), marker, " " * len(marker)))
    return _joined(items, tight=all("" not in item for item in items))


def _inline(element: HtmlElement) -> str:
    """The text of an element without blocks in it."""
    if element.tag in _SILENT:
        return ""
    if element.tag == "br":
        return _BREAK
    if element.tag == "img":
        alt = (element.get("alt") or "").strip()
        return f"[{alt}]" if alt else ""
    text = element.text or ""
    for child in element:
        text += (_inline(child) if isinstance(child.tag, str) else "") + (child.tail or "")
    url = _url(element)
    if not url or _SPACE.sub(" ", text).strip() in {"", url}:
        return text
    end = len(text.rstrip())
    return f"{text[:end]} ({url}){text[end:]}"


def _url(element: HtmlElement) -> str:
    """Where a link leads; of a mailto link only the address, not the letter that it begins."""
    url: str = element.get("href") or "" if element.tag == "a" else ""
    return url.removeprefix("mailto:").partition("?")[0] if url.startswith("mailto:") else url


def _has_blocks(element: HtmlElement) -> bool:
    return any(child.tag in _BLOCKS for child in element.iterdescendants())


def _rows(table: HtmlElement) -> list[tuple[bool, list[str]]]:
    """The rows, each with whether it is a heading's, its cells on one line."""
    rows: list[tuple[bool, list[str]]] = []
    for row in table.xpath("./tr|./thead/tr|./tbody/tr|./tfoot/tr"):
        cells = [cell for cell in row if cell.tag in {"th", "td"}]
        texts = [" ".join(line for line in _blocks(cell, 10_000) if line) for cell in cells]
        rows.append((bool(cells) and all(cell.tag == "th" for cell in cells), texts))
    return rows


def _wrapped(run: str, width: int) -> list[str]:
    lines: list[str] = []
    for line in _SPACE.sub(" ", run).split(_BREAK):
        # A word is never broken: it may be a URL, and scripts without spaces have their own rules.
        lines += textwrap.wrap(line.strip(" "), max(width, 20), break_long_words=False, break_on_hyphens=False) or [""]
    text = "\n".join(lines).strip("\n")
    return text.split("\n") if text else []


def _joined(groups: list[list[str]], *, tight: bool) -> list[str]:
    lines: list[str] = []
    for group in filter(None, groups):
        if lines and not tight:
            lines.append("")
        lines += group
    return lines


def _indented(lines: list[str], first: str, others: str) -> list[str]:
    return [((others if at else first) + line).rstrip() for at, line in enumerate(lines)]
