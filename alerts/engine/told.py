"""Who was told: the recipients to whom a dispatch that is corrected was sent, or perhaps was. Set-based, in slices.

Sent is what a server accepted. In doubt, and so told as well, is whatever may have been handed over without the
database hearing of it: deliveries that no verdict came for, and those still waiting in a batch that somebody claimed
and has not given back in good order. Whoever has got a bulletin in a digest was told as surely as who got it at once.
Who was to get it after their quiet hours is told too: the correction is what they get instead.
"""

from collections.abc import Iterable
from typing import Any

from alerts.engine.admission import Limits
from alerts.engine.sources import Addition, Followers
from alerts.lanes import CHANNEL_OF, Lane, RecipientKind
from alerts.models import Bulletin, Dispatch
from govnotify.lib.database import BY_INDEX, bigints, query

# `d` is a delivery. A batch's waiting deliveries are those of its destination between its ids.
WAS_TOLD = """
(d.status IN (1, 4, 5) OR d.doubts > 0 OR (d.status IN (2, 7) AND d.detail = 'quiet') OR (d.status = 0 AND EXISTS (
    SELECT 1 FROM doubtful b WHERE b.dispatch_id = d.dispatch_id AND b.destination = d.destination
    AND d.recipient_id BETWEEN b.first_id AND b.last_id)))
"""
# Batches that were claimed more often than they were given back; there are few, so they are looked through per row.
# That ids are positive is said, as it is not concluded from more than a hundred of them: all that are done were read.
DOUBTFUL = """
doubtful AS MATERIALIZED (
    SELECT dispatch_id, destination, first_id, last_id FROM alerts_batch
    WHERE dispatch_id = ANY(%(stopped)s::bigint[]) AND dispatch_id > 0 AND kind = %(kind)s AND done_at IS NULL
      AND token > ended
)
"""
# One look along the primary key for each dispatch, run and item, whatever the statistics say: hence OFFSET 0, which
# keeps what stands above it from being joined in another order, and no join to an item's delivery. With one, all items
# of a month were read where no run carried the bulletin, and a slice's items compared with all deliveries in it.
SENT_TO = f"""
    SELECT d.recipient_id, d.topics
    FROM unnest(%(months)s::date[], %(corrected)s::bigint[]) AS p(month, id) CROSS JOIN LATERAL (
        SELECT d.recipient_id, d.topics FROM alerts_delivery d
        WHERE d.month = p.month AND d.dispatch_id = p.id AND d.recipient_kind = %(kind)s AND d.channel = %(channel)s
          AND d.recipient_id > %(after)s AND d.recipient_id <= %(through)s AND {WAS_TOLD}
        OFFSET 0
    ) d
    UNION ALL
    SELECT i.recipient_id, i.topics
    FROM unnest(%(run_months)s::date[], %(runs)s::bigint[]) AS r(month, id) CROSS JOIN LATERAL (
        SELECT i.recipient_id, i.topics FROM alerts_digestitem i
        WHERE i.month = r.month AND i.dispatch_id = r.id AND i.recipient_id > %(after)s
          AND i.recipient_id <= %(through)s AND i.bulletin_id = ANY(%(bulletins)s::bigint[])
          AND (SELECT {WAS_TOLD} FROM alerts_delivery d WHERE d.month = r.month AND d.dispatch_id = r.id
               AND d.recipient_kind = 1 AND d.recipient_id = i.recipient_id AND d.channel = 1)
        OFFSET 0
    ) i
"""  # noqa: S608  of constants
# The topics are those by which each was told: who has left all of them since is left out when the batch is claimed.
ADD = f"""
WITH {DOUBTFUL}, told (recipient_id, topics) AS ({SENT_TO} {{others}}), added AS (
    INSERT INTO alerts_delivery (month, dispatch_id, recipient_kind, recipient_id, channel, lane, topics, destination)
    SELECT %(month)s, %(dispatch)s, %(kind)s, each.recipient_id, %(channel)s, %(lane)s,
           array_agg(each.topic_id ORDER BY array_position(%(topics)s::bigint[], each.topic_id), each.topic_id),
           {{destination}}
    FROM (
        SELECT DISTINCT t.recipient_id, m.topic_id FROM told t CROSS JOIN LATERAL unnest(t.topics) AS m(topic_id)
    ) each
    GROUP BY each.recipient_id
    ON CONFLICT DO NOTHING
    RETURNING recipient_id, destination
)
"""  # noqa: S608  of constants

