"""Who wants it: set-based, in slices of ascending ids, under the dispatch's cut-off time."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from alerts.engine import digest_audience, reach, told
from alerts.engine.admission import Limits, limits_of
from alerts.lanes import CHANNEL_OF, RULES, Lane, RecipientKind
from alerts.models import BulletinTopic, Dispatch, Slice
from govnotify.lib.database import bigints, in_index_order, query
from subscriptions.models import Endpoint, Frequency, Place, Subscriber, Subscription, Topic


@dataclass(frozen=True, slots=True)
class AudienceCount:
    people: int  # each once, whatever number of the topics they follow
    machines: int
    anywhere: int = 0  # of a bulletin about places: those of the people who chose no place
    elsewhere: int = 0  # and who follows the topics besides, but chose other places only


COUNT_LOCAL = f"""
SELECT count(*) FILTER (WHERE concerned IS NOT FALSE), count(*) FILTER (WHERE concerned IS NULL),
       count(*) FILTER (WHERE NOT concerned)
FROM (
    SELECT {reach.is_concerned("s.subscriber_id")} AS concerned FROM (
        SELECT DISTINCT subscriber_id FROM subscriptions_subscription
        WHERE topic_id = ANY(%(topics)s::bigint[]) AND ended_at IS NULL AND subscriber_id IS NOT NULL
    ) s JOIN subscriptions_subscriber p ON p.id = s.subscriber_id AND p.status = 'active'
) each
"""  # noqa: S608  of constants


def count_audience(topics: Iterable[Topic], areas: Iterable[Place] = ()) -> AudienceCount:
    """Who would receive a bulletin on these topics, about these places, now: at once or in a digest."""
    chosen, places = list(topics), [place.pk for place in areas]
    current = Subscription.objects.current().filter(topic__in=chosen)
    machines = current.filter(endpoint__status=Endpoint.Status.ACTIVE).values("endpoint").distinct().count()
    if places:
        values = {"topics": bigints(topic.pk for topic in chosen), "reached": reach.reached(places)}
        [(people, anywhere, elsewhere)] = query(COUNT_LOCAL, values)
        return AudienceCount(people, machines, anywhere, elsewhere)
    people = current.filter(subscriber__status=Subscriber.Status.ACTIVE).values("subscriber").distinct().count()
    return AudienceCount(people, machines)


# Where the slice ends: the id at which the first of the topics reaches the limit. Each topic reads at most `limit`
# entries of its index, whoever of them will match: a filter here could read a topic to its end for every slice.
# Nothing when every topic has fewer left: then it is the last.
UPPER_END = """
SELECT min(reached.id) FROM unnest(%(topics)s::bigint[]) AS topic(id)
CROSS JOIN LATERAL (
    SELECT s.{recipient} AS id FROM subscriptions_subscription s
    WHERE s.topic_id = topic.id AND s.{recipient} > %(after)s AND s.ended_at IS NULL AND s.{recipient} IS NOT NULL
    ORDER BY s.{recipient} OFFSET %(limit)s - 1 LIMIT 1
) AS reached
"""

# One row per recipient, with the topics that matched in the bulletin's order. Inserting twice inserts nothing twice.
# The listener's own state (ended, suppressed) is looked at once, when the batch is claimed.
ADD = """
WITH added AS (
    INSERT INTO alerts_delivery (month, dispatch_id, recipient_kind, recipient_id, channel, lane, topics, destination)
    SELECT %(month)s, %(dispatch)s, %(kind)s, s.{recipient}, %(channel)s, %(lane)s,
           array_agg(s.topic_id ORDER BY array_position(%(topics)s::bigint[], s.topic_id)), {destination}
    FROM subscriptions_subscription s
    WHERE s.topic_id = ANY(%(topics)s::bigint[]) AND s.{recipient} > %(after)s AND s.{recipient} <= %(through)s
      AND s.ended_at IS NULL AND s.started_at <= %(cut_off)s {frequency} {areas}
    GROUP BY s.{recipient}
    ON CONFLICT DO NOTHING
    RETURNING recipient_id, destination
)
"""

# The recipients of each destination that is limited have batches of their own; the others share theirs.
CUT = """
, numbered AS (
    SELECT recipient_id, destination,
           (row_number() OVER (PARTITION BY destination ORDER BY recipient_id) - 1) / {size} AS number
    FROM added
), cut AS (
    INSERT INTO alerts_batch (dispatch_id, kind, channel, lane, agency_id, destination, first_id, last_id, size,
                              token, sent, failed, deferred, skipped)
    SELECT %(dispatch)s, %(kind)s, %(channel)s, %(lane)s, %(agency)s, destination,
           min(recipient_id), max(recipient_id), count(*), 0, 0, 0, 0, 0
    FROM numbered GROUP BY destination, number ORDER BY destination, number
)
SELECT count(*) FROM added
"""

LAST_ID = 2**63 - 1
SMALLEST = 100  # entries of each topic in a slice, however many topics there are


@dataclass(frozen=True, slots=True)
class Expanded:
    recipients: int  # rows that this slice added
    through_id: int
    is_last: bool


def expand(*, slice_: Slice, dispatch: Dispatch) -> Expanded:
    """Turn the slice into deliveries and batches, in the caller's transaction. O(slice), not O(audience)."""
    lane, kind = Lane(slice_.lane), RecipientKind(slice_.kind)
    rules = RULES[lane]
    topics = _topics(dispatch)
    size = rules.first_slice if slice_.after_id == 0 else rules.slice
    parts = {
        "recipient": "subscriber_id" if kind is RecipientKind.SUBSCRIBER else "endpoint_id",
        "frequency": _frequency(dispatch, kind),
    }
    parts["areas"], local = _areas(dispatch, kind)
    limits = limits_of(lane) if kind is RecipientKind.SUBSCRIBER else Limits({})
    values = {
        "topics": bigints(topics),
        "after": slice_.after_id,
        "cut_off": dispatch.cut_off,
        "limit": max(size // max(len(topics), 1), SMALLEST),
        "month": dispatch.month,
        "dispatch": dispatch.pk,
        "kind": kind.value,
        "channel": CHANNEL_OF[kind].value,
        "lane": lane.value,
        "agency": slice_.agency_id,
        "batch": rules.batch,
    }
    with in_index_order():
        upper_end = _upper_end(slice_, dispatch, size, UPPER_END.format(**parts), values)
    through_id = LAST_ID if upper_end is None else upper_end
    values["through"] = through_id
    if dispatch.corrects:
        add, more = told.addition(dispatch=dispatch, kind=kind, limits=limits, areas=parts["areas"])
    elif dispatch.bulletin_id:
        add, more = ADD.format(**parts, destination=limits.destination(f"s.{parts['recipient']}")), {}
    else:
        add, more = digest_audience.addition(
            run=dispatch, after_id=slice_.after_id, through_id=through_id, limits=limits
        )
    [(added,)] = query(add + CUT.format(size=limits.size), values | more | local | limits.values)
    return Expanded(recipients=added, through_id=through_id, is_last=upper_end is None)


def _upper_end(
    slice_: Slice, dispatch: Dispatch, size: int, on_topics: str, values: Mapping[str, object]
) -> int | None:
    """The id at which the slice ends, or None when it is the last."""
    kind = RecipientKind(slice_.kind)
    if dispatch.corrects:
        ends = [told.upper_end(dispatch=dispatch, kind=kind, after_id=slice_.after_id, limit=size)]
        if not dispatch.only_told:
            ends += [end for (end,) in query(on_topics, values)]
        return min((end for end in ends if end is not None), default=None)
    if dispatch.bulletin_id:
        [(end,)] = query(on_topics, values)
        return end  # type: ignore[no-any-return]  # a bigint
    return digest_audience.upper_end(run=dispatch, after_id=slice_.after_id, people=size)


def _topics(dispatch: Dispatch) -> list[int]:
    """The bulletin's topics in the editor's order."""
    links = BulletinTopic.objects.filter(bulletin=dispatch.bulletin_id).order_by("position")
    return list(links.values_list("topic", flat=True))


def _frequency(dispatch: Dispatch, kind: RecipientKind) -> str:
    """An emergency reaches all on its topics, a routine bulletin who asked to hear at once; machines take both."""
    if dispatch.lane == Lane.ROUTINE and kind is RecipientKind.SUBSCRIBER:
        return f"AND s.frequency = '{Frequency.IMMEDIATE}'"
    return ""


def _areas(dispatch: Dispatch, kind: RecipientKind) -> tuple[str, dict[str, Any]]:
    """Of a bulletin about places, that its people are concerned; machines get everything on their topics."""
    return reach.condition(dispatch.areas if kind is RecipientKind.SUBSCRIBER else (), "s.subscriber_id")
