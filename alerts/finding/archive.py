"""Everything that was published, the newest first: filtered, and read page by page as deep as one likes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q, QuerySet

from agencies.models import Agency
from alerts.finding.days import on_days
from alerts.finding.search import entries_about
from alerts.models import ArchiveEntry, Bulletin
from subscriptions.models import Branch, Place, Topic

MOST_COUNTED = 200
BULLETIN, ALERT = "bulletin", "alert"


@dataclass(frozen=True, slots=True)
class Filters:
    """What somebody looks for; an empty field asks for nothing."""

    words: str = ""
    agency: Agency | None = None
    category: Branch | None = None
    topic: Topic | None = None
    since: date | None = None
    until: date | None = None  # this day is in it
    language: str = ""
    kind: str = ""  # BULLETIN or ALERT
    area: Place | None = None  # what is about it, about a place in it, about one around it or about everywhere
    narrow: bool = False  # of these without what is about everywhere


@dataclass(frozen=True, slots=True)
class Part:
    """A page of the archive: bulletins' ids, and with which of them the pages before and after it begin."""

    bulletins: list[int]
    newer: int | None
    older: int | None


def entries(filters: Filters) -> QuerySet[ArchiveEntry]:
    """All that the filters leave, in no order yet."""
    found = entries_about(filters.words) if filters.words else ArchiveEntry.objects.all()
    if filters.agency:
        found = found.filter(agency=filters.agency)
    if filters.topic:
        found = found.filter(topics__contains=[filters.topic.pk])
    if filters.category:
        found = found.filter(subjects__contains=[filters.category.category.pk])
    if filters.since or filters.until:
        found = found.filter(on_days(filters.since, filters.until, filters.agency))
    if filters.language:
        found = found.filter(languages__contains=[filters.language.lower()])
    if filters.kind:
        found = found.filter(is_alert=filters.kind == ALERT)
    if filters.area and (path := filters.area.ids()):
        here = Q(around__contains=path[-1:]) | Q(areas__overlap=path)
        found = found.filter(here if filters.narrow else here | Q(areas=[]))
    elif filters.area and filters.narrow:  # it was closed and lies in nothing: it counts as the whole map
        found = found.exclude(areas=[])
    return found


def part(found: QuerySet[ArchiveEntry], size: int, *, older: str = "", newer: str = "") -> Part:
    """The newest `size` of them, or those older or newer than a bulletin; from the top where that is none.

    A page begins at a place in the index and not after so many rows, so the last one takes as long as the first.
    """
    if (place := _place(older)) is not None:
        moment, pk = place
        rest = found.filter(Q(published_at__lt=moment) | Q(pk__lt=pk), published_at__lte=moment)
        ids = _ids(rest, size)
        return Part(ids[:size], ids[0] if ids else pk, ids[size - 1] if len(ids) > size else None)
    if (place := _place(newer)) is not None:
        moment, pk = place
        rest = found.filter(Q(published_at__gt=moment) | Q(pk__gt=pk), published_at__gte=moment)
        ids = list(rest.order_by("published_at", "pk").values_list("pk", flat=True)[: size + 1])
        if len(ids) > size:
            page = ids[size - 1 :: -1]
            return Part(page, page[0], page[-1])
    ids = _ids(found, size)
    return Part(ids[:size], None, ids[size - 1] if len(ids) > size else None)


def counted(found: QuerySet[ArchiveEntry]) -> int:
    """How many there are; more than MOST_COUNTED are not counted to their end."""
    return found.order_by("-published_at", "-pk").values("pk")[: MOST_COUNTED + 1].count()


def in_order(ids: Sequence[int], bulletins: QuerySet[Bulletin]) -> list[Bulletin]:
    """The bulletins of a page, as the page has them."""
    found = bulletins.in_bulk(ids)
    return [found[pk] for pk in ids if pk in found]


def _ids(found: QuerySet[ArchiveEntry], size: int) -> list[int]:
    return list(found.order_by("-published_at", "-pk").values_list("pk", flat=True)[: size + 1])


def _place(bulletin: str) -> tuple[datetime, int] | None:
    """Where a bulletin stands in the order, also when it was withdrawn since."""
    if not (bulletin.isascii() and bulletin.isdigit() and len(bulletin) < 19):
        return None
    moment = Bulletin.objects.filter(pk=int(bulletin)).values_list("published_at", flat=True).first()
    return (moment, int(bulletin)) if moment else None
