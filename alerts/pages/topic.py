"""A topic's page: what it sends, how often, the last bulletins, and the way to subscribe."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from alerts.models import Bulletin
from alerts.pages.headlines import headlines, with_headlines
from subscriptions.models import Topic

LAST = 10
QUARTER = timedelta(days=90)


@require_safe
def topic(request: HttpRequest, slug: str) -> HttpResponse:
    """Public topics only: an internal or closed one is not found."""
    found = get_object_or_404(Topic.objects.public().select_related("agency", "category"), slug=slug)
    bulletins = Bulletin.objects.published().filter(topics=found)
    context = {
        "topic": found,
        "theme_agency": found.agency,
        "recent": bulletins.filter(published_at__gt=timezone.now() - QUARTER).count(),
        "headlines": headlines(with_headlines(bulletins).newest_first()[:LAST]),
    }
    return render(request, "alerts/topic.html", context)
