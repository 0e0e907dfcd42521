"""Emergencies: those that stand now, and those that are over."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from alerts.models import Alert, Bulletin
from alerts.pages.headlines import Headline, headlines, with_headlines, with_places
from alerts.pages.standing import standing_alerts, their_bulletins

PAST_PER_PAGE = 20
MOST_STANDING = 100


@require_safe
def alerts(request: HttpRequest) -> HttpResponse:
    """Tests and exercises are among them, and say that they are."""
    standing = list(standing_alerts().values_list("pk", flat=True))
    now = with_places(with_headlines(Bulletin.objects.filter(pk__in=standing))).newest_first()
    past = their_bulletins().exclude(pk__in=standing)
    page = Paginator(with_places(with_headlines(past)).newest_first(), PAST_PER_PAGE).get_page(request.GET.get("page"))
    context = {"standing": sorted(headlines(now[:MOST_STANDING]), key=_is_test), "past": headlines(page), "page": page}
    return render(request, "alerts/alerts.html", context)


def _is_test(headline: Headline) -> bool:
    return headline.bulletin.alert.status != Alert.Status.ACTUAL
