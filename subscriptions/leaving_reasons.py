"""Why people leave, as counts that single nobody out: the answer never meets the name of who gave it."""

import secrets
from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from django.core import signing
from django.core.cache import cache
from django.utils import timezone

from agencies.models import Agency
from govnotify.lib.database import bigints, query
from subscriptions.models import LeavingCount

ASK_FOR = timedelta(days=1)  # how long after leaving the question can be answered
SMALLEST_GROUP = 10  # a smaller count could be somebody
_SALT = "subscriptions.leaving-reason"

COUNT = """
INSERT INTO subscriptions_leavingcount AS c (topic_id, reason, month, count)
SELECT t.id, %(reason)s, %(month)s, 1 FROM subscriptions_topic t WHERE t.id = ANY(%(topics)s::bigint[]) ORDER BY t.id
ON CONFLICT (topic_id, reason, month) DO UPDATE SET count = c.count + 1
"""


class ReasonCount(NamedTuple):
    """A row of an agency's report."""

    topic: str
    reason: LeavingCount.Reason
    people: int


def question(topic_ids: Sequence[int]) -> str:
    """A token for one answer about these topics. It holds a number of its own and no person."""
    return signing.dumps([list(topic_ids), secrets.token_urlsafe(12)], salt=_SALT)


def answer(*, question: str, reason: LeavingCount.Reason) -> None:
    """Count the reason for each of the topics; answered again, it is not counted again (while the cache remembers).

    Raises signing.BadSignature for a question that is not ours or is too old.
    """
    topic_ids, number = signing.loads(question, salt=_SALT, max_age=ASK_FOR)
    if cache.add(f"leaving-reason:{number}", 1, timeout=ASK_FOR.total_seconds()):
        month = timezone.now().date().replace(day=1)
        query(COUNT, {"topics": bigints(topic_ids), "reason": reason.value, "month": month})


def reasons_of(*, agency: Agency, month: date) -> list[ReasonCount]:
    """The reasons given in the month that begins on `month`, largest first; none before the month is over.

    Whoever could watch the count grow would see who left, and so would whoever sees small ones: those are left out,
    and there is no total to subtract from.
    """
    if month >= timezone.now().date().replace(day=1):
        return []
    counts = LeavingCount.objects.filter(topic__agency=agency, month=month, count__gte=SMALLEST_GROUP)
    return [
        ReasonCount(count.topic.name, LeavingCount.Reason(count.reason), count.count)
        for count in counts.select_related("topic").order_by("-count", "topic__name", "reason")
    ]
