"""The first page: what do you want to hear about? Search, browse, choose several, go on."""

from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from agencies.models import Agency
from alerts.finding import archive
from alerts.finding.popularity import popular_topics
from alerts.finding.search import agencies_about, corrected, topics_about
from alerts.models import Bulletin
from alerts.pages.headlines import Headline, headlines, with_headlines, with_places
from alerts.pages.query import text_of
from alerts.pages.standing import real, standing_alerts
from subscriptions.models import Category, Topic, Tree
from subscriptions.pages.subscribe_form import chosen_topics

TOPICS_PER_PAGE = 30
AGENCIES = 60
AGENCIES_FOUND = 5
BULLETINS_FOUND = 5
POPULAR = 8
BANNERS = 3
LITTLE = 3  # with fewer results than this, perhaps something was mistyped


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Results for `q`, otherwise popular topics, agencies and subjects. Topics that are ticked stay ticked."""
    if subject := _subject(request):
        return redirect(subject)
    words = text_of(request, "q")
    chosen = chosen_topics(request.GET)
    context = {
        "words": words,
        "chosen": chosen,
        "emergencies": _emergencies(),
        **(_search(request, words, chosen) if words else _offers(chosen)),
    }
    return render(request, "alerts/home.html", context)


def _search(request: HttpRequest, words: str, chosen: list[Topic]) -> dict[str, Any]:
    """What the words found; where that is nothing, what the nearest words found."""
    found = _found(request, words, chosen)
    if found["results"] >= LITTLE or not (better := corrected(words, even_known=bool(found["results"]))):
        return found
    instead = _found(request, better, chosen)
    if not found["results"] and instead["results"]:
        return instead | {"better": better}
    return found | {"perhaps": better if instead["results"] > found["results"] else ""}


def _found(request: HttpRequest, words: str, chosen: list[Topic]) -> dict[str, Any]:
    topics = topics_about(words).exclude(pk__in=[topic.pk for topic in chosen]).select_related("agency")
    page = Paginator(topics, TOPICS_PER_PAGE).get_page(request.GET.get("page"))
    agencies = list(_with_counts(agencies_about(words))[:AGENCIES_FOUND])
    last = archive.part(archive.entries(archive.Filters(words=words)), BULLETINS_FOUND)
    bulletins = headlines(archive.in_order(last.bulletins, with_headlines(Bulletin.objects.all())))
    return {
        "page": page,
        "agencies": agencies,
        "headlines": bulletins,
        "more_bulletins": last.older is not None,
        "results": page.paginator.count + len(agencies) + len(bulletins),
    }


def _offers(chosen: list[Topic]) -> dict[str, Any]:
    ticked = {topic.pk for topic in chosen}
    popular = popular_topics().select_related("agency")[: POPULAR + len(chosen)]
    return {
        "popular": [topic for topic in popular if topic.pk not in ticked][:POPULAR],
        "branches": Tree(Topic.objects.public()).filled(),
        "agencies": _with_counts(Agency.objects.order_by("name"))[:AGENCIES],
    }


def _with_counts(agencies: QuerySet[Agency]) -> QuerySet[Agency, Any]:
    """Those with something to subscribe to, and how many topics they have; counted for those that are shown alone."""
    topics = Topic.objects.public().order_by().filter(agency=OuterRef("pk"))
    counted = topics.values("agency").annotate(number=Count("*")).values("number")
    return agencies.filter(Exists(topics)).annotate(topic_count=Subquery(counted))


def _subject(request: HttpRequest) -> Category | None:
    """Where links to `?category=…` of the time before subjects had pages lead to."""
    name = text_of(request, "category")
    return Category.objects.filter(name=name).first() if name else None


def _emergencies() -> list[Headline]:
    standing = list(real(standing_alerts()).values_list("pk", flat=True)[:BANNERS])
    return headlines(with_places(with_headlines(Bulletin.objects.filter(pk__in=standing))).newest_first())
