"""At the claim each recipient is looked at again: whether to write to them still, and to which address.

Who has unsubscribed, is suppressed or erased is marked to be skipped, with the reason. Who takes a break is skipped by
all lanes but the emergency's; whose quiet hours it is, by routine mail until they end (local_hours).
"""

from datetime import datetime
from functools import lru_cache
from typing import NamedTuple, cast

from alerts.engine.local_hours import ASK, when_to_send
from alerts.lanes import Lane, RecipientKind
from alerts.models import Dispatch
from govnotify.lib.database import query


class Recipient(NamedTuple):
    """One delivery to attempt, as the database has it at this moment."""

    id: int
    address: str  # e-mail address as typed, or the URL of the endpoint, or of the browser at its push service
    language: str
    secret: str  # of an endpoint or a browser, sealed
    topics: list[int]  # that matched, in the bulletin's order
    attempts: int  # made before this one
    skip: str  # why not to write to this recipient any more, or not now; empty: go on
    zone: str = ""  # where the mail names times: the person's time zone, if they have chosen one


# One look along the primary key for each recipient, whatever the statistics say: hence LIMIT and no EXISTS. Joined, all
# listeners were read for a few; and all suppressions, also on fresh statistics (54,000 of them: 11 ms instead of 2).
SUBSCRIBERS = """
SELECT d.recipient_id, s.email, s.language, '', d.topics, d.attempts,
       CASE WHEN s.id IS NULL THEN 'erased'
            WHEN s.status <> 'active' THEN 'ended'
            WHEN (SELECT 1 FROM subscriptions_suppression p WHERE p.address_key = s.address_key) IS NOT NULL
                 THEN 'suppressed'
            WHEN NOT EXISTS (SELECT 1 FROM subscriptions_subscription c WHERE c.subscriber_id = d.recipient_id
                             AND c.topic_id = ANY(d.topics) AND c.ended_at IS NULL) THEN 'unsubscribed'
            WHEN d.lane <> 1 AND (s.paused_until >= (statement_timestamp() AT TIME ZONE 'UTC')::date
                                  OR (s.quiet_from IS NOT NULL AND d.lane = 3)) THEN 'ask'
            ELSE '' END{zone}
FROM alerts_delivery d
LEFT JOIN LATERAL (SELECT * FROM subscriptions_subscriber WHERE id = d.recipient_id LIMIT 1) s ON true
WHERE d.month = %(month)s AND d.dispatch_id = %(dispatch)s AND d.recipient_kind = 1 AND d.channel = %(channel)s
"""
ENDPOINTS = """
SELECT d.recipient_id, e.url, '', e.sealed_secret, d.topics, d.attempts,
       CASE WHEN e.id IS NULL THEN 'erased'
            WHEN e.status <> 'active' THEN 'disabled'
            WHEN NOT EXISTS (SELECT 1 FROM subscriptions_subscription c WHERE c.endpoint_id = d.recipient_id
                             AND c.topic_id = ANY(d.topics) AND c.ended_at IS NULL) THEN 'unsubscribed'
            ELSE '' END
FROM alerts_delivery d
LEFT JOIN LATERAL (SELECT * FROM subscriptions_endpoint WHERE id = d.recipient_id LIMIT 1) e ON true
WHERE d.month = %(month)s AND d.dispatch_id = %(dispatch)s AND d.recipient_kind = 2 AND d.channel = %(channel)s
"""
# With the sealed keys the name of ours that they go with.
BROWSERS = """
SELECT d.recipient_id, b.endpoint, b.language, b.vapid_key_id || ' ' || b.sealed_keys, d.topics, d.attempts,
       CASE WHEN b.id IS NULL THEN 'gone'
            WHEN b.status <> 'active' THEN 'disabled'
            WHEN NOT EXISTS (SELECT 1 FROM subscriptions_browsersubscription c WHERE c.browser_id = d.recipient_id
                             AND c.subject = ANY(d.topics)) THEN 'unsubscribed'
            ELSE '' END
FROM alerts_delivery d
LEFT JOIN LATERAL (SELECT * FROM subscriptions_browser WHERE id = d.recipient_id LIMIT 1) b ON true
WHERE d.month = %(month)s AND d.dispatch_id = %(dispatch)s AND d.recipient_kind = 3 AND d.channel = %(channel)s
"""
# Of the lanes whose mails name times or days; of the others a correction's do, which say on which day the first one was
# sent. One column more in every row of a routine bulletin would be for nothing.
WITH_ZONE = {Lane.EMERGENCY, Lane.DIGEST}
# Named by their ids, so that the read follows the primary key whatever the statistics say.
OF_BATCH = """
  AND d.recipient_id BETWEEN %(first)s AND %(last)s AND d.status = 0 AND d.destination = %(destination)s
  AND EXISTS (SELECT 1 FROM alerts_batch WHERE id = %(batch)s AND token = %(token)s)
ORDER BY d.recipient_id
"""
OF_RETRIES = "AND d.recipient_id = ANY(%(ids)s::bigint[]) AND d.next_attempt_at = %(until)s ORDER BY d.recipient_id"


def look_again(
    kind: RecipientKind, lane: Lane, which: str, values: dict[str, object]
) -> tuple[list[Recipient], dict[int, datetime]]:
    """Those of a claim, and when the quiet hours end of whom they hold back; one query, or two where clocks decide.

    `which` is OF_BATCH or OF_RETRIES, `values` are what it names, and the delivery's month, dispatch and channel.
    """
    read = BROWSERS if kind is RecipientKind.BROWSER else ENDPOINTS
    if kind is RecipientKind.SUBSCRIBER:
        is_zoned = lane in WITH_ZONE or is_correction(cast("int", values["dispatch"]))
        read = SUBSCRIBERS.format(zone=", coalesce(s.time_zone, '')" if is_zoned else "")
    recipients = [Recipient(*row) for row in query(read + which, values)]
    asked = [one.id for one in recipients if one.skip == ASK]
    if not asked:
        return recipients, {}
    found = when_to_send(asked, lane)
    recipients = [one._replace(skip=found.skip[one.id]) if one.skip == ASK else one for one in recipients]
    return recipients, found.quiet_until


@lru_cache(maxsize=256)
def is_correction(dispatch_id: int) -> bool:
    """Whether it sends a bulletin that corrects another. What is published never changes."""
    return Dispatch.objects.filter(pk=dispatch_id, bulletin__corrects__isnull=False).exists()
