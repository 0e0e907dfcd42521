"""A bulletin on the web: the same words as the mail, in each of its languages."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from alerts.models import Bulletin
from alerts.pages.query import text_of
from alerts.pages.standing import is_over, successor
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
    versions = {"bulletin": found, "theme_agency": found.agency, "newest": newest if newest != found else None}
    if found.status == Bulletin.Status.WITHDRAWN:
        return render(request, "alerts/withdrawn.html", versions, status=410)
    alert = found.alert if found.is_alert else None
    context = versions | {
        "variant": found.variant_for(text_of(request, "lang") or get_language() or ""),
        "variants": sorted(found.variants.all(), key=lambda variant: variant.language),
        "topics": Topic.objects.public().filter(bulletins=found),
        "alert": alert,
        "successor": successor(alert) if alert else None,
        "is_over": alert is not None and is_over(alert),
    }
    return render(request, "alerts/bulletin.html", context)
