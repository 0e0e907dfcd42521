"""Bodies to safe HTML: Markdown or HTML in, an allow-list of elements out."""

import re
from typing import Literal

import nh3
from markdown_it import MarkdownIt

from channels.markup.bare_links import link_bare_urls
from channels.markup.elements import TAGS

BodyFormat = Literal["markdown", "html"]

# Elements whose content is not text for people go with their content; all others leave their content behind.
_DROPPED_WHOLE = frozenset(
    ("script", "style", "template", "title", "noscript", "iframe", "object", "embed", "svg", "math")
) | frozenset(("textarea", "select", "button"))
_ATTRIBUTES = {
    "*": {"lang", "dir"},
    "a": {"href"},
    "img": {"src", "alt"},
    "abbr": {"title"},
    "ol": {"start"},
    "th": {"scope", "colspan", "rowspan"},
    "td": {"colspan", "rowspan"},
}
_SCHEMES = {"http", "https", "mailto"}
MAX_BODY = 200_000  # characters; webmail cuts a mail off at about 100 kB
_MAX_DEPTH = 100  # of elements in each other; lxml cuts off what is deeper than 256
_TAG = re.compile(r"<(/?)([a-z0-9]+)")
_VOID = frozenset(("br", "hr", "img"))
# What no text needs and XML forbids (lxml refuses it), typed or written as a reference like &#31;.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_EMPTY_LINK = re.compile(r"<a\b[^>]*>\s*</a>")  # what is left of a linked icon: a screen reader would read out its URL
_H1 = re.compile(r"<(/?)h1(?=[ >])")

_markdown = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
_markdown.core.ruler.push("bare_links", link_bare_urls)


class BadMarkup(ValueError):  # noqa: N818  named as what happened
    """A body too long or too deeply nested to be worked on, broken or hostile. The message is for an editor."""


def to_safe_html(body: str, body_format: BodyFormat, *, base_url: str = "") -> str:
    """A fragment of safe HTML for pages: no scripts, styles, ids or classes; links and images to http(s) only (links
    also mailto), with rel="noopener noreferrer".

    Relative URLs are resolved against `base_url`, or dropped without one: a mail has no page that they could be
    relative to. A first-level heading becomes a second-level one, as the title is the first. Raises BadMarkup.
    """
    if len(body) > MAX_BODY:
        raise BadMarkup(f"The text has {len(body):,} characters, at most {MAX_BODY:,} are possible.")
    html = _markdown.render(body) if body_format == "markdown" else body
    safe = clean(html, TAGS, base_url=base_url)
    if _depth(safe) > _MAX_DEPTH:
        raise BadMarkup(f"Elements are nested more than {_MAX_DEPTH} deep. Paste the text without formatting.")
    return safe


def clean(
    html: str,
    tags: frozenset[str],
    *,
    base_url: str = "",
    link_rel: str | None = "noopener noreferrer",
) -> str:
    """The allow-list itself. Whatever is done to HTML afterwards ends with another call of this."""
    cleaned = nh3.clean(
        _CONTROLS.sub("", html),
        tags=tags,
        clean_content_tags=_DROPPED_WHOLE,
        attributes={tag: names for tag, names in _ATTRIBUTES.items() if tag == "*" or tag in tags},
        url_schemes=_SCHEMES,
        url_relative=("rewrite_with_base", base_url) if base_url else "deny",
        link_rel=link_rel,
    )
    named = _EMPTY_LINK.sub("", _CONTROLS.sub("", cleaned))
    return _H1.sub(r"<\1h2", named).strip()


def _depth(html: str) -> int:
    """How deep elements are nested in what nh3 wrote, where every element that isn't void is closed."""
    depth = deepest = 0
    for closing, tag in _TAG.findall(html):
        if tag not in _VOID:
            depth += -1 if closing else 1
            deepest = max(deepest, depth)
    return deepest
