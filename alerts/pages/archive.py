"""Everything that was published, with a search and filters."""

from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from alerts.finding.archive import MOST_COUNTED, Filters, Part, counted, entries, in_order, part
from alerts.finding.search import corrected
from alerts.models import Bulletin
from alerts.pages.archive_filters import Choices
from alerts.pages.headlines import headlines, with_headlines
from alerts.pages.query import text_of

PER_PAGE = 20
NOTHING = Part([], None, None), 0


@require_safe
def archive(request: HttpRequest) -> HttpResponse:
    """Newest first; `q` finds words in any of the languages, `older` and `newer` name the bulletin a page begins at.

    Where a filter names nothing, nothing is shown: everything would look as if it were what was asked for.
    """
    choices = Choices(request)
    asked, better = choices.filters, ""
    is_clear = not (unknown := choices.unknown) and not choices.place
    page, number = _read(request, asked) if is_clear else NOTHING
    if is_clear and asked.words and not page.bulletins and (better := corrected(asked.words)):
        page, number = _read(request, replace(asked, words=better))
    context = {
        "words": asked.words,
        "better": better if page.bulletins else "",
        "choices": choices,
        "unknown": unknown,
        "is_clear": is_clear,
        "part": page,
        "number": min(number, MOST_COUNTED),
        "is_more": number > MOST_COUNTED,
        "is_narrowed": bool(asked.words or choices.applied or not is_clear or page.newer),
        "feeds_query": f"?{choices.query}" if choices.query else "",
        "headlines": headlines(in_order(page.bulletins, with_headlines(Bulletin.objects.all()))),
    }
    return render(request, "alerts/archive.html", context, status=404 if unknown else 200)


def _read(request: HttpRequest, filters: Filters) -> tuple[Part, int]:
    """A page, and how many bulletins there are on all of them."""
    found = entries(filters)
    page = part(found, PER_PAGE, older=text_of(request, "older"), newer=text_of(request, "newer"))
    return page, counted(found) if page.newer or page.older else len(page.bulletins)
