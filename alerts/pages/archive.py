"""Everything that was published, with a search."""

from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from alerts.models import Bulletin, BulletinVariant
from alerts.models.bulletin import BulletinQuerySet
from alerts.pages.headlines import headlines, with_headlines
from alerts.pages.query import text_of

PER_PAGE = 20
MOST_WORDS = 8


@require_safe
def archive(request: HttpRequest) -> HttpResponse:
    """Newest first; `q` finds words in titles, summaries and agencies' names, in any of the languages."""
    words = text_of(request, "q")
    found = with_headlines(_search(Bulletin.objects.published(), words)).newest_first()
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {"words": words, "page": page, "headlines": headlines(page)}
    return render(request, "alerts/archive.html", context)


def _search(bulletins: BulletinQuerySet, words: str) -> BulletinQuerySet:
    for word in words.split()[:MOST_WORDS]:
        said = BulletinVariant.objects.filter(
            Q(title__icontains=word) | Q(summary__icontains=word), bulletin=OuterRef("pk")
        )
        bulletins = bulletins.filter(Exists(said) | Q(agency__name__icontains=word))
    return bulletins
