"""What an audience is read from, slice by slice: one source for each kind of audience (alerts.engine.audience)."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from alerts.engine import reach
from alerts.engine.admission import Limits
from alerts.lanes import RecipientKind
from alerts.models import BulletinTopic, Dispatch
from govnotify.lib.database import BY_INDEX, bigints, query

SMALLEST = 100  # that each topic or timetable brings to a slice, however many there are
COLUMN = {
    RecipientKind.SUBSCRIBER: "subscriber_id",
    RecipientKind.ENDPOINT: "endpoint_id",
    RecipientKind.BROWSER: "browser_id",
}


class Addition(NamedTuple):
    """What makes the deliveries of a slice."""

    statement: str  # SQL up to its `added`: the (recipient_id, destination) that had no delivery of this dispatch yet
    values: dict[str, Any]  # that it needs beside those of every delivery: dispatch, month, kind, channel and lane


class Source(Protocol):
    """Recipients by ascending id."""

    def upper_end(self, after_id: int, size: int) -> int | None:
        """The id at which a slice of about `size` recipients ends, or None when fewer are left: then it is the last."""

    def addition(self, after_id: int, through_id: int, limits: Limits) -> Addition:
        """What adds those above `after_id`, up to and with `through_id`, to be run next and in this transaction."""


class Statements(NamedTuple):
    """How followers stand in their table, as templates of SQL."""

    upper_end: str
    addition: str
    on_topics: str  # their (recipient_id, topics) behind a UNION ALL, for an audience that has others besides


class Followers:
    """Those of a kind who follow a bulletin's topics and whom its places concern, if it is about places."""

    def __init__(
        self,
        dispatch: Dispatch,
        kind: RecipientKind,
        *,
        topics: Sequence[int],
        statements: Statements,
        frequency: str = "",  # a condition on the subscriptions `s`
    ) -> None:
        areas, local = reach.condition(dispatch.areas, "s", kind)
        self._topics = topics
        self._statements = statements
        self._parts = {"recipient": COLUMN[kind], "frequency": frequency, "areas": areas}
        self._values = {"topics": bigints(topics), "cut_off": dispatch.cut_off} | local

    def upper_end(self, after_id: int, size: int) -> int | None:
        values = self._values | {"after": after_id, "limit": share(size, len(self._topics))}
        [(end,)] = query(self._statements.upper_end.format(**self._parts), values)
        return end  # type: ignore[no-any-return]  # a bigint

    def addition(self, after_id: int, through_id: int, limits: Limits) -> Addition:
        query(BY_INDEX, {})
        destination = limits.destination(f"s.{self._parts['recipient']}")
        statement = self._statements.addition.format(**self._parts, destination=destination)
        return Addition(statement, self.values(after_id, through_id))

    def on_topics(self) -> str:
        """Them as (recipient_id, topics), behind a UNION ALL."""
        return self._statements.on_topics.format(**self._parts)

    def values(self, after_id: int, through_id: int) -> dict[str, Any]:
        """What `on_topics` needs to be read between these ids."""
        return self._values | {"after": after_id, "through": through_id}


def topics_of(dispatch: Dispatch) -> list[int]:
    """The topics of the dispatch's bulletin, in the editor's order."""
    links = BulletinTopic.objects.filter(bulletin=dispatch.bulletin_id).order_by("position")
    return list(links.values_list("topic", flat=True))


def share(size: int, among: int) -> int:
    """What each of so many topics or timetables brings to a slice of this size, at most."""
    return max(size // max(among, 1), SMALLEST)
