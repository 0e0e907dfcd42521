"""An agency's page: its topics, to choose from, and its last bulletins."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from agencies.models import Agency
from alerts.models import Bulletin
from alerts.pages.headlines import headlines, with_headlines
from subscriptions.models import Topic

LAST = 5


@require_safe
def agency(request: HttpRequest, slug: str) -> HttpResponse:
    """What it sends; internal topics are not mentioned."""
    found = get_object_or_404(Agency, slug=slug)
    last = with_headlines(Bulletin.objects.published().filter(agency=found)).newest_first()[:LAST]
    context = {
        "theme_agency": found,
        "topics": Topic.objects.public().filter(agency=found),
        "headlines": headlines(last),
    }
    return render(request, "alerts/agency.html", context)
