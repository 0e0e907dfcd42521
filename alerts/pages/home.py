"""The first page: what do you want to hear about? Search, browse, choose several, go on."""

from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from agencies.models import Agency
from alerts.models import Bulletin
from alerts.pages.headlines import Headline, headlines, with_headlines
from alerts.pages.query import text_of
from alerts.pages.standing import real, standing_alerts
from subscriptions.models import Topic
from subscriptions.pages.subscribe_form import chosen_topics

TOPICS_PER_PAGE = 30
AGENCIES = 60
AGENCIES_FOUND = 5
BANNERS = 3


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Results for `q` or `category`, otherwise agencies and categories. Topics that are ticked stay ticked."""
    words, category = text_of(request, "q"), text_of(request, "category")
    chosen = chosen_topics(request.GET)
    context = {
        "words": words,
        "category": category,
        "chosen": chosen,
        "emergencies": _emergencies(),
        "categories": _categories(),
    }
    if words or category:
        context["page"] = Paginator(_found(words, category, chosen), TOPICS_PER_PAGE).get_page(request.GET.get("page"))
        context["agencies"] = _agencies(Agency.objects.search(words))[:AGENCIES_FOUND] if words else []
    else:
        context["agencies"] = _agencies(Agency.objects.all())[:AGENCIES]
    return render(request, "alerts/home.html", context)


def _found(words: str, category: str, chosen: list[Topic]) -> QuerySet[Topic]:
    found = Topic.objects.public().exclude(pk__in=[topic.pk for topic in chosen])
    if words:
        found = found.search(words)
    if category:
        found = found.filter(category=category)
    return found.select_related("agency").order_by("name", "pk")


def _agencies(among: QuerySet[Agency]) -> QuerySet[Agency, Any]:
    """Those with something to subscribe to, and how many topics they have."""
    public = Q(topics__is_public=True, topics__closed_at=None)
    counted = Agency.objects.filter(pk__in=among.values("pk")).annotate(topic_count=Count("topics", filter=public))
    return counted.filter(topic_count__gt=0).order_by("name")


def _categories() -> QuerySet[Any, Any]:
    named = Topic.objects.public().exclude(category="")
    return named.order_by("category").values("category").annotate(topic_count=Count("pk"))


def _emergencies() -> list[Headline]:
    standing = real(standing_alerts()).values("pk")[:BANNERS]
    return headlines(with_headlines(Bulletin.objects.filter(pk__in=standing)).newest_first())
