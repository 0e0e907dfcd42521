"""An alert by its number: its CAP document, and the way to its page."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from alerts.exporting import cap_document
from alerts.pages.bulletin import in_language
from alerts.pages.standing import public_alerts
from govnotify.lib.public import PAGE, URGENT_FEED, etag_of, public

# Some of it may have come from elsewhere, and browsers render what ends in +xml: nothing in it may load or run.
_INERT = "default-src 'none'; sandbox"


@public(PAGE)
@require_safe
def alert(request: HttpRequest, pk: int) -> HttpResponse:
    """An alert's page is its bulletin's, in the language asked for."""
    found = get_object_or_404(public_alerts(), pk=pk)
    response = HttpResponse(status=301)
    response.headers["Location"] = in_language(reverse("bulletin", args=[found.pk]), request)
    return response


@public(URGENT_FEED)
@require_safe
def alert_cap(request: HttpRequest, pk: int) -> HttpResponse:
    """The CAP 1.2 document. An issued message never changes: later ones refer to it."""
    alerts = public_alerts().select_related("bulletin__agency").prefetch_related("bulletin__variants")
    document = cap_document(get_object_or_404(alerts, pk=pk))
    if document is None:
        raise Http404
    etag = etag_of(document)
    response = get_conditional_response(request, etag=etag)
    if response is None:
        response = HttpResponse(document, content_type="application/cap+xml")
    response.headers["ETag"] = etag
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Content-Security-Policy"] = _INERT
    return response
