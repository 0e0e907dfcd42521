"""Fragments of HTML as trees, for the steps that need to move things and not only to drop them."""

from lxml import html as lxml_html


def parse_fragment(html: str) -> lxml_html.HtmlElement:
    """A `div` around the fragment. Nothing is loaded: lxml's HTML parser has no network and no entities of its own."""
    return lxml_html.fragment_fromstring(html, create_parent="div")


def inner_html(element: lxml_html.HtmlElement) -> str:
    """The fragment back, without the `div`."""
    outer: str = lxml_html.tostring(element, encoding="unicode", with_tail=False)
    return outer.removeprefix("<div>").removesuffix("</div>")
