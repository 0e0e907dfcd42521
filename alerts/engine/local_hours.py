"""What depends on the time where somebody is: whether their break is over, and whether it is their quiet hours.

The claim asks only for those who have chosen something that matters now; the clock of their zone is read here, so that
there is one source of time zones, and one rule for days on which clocks are set (govnotify.lib.local_time).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, time

from django.utils import timezone

from alerts.lanes import Lane
from govnotify.lib.database import bigints, query
from govnotify.lib.local_time import end_of_quiet, zone_of

ASK = "ask"  # the claim's word for: their clock decides
PAUSED = "paused"
QUIET = "quiet"  # the detail of a delivery that waits for the end of quiet hours

PEOPLE = """
SELECT id, time_zone, paused_until, quiet_from, quiet_until FROM subscriptions_subscriber
WHERE id = ANY(%(ids)s::bigint[])
"""


@dataclass(frozen=True, slots=True)
class WhenToSend:
    """Of each of these people why not to write to them now ("" for nothing), and until when they have quiet."""

    skip: dict[int, str] = field(default_factory=dict)
    quiet_until: dict[int, datetime] = field(default_factory=dict)


def when_to_send(subscriber_ids: Iterable[int], lane: Lane) -> WhenToSend:
    """One query for all of them; the same hours in the same zone are looked at once."""
    found = WhenToSend(dict.fromkeys(subscriber_ids, ""))
    now = timezone.now()
    ends: dict[tuple[str, time, time], datetime | None] = {}
    for number, name, paused_until, begins, until in query(PEOPLE, {"ids": bigints(found.skip)}):
        if paused_until is not None and paused_until > now.astimezone(zone_of(name)).date():
            found.skip[number] = PAUSED
        elif begins is not None and until is not None and lane is Lane.ROUTINE:
            hours = name, begins, until
            if hours not in ends:
                ends[hours] = end_of_quiet(zone_of(name), begins, until, now)
            if end := ends[hours]:
                found.skip[number], found.quiet_until[number] = QUIET, end
    return found
