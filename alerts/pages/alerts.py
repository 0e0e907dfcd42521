"""Emergencies: those that stand now, and those that are over."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from alerts.models import Alert, Bulletin
from alerts.pages.headlines import Headline, headlines, with_headlines
from alerts.pages.standing import public_alerts, standing_alerts

PAST_PER_PAGE = 20
MOST_STANDING = 100


@require_safe
def alerts(request: HttpRequest) -> HttpResponse:
    """Tests and exercises are among them, and say that they are."""
    standing = standing_alerts().values("pk")
    now = with_headlines(Bulletin.objects.filter(pk__in=standing)).newest_first()
    past = Bulletin.objects.filter(pk__in=public_alerts().order_by().values("pk")).exclude(pk__in=standing)
    page = Paginator(with_headlines(past).newest_first(), PAST_PER_PAGE).get_page(request.GET.get("page"))
    context = {"standing": sorted(headlines(now[:MOST_STANDING]), key=_is_test), "past": headlines(page), "page": page}
    return render(request, "alerts/alerts.html", context)


def _is_test(headline: Headline) -> bool:
    return headline.bulletin.alert.status != Alert.Status.ACTUAL
