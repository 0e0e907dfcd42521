"""What there are feeds of: a topic, an agency, the emergency alerts, the archive and any search of it."""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from agencies.models import Agency
from alerts.finding.archive import ALERT, Filters
from alerts.pages.archive_filters import Choices
from subscriptions.models import Topic

BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)  # of a feed that has never had an entry, and nothing else to go by


class NoSuchFeed(Exception):  # noqa: N818  named as what happened
    """The address asks for what is not there. Its text says what, in plain words and the reader's language."""


@dataclass(frozen=True, slots=True)
class Source:
    """What a feed is of. `path` is the page's, where its feeds live too; `query` is part of both addresses."""

    title: str
    description: str
    path: str
    filters: Filters
    language: str
    began: datetime
    query: str = ""


def of_topic(slug: str) -> Source:
    topic = Topic.objects.public().select_related("agency").filter(slug=slug).first()
    if topic is None:
        raise Http404
    return Source(
        title=f"{topic.local_name} – {topic.agency.local_name}",
        description=topic.local_description,
        path=topic.get_absolute_url(),
        filters=Filters(topic=topic),
        language=topic.agency.default_language,
        began=topic.created_at,
    )


def of_agency(slug: str) -> Source:
    agency = Agency.objects.filter(slug=slug).first()
    if agency is None:
        raise Http404
    return Source(
        title=agency.local_name,
        description=agency.local_description,
        path=agency.get_absolute_url(),
        filters=Filters(agency=agency),
        language=agency.default_language,
        began=agency.created_at,
    )


def of_alerts() -> Source:
    return Source(
        title=_("Emergency alerts – %s") % settings.SERVICE_NAME,
        description=_("Every emergency alert, update and cancel. Tests and exercises say that they are."),
        path=reverse("alerts"),
        filters=Filters(kind=ALERT),
        language=settings.LANGUAGE_CODE,
        began=BEGINNING,
    )


def of_archive(request: HttpRequest) -> Source:
    """Everything, or what a search of the archive finds with the same words and filters as on its page.

    Raises NoSuchFeed for a filter that names nothing: the feed without it has more than was asked for, and a reader
    that polls it for years never says so.
    """
    choices = Choices(request)
    if problems := _unknown(choices):
        way_out = _("Search in %(address)s and copy the address of the feed from the end of that page.")
        archive = {"address": settings.SITE_URL + reverse("archive")}
        raise NoSuchFeed("\n".join([_("There is no such feed."), *problems, way_out % archive]))
    filters = [_("%(label)s: %(value)s") % {"label": one.label, "value": one.value} for one in choices.applied]
    named = [choices.filters.words, *filters]
    about = " · ".join(filter(None, named)) or _("All bulletins")
    return Source(
        title=f"{about} – {settings.SERVICE_NAME}",
        description=_("What was published, the newest first."),
        path=reverse("archive"),
        filters=choices.filters,
        language=choices.filters.language or settings.LANGUAGE_CODE,
        began=BEGINNING,
        query=choices.query,
    )


def _unknown(choices: Choices) -> list[str]:
    problems = [f"{one.name}={one.value} – {one.sentence}" for one in choices.unknown]
    if choices.found_places:
        said = _("“%(name)s” may be several places. Name one by its code: area=%(code)s.")
        said %= {"name": choices.place, "code": choices.found_places[0].code}
        problems.append(f"place={choices.place} – {said}")
    elif choices.place:
        said = _("No place is called “%(name)s”.") % {"name": choices.place}
        problems.append(f"place={choices.place} – {said}")
    return problems
