"""Which bulletins stand on a page of a feed, and what has happened to each of them since: one query."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import JSONObject
from django.http import Http404

from alerts.finding.archive import ALERT, Filters, entries
from alerts.models import Bulletin, BulletinTopic
from alerts.pages.standing import later_messages
from govnotify.lib.local_time import zone_of
from subscriptions.models import Topic

PER_PAGE = 30


@dataclass(frozen=True, slots=True)
class Follower:
    """The message that took a bulletin's place: its correction, or an alert's update or cancel."""

    pk: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Selected:
    """A bulletin by its number, and everything that its entry depends on beside its words, which nobody edits."""

    pk: int
    zone: str  # whose clocks show an alert's times
    published: datetime
    withdrawn: datetime | None
    correction: Follower | None
    successor: Follower | None

    @property
    def updated(self) -> datetime:
        """When its entry last became another one."""
        moments = [self.published, self.withdrawn]
        moments += [follower.at for follower in (self.correction, self.successor) if follower]
        return max(moment for moment in moments if moment)


@dataclass(frozen=True, slots=True)
class Selection:
    """One page, the newest first; `older` is the number after which the next page begins, None on the last."""

    bulletins: tuple[Selected, ...]
    older: int | None

    @property
    def updated(self) -> datetime | None:
        return max((one.updated for one in self.bulletins), default=None)


def select(filters: Filters, before: str) -> Selection:
    """The newest that the filters leave, or those older than bulletin `before`; Http404 where that is none of ours.

    What was withdrawn keeps its place, so that a reader that has shown it learns of it; a search for words, dates or
    places does not find it any more.
    """
    published, withdrawn = entries(filters), _withdrawn(filters)
    if before:
        older = _older_than(before)
        published, withdrawn = published.filter(older), withdrawn.filter(older)
    corrections = Bulletin.objects.filter(corrects=OuterRef("pk"), status=Bulletin.Status.PUBLISHED)
    rows = (
        Bulletin.objects.filter(pk__in=_newest(published).union(_newest(withdrawn), all=True))
        .annotate(
            correction=Subquery(
                corrections.order_by("-published_at", "-pk").values(found=JSONObject(pk="pk", at="published_at"))[:1]
            ),
            successor=Subquery(
                later_messages("alert__").values(found=JSONObject(pk="pk", at="bulletin__published_at"))[:1]
            ),
        )
        .order_by("-published_at", "-pk")
        .values_list("pk", "agency__time_zone", "published_at", "withdrawn_at", "correction", "successor")
    )
    found = list(_selected(rows[: PER_PAGE + 1]))
    return Selection(tuple(found[:PER_PAGE]), found[PER_PAGE - 1].pk if len(found) > PER_PAGE else None)


def _withdrawn(filters: Filters) -> QuerySet[Bulletin]:
    """Of these there are few, and they have an index of their own."""
    if filters != replace(
        filters, words="", category=None, since=None, until=None, language="", area=None, narrow=False
    ):
        return Bulletin.objects.none()
    topics = Topic.objects.filter(is_public=True)
    found = Bulletin.objects.filter(status=Bulletin.Status.WITHDRAWN, published_at__isnull=False)
    if filters.agency:
        found = found.filter(agency=filters.agency)
    if filters.topic:
        topics = topics.filter(pk=filters.topic.pk)
    if filters.kind:
        found = found.filter(alert__isnull=filters.kind != ALERT)
    return found.filter(pk__in=BulletinTopic.objects.filter(topic__in=topics).values("bulletin"))


def _newest(things: QuerySet[Any]) -> QuerySet[Any, Any]:
    """The numbers of a page, and one more that says whether there is another page; each by an index."""
    return things.order_by("-published_at", "-pk").values("pk")[: PER_PAGE + 1]


def _selected(rows: Any) -> Iterator[Selected]:
    for pk, zone, published, withdrawn, correction, successor in rows:
        yield Selected(pk, zone_of(zone).key, published, withdrawn, _follower(correction), _follower(successor))


def _follower(found: dict[str, Any] | None) -> Follower | None:
    return Follower(found["pk"], datetime.fromisoformat(found["at"])) if found else None


def _older_than(before: str) -> Q:
    if not (before.isascii() and before.isdigit()):
        raise Http404
    moment = Bulletin.objects.filter(pk=int(before)).values_list("published_at", flat=True).first()
    if moment is None:
        raise Http404
    return Q(published_at__lte=moment) & (Q(published_at__lt=moment) | Q(pk__lt=int(before)))
