"""HTML for mail: without images, with its styles on the elements, and not a byte more than it needs."""

import re

import css_inline

from channels.markup.elements import TAGS
from channels.markup.safe import clean
from channels.markup.tree import inner_html, parse_fragment

_MAIL_TAGS = TAGS - {"img"}
# On the table, as rules that stand on every cell would be the heaviest part of a long one.
_LINED = '<table border="1" cellpadding="6"'

# Remote style sheets and files stay unread: a template has its styles in a <style> element. At-rules stay there, as
# dark mode and narrow screens can't be written on an element.
_inliner = css_inline.CSSInliner(
    keep_style_tags=False, keep_at_rules=True, load_remote_stylesheets=False, minify_css=True
)
_STYLE = re.compile(r"(?<=<style>).*?(?=</style>)", re.DOTALL)
_BETWEEN_RULES = re.compile(r"\s*([{}:;,])\s*")


def to_mail_html(html: str) -> str:
    """Safe HTML (from to_safe_html) as it stands in a mail: an image is replaced by its alternative text in brackets.

    So nothing is missing where images are blocked, and no server learns who opened the mail. Tables have lines also
    where a mail program drops <style>.
    """
    if "<img" in html:
        html = _without_images(html)
    # A mail program opens links in its own way: rel would say nothing to it.
    return clean(html, _MAIL_TAGS, link_rel=None).replace("<table", _LINED)


def inline_styles(html: str) -> str:
    """A whole rendered HTML mail with the rules of its <style> on the elements; at-rules stay in <style>, squeezed."""
    return _STYLE.sub(lambda style: _squeezed(style[0]), _inliner.inline(html))


def _without_images(html: str) -> str:
    root = parse_fragment(html)
    for image in list(root.iter("img")):
        alt = " ".join((image.get("alt") or "").split())
        image.tail = (f"[{alt}]" if alt else "") + (image.tail or "")
        image.drop_tree()
    return inner_html(root)


def _squeezed(css: str) -> str:
    """Without the white space and last semicolons that no rule needs."""
    return _BETWEEN_RULES.sub(r"\1", " ".join(css.split())).replace(";}", "}").strip()
