"""The parts of the look that a template can't say by itself."""

import re
from collections.abc import Sequence

from django import template
from django.conf import settings
from django.template import Context
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from channels.markup.colour import contrast
from govnotify.lib import languages, listing
from govnotify.lib.page_language import PARAMETER, address_in
from govnotify.lib.public import is_for_readers

register = template.Library()
register.filter("direction", languages.direction)

_HEX = re.compile(r"#[0-9a-fA-F]{6}")
_DARK, _LIGHT = "#000000", "#ffffff"


@register.filter
def endonym(tag: str) -> str:
    """A language's own name, with a capital: it stands alone, on a button or before a text. `español` is Español."""
    name = languages.language_name(tag)
    return name[:1].upper() + name[1:]


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


@register.simple_tag(takes_context=True)
def page_address(context: Context) -> str:
    """The page's own, without its language: where the switch of languages leads back to."""
    return address_in(context["request"], "")


@register.simple_tag(takes_context=True)
def alternates(context: Context) -> SafeString:
    """Links to a public page in each of our languages (hreflang), for search engines; none on results of a search."""
    request = context.get("request")
    if request is None or not is_for_readers(request) or set(request.GET) - {PARAMETER}:
        return SafeString()
    languages = [("x-default", ""), *((tag, tag) for tag, _name in settings.LANGUAGES)]
    return format_html_join(
        "\n",
        '<link rel="alternate" hreflang="{}" href="{}{}">',
        ((named, settings.SITE_URL, address_in(request, tag)) for named, tag in languages),
    )


@register.filter
def ink_on(colour: str) -> str:
    """Black or white, whichever reads better on the colour: at least 4.58:1 (WCAG 2.2, 1.4.3)."""
    return max(_LIGHT, _DARK, key=lambda ink: contrast(colour, ink))


@register.filter
def listed(things: Sequence[object], name: str = "") -> str:
    """Names in a row, as the language writes it; of objects those that the attribute has."""
    return listing.listed([str(getattr(one, name)) if name else str(one) for one in things])


@register.filter
def listed_apart(names: Sequence[str]) -> str:
    """The same, where names can have commas of their own."""
    return listing.listed_apart(names)


@register.filter
def scrollable_tables(safe_html: str) -> SafeString:
    """Sanitised HTML with each table in a box that scrolls by itself, also by keyboard (WCAG 2.2, 1.4.10 and 2.1.1)."""
    box = format_html('<div class="table-scroll" role="group" tabindex="0" aria-label="{}">', _("Table"))
    boxed = safe_html.replace("<table", f"{box}<table").replace("</table>", "</table></div>")
    return mark_safe(boxed)  # noqa: S308  nothing but the box was added to what had been sanitised
