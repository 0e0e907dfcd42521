"""An agency's colour as a stylesheet of its own: a page with no style in it needs no nonce, and is everybody's."""

import re

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from govnotify.lib.public import DAILY, public
from govnotify.templatetags.design import agency_theme

_COLOUR = re.compile(r"[0-9a-f]{6}")


@public(DAILY)
@require_safe
def theme(request: HttpRequest, colour: str) -> HttpResponse:
    """The two custom properties of `rrggbb`."""
    if not _COLOUR.fullmatch(colour):
        raise Http404
    return HttpResponse(agency_theme(f"#{colour}"), content_type="text/css; charset=utf-8")
