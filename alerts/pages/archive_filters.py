"""The archive's filters: read from the query string, offered as choices, and shown so that each can be taken off."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, QueryDict
from django.utils import formats
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from agencies.models import Agency
from alerts.finding.archive import ALERT, BULLETIN, Filters
from alerts.pages.query import text_of
from govnotify.lib.languages import language_name
from subscriptions.models import Place, Topic, Tree
from subscriptions.models.place import folded
from subscriptions.pages.place_picker import SHOWN, PlaceLine, with_surroundings

MOST_OFFERED = 300  # agencies, and topics of one agency; a list that is longer is of no use
DAYS = ("since", "until")
NAMED = ("slug", "name", "translations")  # what a choice shows of an agency


@dataclass(frozen=True, slots=True)
class Applied:
    """A filter that is on, in words, and the query that is left without it."""

    label: str
    value: str
    rest: QueryDict


@dataclass(frozen=True, slots=True)
class Unknown:
    """A filter whose value names nothing: a sentence that says so, the field to put it right, the query without it."""

    name: str
    value: str
    label: str
    sentence: str
    field: str
    rest: QueryDict


class Choices:
    """What a request asks for, and what it could ask for. Values that name nothing are `unknown`."""

    def __init__(self, request: HttpRequest) -> None:
        self._request, self._query = request, request.GET
        public = Topic.objects.filter(is_public=True)
        self.place = text_of(request, "place")
        self.found_places = self._found_places()
        area = self._area(text_of(request, "area"))
        self.filters = Filters(
            words=text_of(request, "q"),
            agency=Agency.objects.filter(slug=text_of(request, "agency")).first()
            if request.GET.get("agency")
            else None,
            category=self.tree.branch(text_of(request, "category")) if request.GET.get("category") else None,
            topic=public.filter(slug=text_of(request, "topic")).first() if request.GET.get("topic") else None,
            since=_day(text_of(request, "since")),
            until=_day(text_of(request, "until")),
            language=_one_of(self.languages, text_of(request, "language")),
            kind=_one_of(self.kinds, text_of(request, "kind")),
            area=area,
            narrow=area is not None and text_of(request, "narrow") == "1",
        )
        if area:
            self.place, self.found_places = "", []

    @cached_property
    def tree(self) -> Tree:
        return Tree(Topic.objects.public())

    @property
    def query(self) -> str:
        """The filters as a query string: without what names nothing, and where a page begins."""
        on = self.filters
        asked = {
            "q": on.words,
            "agency": on.agency and on.agency.slug,
            "topic": on.topic and on.topic.slug,
            "category": on.category and on.category.category.slug,
            "area": on.area and on.area.code,
            "narrow": on.narrow and "1",
            "since": on.since,
            "until": on.until,
            "language": on.language,
            "kind": on.kind,
        }
        return urlencode({name: value for name, value in asked.items() if value})

    @property
    def places_offered(self) -> bool:
        """Whether there is a register to look into."""
        return bool(self.filters.area or self.found_places) or Place.objects.open().exists()

    @property
    def place_lines(self) -> list[PlaceLine]:
        """What the name of a place could mean, where that is more than one."""
        return with_surroundings(self.found_places[:SHOWN])

    def area_query(self) -> QueryDict:
        """The query to which a place that was found is added."""
        return self._without("area")

    def wider_or_narrower(self) -> QueryDict:
        """The query with what is about everywhere where it was without, and the other way round."""
        changed = self._without("narrow")
        if not self.filters.narrow:
            changed["narrow"] = "1"
        return changed

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
        offered = list(Agency.objects.filter(Exists(topics)).only(*NAMED).order_by("name")[:MOST_OFFERED])
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
        said = self._in_words().items()
        return [Applied(label, str(value), self._without(name)) for name, (label, value) in said if value]

    @property
    def unknown(self) -> list[Unknown]:
        """Without them more would be found than was asked for. A place that was typed is a search of its own."""
        asked = [(name, label) for name, (label, value) in self._in_words().items() if not value]
        return [
            Unknown(name, value, label, _unknown(name, label, value), self._field(name), self._without(name))
            for name, label in asked
            if (value := text_of(self._request, name)) and not (name == "area" and self.place)
        ]

    def _in_words(self) -> dict[str, tuple[str, object]]:
        """The label of each filter, and what it is set to; nothing where that is empty."""
        on = self.filters
        return {
            "agency": (_("Agency"), on.agency and on.agency.local_name),
            "category": (_("Subject"), on.category and on.category.category.local_name),
            "topic": (_("Topic"), on.topic and on.topic.local_name),
            "area": (_("Place"), on.area and on.area.local_name),
            "since": (pgettext("the first day", "From"), on.since and formats.date_format(on.since)),
            "until": (pgettext("the last day", "Until"), on.until and formats.date_format(on.until)),
            "language": (_("Language"), on.language and language_name(on.language)),
            "kind": (_("Kind"), dict(self.kinds).get(on.kind)),
        }

    def _field(self, name: str) -> str:
        """Where on the page it is chosen. Topics are offered with their agency alone, places from a register."""
        if name == "topic":
            return "topic" if self.topics else "agency"
        if name == "area":
            return "place" if self.places_offered else "q"
        return name

    def _without(self, name: str) -> QueryDict:
        rest = self._query.copy()
        for gone in (name, "older", "newer", *(["place", "narrow"] if name == "area" else [])):
            rest.pop(gone, None)
        return rest

    def _found_places(self) -> list[Place]:
        return list(Place.objects.open().search(self.place)[: SHOWN + 1]) if self.place else []

    def _area(self, code: str) -> Place | None:
        """The one that was chosen; where a name was typed, the only one that was found or that is called just so."""
        if not self.place:
            return Place.objects.filter(code=code).first() if code else None
        named = [one for one in self.found_places if folded(self.place) in {folded(one.name), folded(one.local_name)}]
        return next((found[0] for found in (self.found_places, named) if len(found) == 1), None)


def _unknown(name: str, label: str, value: str) -> str:
    said = {"label": label, "value": value}
    if name in DAYS:
        return _("%(label)s: “%(value)s” is not a date. Write it like 2026-03-01.") % said
    return _("%(label)s: we do not know “%(value)s”.") % said


def _one_of(choices: list[tuple[str, str]], value: str) -> str:
    return value if value in dict(choices) else ""


def _day(text: str) -> date | None:
    """A day as browsers send it, 2026-03-01."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
