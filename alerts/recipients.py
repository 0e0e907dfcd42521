"""Exactly who got a bulletin and who did not: counts, and every recipient in a stream of constant memory.

A digest's readers are counted beside those who got the bulletin by itself: with the digest they got it too.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

from alerts.engine.told import digest_runs
from alerts.lanes import Channel, RecipientKind
from alerts.models import Bulletin, Delivery, Dispatch
from govnotify.lib.database import query

PAGE = 2_000  # rows in memory
GOT, PERHAPS, WAITING, NOT = "got", "perhaps", "waiting", "not"
RESULTS = {
    GOT: _("Got it"),
    PERHAPS: _("Perhaps got it"),
    WAITING: _("Not yet"),
    NOT: _("Did not get it"),
}

# `d` is a delivery; a batch that was claimed more often than it was given back leaves its waiting ones in doubt.
RESULT = """
CASE WHEN d.status IN (1, 4, 5) THEN 'got'
     WHEN d.doubts > 0 OR (d.status = 0 AND EXISTS (
          SELECT 1 FROM doubtful b WHERE b.kind = d.recipient_kind AND b.destination = d.destination
          AND d.recipient_id BETWEEN b.first_id AND b.last_id)) THEN 'perhaps'
     WHEN d.status IN (0, 2) THEN 'waiting' ELSE 'not' END
"""
DOUBTFUL = """
doubtful AS MATERIALIZED (
    SELECT kind, destination, first_id, last_id FROM alerts_batch
    WHERE dispatch_id = %(dispatch)s AND done_at IS NULL AND token > ended
)
"""
# A digest leaves out what was withdrawn before: such an item has no topics.
OF_ITEM = f"CASE WHEN i.topics = '{{}}' THEN 'not' ELSE {RESULT} END"
OF_DISPATCH = "FROM alerts_delivery d WHERE d.month = %(month)s AND d.dispatch_id = %(dispatch)s"
OF_DIGEST = """
FROM alerts_digestitem i JOIN alerts_delivery d ON d.month = i.month AND d.dispatch_id = i.dispatch_id
     AND d.recipient_kind = 1 AND d.recipient_id = i.recipient_id AND d.channel = 1
WHERE i.month = %(month)s AND i.dispatch_id = %(dispatch)s AND i.bulletin_id = %(bulletin)s
"""
COUNTS = f"""
WITH {DOUBTFUL} SELECT d.channel, {{result}} AS result, d.status, count(*) {{source}} GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
ROWS = f"""
WITH {DOUBTFUL}
SELECT d.recipient_kind, d.recipient_id, d.channel, {{result}}, d.status, d.attempts, d.changed_at,
       coalesce(d.detail, ''), coalesce(p.email, e.url, b.host, '')
{{source}}
"""
ONWARD = """
AND (d.recipient_kind, d.recipient_id) > (%(kind)s, %(after)s) ORDER BY d.recipient_kind, d.recipient_id LIMIT %(page)s
"""
ADDRESSES = """
LEFT JOIN subscriptions_subscriber p ON d.recipient_kind = 1 AND p.id = d.recipient_id
LEFT JOIN subscriptions_endpoint e ON d.recipient_kind = 2 AND e.id = d.recipient_id
LEFT JOIN subscriptions_browser b ON d.recipient_kind = 3 AND b.id = d.recipient_id
WHERE"""


class Recipient(NamedTuple):
    """One delivery. `address` is "" where it was not asked for, or was erased; of a browser its push service."""

    kind: int
    id: int
    channel: int
    result: str
    status: int
    attempts: int
    changed_at: datetime | None
    detail: str
    address: str


@dataclass(frozen=True, slots=True)
class Count:
    way: str  # the channel, or the digest
    result: str
    status: str
    number: int

    @property
    def meaning(self) -> str:
        return str(RESULTS[self.result])


@dataclass(frozen=True, slots=True)
class _Part:
    """Where the bulletin's recipients stand: its own dispatch, or a digest run that carried it."""

    dispatch: Dispatch
    bulletin: Bulletin
    is_digest: bool

    @property
    def values(self) -> dict[str, object]:
        return {"month": self.dispatch.month, "dispatch": self.dispatch.pk, "bulletin": self.bulletin.pk}

    @property
    def source(self) -> str:
        return OF_DIGEST if self.is_digest else OF_DISPATCH

    @property
    def result(self) -> str:
        return OF_ITEM if self.is_digest else RESULT

    def way(self, channel: int) -> str:
        label = Channel(channel).label
        return f"{label}, {self.dispatch.period} digest" if self.is_digest else label


def count_recipients(bulletin: Bulletin) -> list[Count]:
    """How many for each way, result and status. Reads all its deliveries: about half a second a million."""
    return [
        Count(part.way(channel), result, Delivery.Status(status).label, number)
        for part in _parts(bulletin)
        for channel, result, status, number in query(COUNTS.format(source=part.source, result=part.result), part.values)
    ]


def csv_lines(bulletin: Bulletin, *, addresses: bool) -> Iterator[str]:
    """Everybody, a line each, with a header; addresses only where asked for. Memory is that of one page of rows."""
    line = csv.writer(_Line())
    header = ["recipient", "id", "way", "result", "status", "attempts", "time", "detail"]
    yield line.writerow([*header, "address"] if addresses else header)
    for part in _parts(bulletin):
        for one in _rows(part):
            values = [
                RecipientKind(one.kind).label,
                one.id,
                part.way(one.channel),
                one.result,
                Delivery.Status(one.status).label,
                one.attempts,
                one.changed_at.isoformat() if one.changed_at else "",
                _harmless(one.detail),
            ]
            yield line.writerow([*values, _harmless(one.address)] if addresses else values)


def _parts(bulletin: Bulletin) -> list[_Part]:
    dispatch = Dispatch.objects.filter(bulletin=bulletin).first()
    if dispatch is None:
        return []
    runs = [] if bulletin.is_alert else digest_runs(bulletin)
    return [
        _Part(dispatch, bulletin, is_digest=False),
        *(_Part(run, bulletin, is_digest=True) for run in runs),
    ]


def _rows(part: _Part) -> Iterator[Recipient]:
    """A page at a time along the primary key: no transaction stays open, however slowly somebody downloads."""
    statement = ROWS.format(source=part.source.replace("WHERE", ADDRESSES, 1), result=part.result) + ONWARD
    kind, after = 0, 0
    while True:
        onward = {"kind": kind, "after": after, "page": PAGE}
        page = [Recipient._make(row) for row in query(statement, part.values | onward)]
        yield from page
        if len(page) < PAGE:
            return
        kind, after = page[-1].kind, page[-1].id


def _harmless(text: str) -> str:
    """A server's words must not become a formula when somebody opens the file in a spreadsheet."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text


class _Line:
    """What csv.writer writes to: hands the line back."""

    def write(self, line: str) -> str:
        return line