UPPER_END = """
SELECT min(reached.id)
FROM unnest(%(months)s::date[] || %(run_months)s::date[], %(corrected)s::bigint[] || %(runs)s::bigint[]) AS p(month, id)
CROSS JOIN LATERAL (
    SELECT d.recipient_id AS id FROM alerts_delivery d
    WHERE d.month = p.month AND d.dispatch_id = p.id AND d.recipient_kind = %(kind)s AND d.recipient_id > %(after)s
    ORDER BY d.recipient_id OFFSET %(limit)s - 1 LIMIT 1
) reached
"""

COUNT = f"""
WITH {DOUBTFUL}, told (recipient_id, topics) AS ({SENT_TO}) SELECT count(DISTINCT recipient_id) FROM told
"""  # noqa: S608  of constants
LAST_ID = 2**63 - 1


class Told:
    """Whoever was told what the dispatch corrects, and beside them its followers, unless it is for the told alone.

    A bulletin's places say which of the followers are told now; who was told is told again wherever it is now.
    """

    def __init__(self, dispatch: Dispatch, kind: RecipientKind, followers: Followers) -> None:
        self._followers = followers
        self._is_alone = dispatch.only_told
        self._corrected = _corrected(dispatch.corrects, kind)

    def upper_end(self, after_id: int, size: int) -> int | None:
        """Where the first of the corrected dispatches has `size` rows, or the followers' slice ends before."""
        [(told,)] = query(UPPER_END, self._corrected | {"after": after_id, "limit": size})
        others = None if self._is_alone else self._followers.upper_end(after_id, size)
        return min((end for end in (told, others) if end is not None), default=None)

    def addition(self, after_id: int, through_id: int, limits: Limits) -> Addition:
        query(BY_INDEX, {})
        others = "" if self._is_alone else self._followers.on_topics()
        statement = ADD.format(others=others, destination=limits.destination("each.recipient_id"))
        return Addition(statement, self._followers.values(after_id, through_id) | self._corrected)


def count_told(bulletins: Iterable[Bulletin], kind: RecipientKind) -> int:
    """How many got one of these, or are in doubt, each once. Reads all their deliveries: about a second a million, and
    two of those who got it in a digest.
    """
    dispatches = Dispatch.objects.filter(bulletin__in=list(bulletins)).values_list("pk", flat=True)
    values = _corrected(list(dispatches), kind) | {"after": 0, "through": LAST_ID}
    [(count,)] = query(COUNT, values)
    return int(count)


def digest_runs(bulletin: Bulletin) -> list[Dispatch]:
    """The digest runs in which the bulletin may stand: those whose time it was published in."""
    runs = Dispatch.objects.filter(lane=Lane.DIGEST, bulletin=None)
    return list(runs.filter(since__lt=bulletin.published_at, cut_off__gte=bulletin.published_at))


def _corrected(dispatches: list[int], kind: RecipientKind) -> dict[str, Any]:
    """The dispatches with their months, and of people the digest runs that carried the same bulletins."""
    corrected = list(Dispatch.objects.filter(pk__in=dispatches).select_related("bulletin"))
    bulletins = [one.bulletin for one in corrected if one.bulletin is not None and one.lane == Lane.ROUTINE]
    runs: dict[int, Dispatch] = {}
    if kind is RecipientKind.SUBSCRIBER:
        runs = {run.pk: run for bulletin in bulletins for run in digest_runs(bulletin)}
    return {
        "kind": kind.value,
        "channel": CHANNEL_OF[kind].value,
        "months": [one.month for one in corrected],
        "corrected": bigints(one.pk for one in corrected),
        "run_months": [run.month for run in runs.values()],
        "runs": bigints(runs),
        "bulletins": bigints(bulletin.pk for bulletin in bulletins),
        "stopped": bigints([*(one.pk for one in corrected), *runs]),
    }
