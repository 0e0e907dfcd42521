"""What there are feeds of: a topic, an agency, the emergency alerts, the archive and any search of it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from agencies.models import Agency
from alerts.finding.archive import ALERT, Filters
from alerts.pages.query import text_of
from subscriptions.models import Topic

Named = TypeVar("Named", Agency, Topic)
BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)  # of a feed that has never had an entry, and nothing else to go by


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
    """Everything, or what a search of the archive finds: `q`, and the slugs `agency` and `topic`.

    What names nothing asks for nothing, as on the archive's page.
    """
    words = text_of(request, "q")
    agency = _named(Agency.objects.all(), text_of(request, "agency"))
    topic = _named(Topic.objects.public(), text_of(request, "topic"))
    named = [words, agency.local_name if agency else "", topic.local_name if topic else ""]
    about = " · ".join(filter(None, named)) or _("All bulletins")
    asked = {"q": words, "agency": agency.slug if agency else "", "topic": topic.slug if topic else ""}
    return Source(
        title=f"{about} – {settings.SERVICE_NAME}",
        description=_("What was published, the newest first."),
        path=reverse("archive"),
        filters=Filters(words=words, agency=agency, topic=topic),
        language=settings.LANGUAGE_CODE,
        began=BEGINNING,
        query=urlencode({name: value for name, value in asked.items() if value}),
    )


def _named(among: QuerySet[Named], slug: str) -> Named | None:
    return among.filter(slug=slug).first() if slug else None
