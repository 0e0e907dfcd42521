"""The archive's filters: read from the query string, offered as choices, and shown so that each can be taken off."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, QueryDict
from django.utils import formats
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from agencies.models import Agency
from alerts.finding.archive import ALERT, BULLETIN, Filters
from alerts.pages.query import text_of
from govnotify.lib.languages import language_name
from subscriptions.models import Topic, Tree

MOST_OFFERED = 300  # agencies, and topics of one agency; a list that is longer is of no use


@dataclass(frozen=True, slots=True)
class Applied:
    """A filter that is on, in words, and the query that is left without it."""

    label: str
    value: str
    rest: QueryDict


class Choices:
    """What a request asks for, and what it could ask for. Values that name nothing are left out."""

    def __init__(self, request: HttpRequest) -> None:
        self._query = request.GET
        self.tree = Tree(Topic.objects.public())
        public = Topic.objects.filter(is_public=True)
        self.filters = Filters(
            words=text_of(request, "q"),
            agency=Agency.objects.filter(slug=text_of(request, "agency")).first()
            if request.GET.get("agency")
            else None,
            category=self.tree.branch(text_of(request, "category")),
            topic=public.filter(slug=text_of(request, "topic")).first() if request.GET.get("topic") else None,
            since=_day(text_of(request, "since")),
            until=_day(text_of(request, "until")),
            language=_one_of(self.languages, text_of(request, "language")),
            kind=_one_of(self.kinds, text_of(request, "kind")),
        )

    @property
    def languages(self) -> list[tuple[str, str]]:
        return [(tag, language_name(tag)) for tag, _english in settings.BULLETIN_LANGUAGES]

    @property
    def kinds(self) -> list[tuple[str, str]]:
        return [(BULLETIN, _("Bulletins")), (ALERT, _("Emergency alerts"))]

    @cached_property
    def agencies(self) -> list[Agency]:
        """Those with public topics, and the one that is chosen."""
        topics = Topic.objects.filter(agency=OuterRef("pk"), is_public=True)
        offered = list(Agency.objects.filter(Exists(topics)).order_by("name")[:MOST_OFFERED])
        chosen = self.filters.agency
        return [*offered, chosen] if chosen and chosen not in offered else offered

    @cached_property
    def topics(self) -> list[Topic]:
        """Those of the agency that is chosen."""
        agency = self.filters.agency
        return list(Topic.objects.filter(is_public=True, agency=agency)[:MOST_OFFERED]) if agency else []

    @property
    def categories(self) -> Iterator[tuple[str, str]]:
        """Each slug with its name, moved in as deep as it lies in the tree."""
        for root in self.tree.filled():
            for branch in root.below():
                if branch.topics:
                    yield branch.category.slug, "— " * len(branch.above()) + branch.category.local_name

    @property
    def applied(self) -> list[Applied]:
        on = self.filters
        found = {
            "agency": (_("Agency"), on.agency and on.agency.local_name),
            "category": (_("Subject"), on.category and on.category.category.local_name),
            "topic": (_("Topic"), on.topic and on.topic.local_name),
            "since": (_("From"), on.since and formats.date_format(on.since)),
            "until": (_("Until"), on.until and formats.date_format(on.until)),
            "language": (_("Language"), on.language and language_name(on.language)),
            "kind": (_("Kind"), dict(self.kinds).get(on.kind)),
        }
        return [Applied(label, value, self._without(name)) for name, (label, value) in found.items() if value]

    def _without(self, name: str) -> QueryDict:
        rest = self._query.copy()
        for gone in (name, "older", "newer"):
            rest.pop(gone, None)
        return rest


def _one_of(choices: list[tuple[str, str]], value: str) -> str:
    return value if value in dict(choices) else ""


def _day(text: str) -> date | None:
    """A day as browsers send it, 2026-03-01."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
