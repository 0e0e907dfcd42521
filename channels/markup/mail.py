"""HTML for mail: without images, with its styles on the elements."""

import css_inline

from channels.markup.elements import TAGS
from channels.markup.safe import clean
from channels.markup.tree import inner_html, parse_fragment

_MAIL_TAGS = TAGS - {"img"}

# Remote style sheets and files stay unread: a template has its styles in a <style> element. At-rules stay there, as
# dark mode and narrow screens can't be written on an element.
_inliner = css_inline.CSSInliner(keep_style_tags=False, keep_at_rules=True, load_remote_stylesheets=False)


def to_mail_html(html: str) -> str:
    """Safe HTML (from to_safe_html) as it stands in a mail: an image is replaced by its alternative text in brackets.

    So nothing is missing where images are blocked, and no server learns who opened the mail.
    """
    if "<img" not in html:
        return clean(html, _MAIL_TAGS)
    root = parse_fragment(html)
    for image in list(root.iter("img")):
        alt = " ".join((image.get("alt") or "").split())
        image.tail = (f"[{alt}]" if alt else "") + (image.tail or "")
        image.drop_tree()
    return clean(inner_html(root), _MAIL_TAGS)


def inline_styles(html: str) -> str:
    """A whole rendered HTML mail with the rules of its <style> on the elements; @media rules stay in <style>."""
    return _inliner.inline(html)
