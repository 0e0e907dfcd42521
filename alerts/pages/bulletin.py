"""A bulletin on the web: the same words as the mail, in each of its languages."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from alerts.exporting import cap_document
from alerts.models import Bulletin
from alerts.pages.metadata import addresses, structured_data
from alerts.pages.query import text_of
from alerts.pages.standing import is_over, successor
from govnotify.lib.languages import language_in_words, same_language
from subscriptions.models import Topic


@require_safe
def bulletin(request: HttpRequest, bulletin_id: int) -> HttpResponse:
    """`lang` chooses the language. What was withdrawn says so, with status 410; corrections are linked both ways."""
    public = Bulletin.objects.filter(topics__is_public=True).distinct()
    shown = public.filter(status__in=(Bulletin.Status.PUBLISHED, Bulletin.Status.WITHDRAWN))
    found = get_object_or_404(
        shown.select_related("agency", "alert", "corrects").prefetch_related("variants"), pk=bulletin_id
    )
    newest = found.newest()
    with timezone.override(found.agency.zone):
        return _page(request, found, newest)


def in_language(path: str, request: HttpRequest) -> str:
    """The path with the language that the request asks for."""
    lang = text_of(request, "lang")
    return f"{path}?{urlencode({'lang': lang})}" if lang else path


def _page(request: HttpRequest, found: Bulletin, newest: Bulletin) -> HttpResponse:
    """With its times as the agency's clocks show them: the page is the same for everybody."""
    versions = {"bulletin": found, "theme_agency": found.agency, "newest": newest if newest != found else None}
    if found.status == Bulletin.Status.WITHDRAWN:
        return render(request, "alerts/withdrawn.html", versions, status=410)
    topics = list(Topic.objects.public().filter(bulletins=found))
    return render(request, "alerts/bulletin.html", versions | {"topics": topics} | _words(request, found, newest))


def _words(request: HttpRequest, found: Bulletin, newest: Bulletin) -> dict[str, object]:
    """The variant to show, the others, and what there is to say to machines."""
    lang = text_of(request, "lang")
    wanted = lang or get_language() or ""
    variant = found.variant_for(wanted)
    variants = sorted(found.variants.all(), key=lambda one: one.language)
    alert = found.alert if found.is_alert else None
    later = successor(alert) if alert else None
    links = addresses(found, variants, lang)
    correction = newest if newest != found else None
    return links | {
        "variant": variant,
        "variants": variants,
        "not_in": language_in_words(wanted) if variant and not same_language(variant.language, wanted) else "",
        "shown_in": language_in_words(variant.language) or variant.language if variant else "",
        "alert": alert,
        "successor": later,
        "is_over": alert is not None and (later is not None or is_over(alert)),
        "cap": reverse("alert_cap", args=[found.pk]) if alert and cap_document(alert) is not None else "",
        "structured_data": structured_data(found, variant, links["canonical"], later, correction) if variant else "",
    }
