"""The parts of the look that a template can't say by itself."""

import re

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from channels.markup.colour import contrast
from govnotify.lib import languages

register = template.Library()
register.filter("direction", languages.direction)
register.filter("endonym", languages.language_name)

_HEX = re.compile(r"#[0-9a-fA-F]{6}")
_DARK, _LIGHT = "#000000", "#ffffff"


@register.simple_tag
def theme_sheet(colour: str) -> SafeString:
    """The link to the stylesheet by which an agency's colour, `#rrggbb`, themes a page; "" for anything else."""
    if not _HEX.fullmatch(colour):
        return SafeString()
    return format_html('<link rel="stylesheet" href="{}">', reverse("theme", args=[colour[1:].lower()]))


def agency_theme(colour: str) -> str:
    """The custom properties that this stylesheet sets; "" for anything else than `#rrggbb`."""
    if not _HEX.fullmatch(colour):
        return ""
    return f":root{{--agency:{colour};--agency-ink:{ink_on(colour.lower())}}}"


@register.filter
def ink_on(colour: str) -> str:
    """Black or white, whichever reads better on the colour: at least 4.58:1 (WCAG 2.2, 1.4.3)."""
    return max(_LIGHT, _DARK, key=lambda ink: contrast(colour, ink))


@register.filter
def scrollable_tables(safe_html: str) -> SafeString:
    """Sanitised HTML with each table in a box that scrolls by itself, also by keyboard (WCAG 2.2, 1.4.10 and 2.1.1)."""
    box = format_html('<div class="table-scroll" role="group" tabindex="0" aria-label="{}">', _("Table"))
    boxed = safe_html.replace("<table", f"{box}<table").replace("</table>", "</table></div>")
    return mark_safe(boxed)  # noqa: S308  nothing but the box was added to what had been sanitised
