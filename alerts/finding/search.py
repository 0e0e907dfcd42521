"""Finding topics, agencies and bulletins by what somebody typed, in any of the languages, also mistyped.

The rules for words are PostgreSQL functions (migration `search`): texts and typed words go through the same ones.
"""

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db.models import F, QuerySet

from agencies.models import Agency
from alerts.models import ArchiveEntry
from govnotify.lib.database import query
from subscriptions.models import Topic

FEW = 10_000  # bulletins


class Typed(SearchQuery):
    """All of the words, the last one as far as it was typed; further ones than eight are left out."""

    SEARCH_TYPES = SearchQuery.SEARCH_TYPES | {"plain": "search_query"}


def topics_about(words: str) -> QuerySet[Topic]:
    """Public topics, the best first: a name counts more than a subject's, then descriptions, then the agency's."""
    found = Topic.objects.public().filter(entry__words=Typed(words))
    return found.order_by(SearchRank(F("entry__words"), Typed(words)).desc(), "-entry__followers", "name", "pk")


def agencies_about(words: str) -> QuerySet[Agency]:
    """Agencies, the best first."""
    found = Agency.objects.filter(entry__words=Typed(words))
    return found.order_by(SearchRank(F("entry__words"), Typed(words)).desc(), "name", "pk")


def entries_about(words: str) -> QuerySet[ArchiveEntry]:
    """What was said with these words, in any variant of a bulletin; in no order yet.

    Few of them are named by their ids, from the index of words; where there are many, whoever reads them by date soon
    comes upon the next. Left to the planner, a page about a word that nobody used took 0.9 s of 500,000 bulletins.
    """
    [(ids,)] = query("SELECT search_bulletins(%(words)s, %(most)s)", {"words": words, "most": FEW + 1})
    return (
        ArchiveEntry.objects.filter(words=Typed(words)) if len(ids) > FEW else ArchiveEntry.objects.filter(pk__in=ids)
    )


def corrected(words: str, *, even_known: bool = False) -> str:
    """The words with each that stands nowhere replaced by the most similar one that does; "" where that is the same.

    With `even_known` a word that stands somewhere is replaced, too: for a search that found little.
    """
    values = {"words": words, "even_known": even_known}
    [(plain, better)] = query("SELECT search_plain(%(words)s), search_correct(%(words)s, %(even_known)s)", values)
    return "" if better is None or better == plain else str(better)
