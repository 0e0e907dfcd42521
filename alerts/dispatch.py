"""The loop of a sending worker: take the lane's next work from the database, do it, and again until the time is up.

First attempts before retries; an agency's next slice is expanded while its last batches are being sent; routine steps
aside while an emergency is under way.
"""

import logging
import time
from collections.abc import Callable, Sequence

from django.utils import timezone

from alerts.claims import Claim, claim_batch, claim_retries
from alerts.fanout import expand_next
from alerts.hooking import send_webhooks
from alerts.lanes import QUEUE_OF, RULES, WORK_SECONDS, YIELD_SECONDS, Channel, Lane
from alerts.mailing import ENDED, send_mail
from alerts.outcomes import finish, record
from alerts.runtime import runtime
from govnotify.lib.database import query
from govnotify.lib.queues import Queue, wake

logger = logging.getLogger(__name__)
SEND = {Channel.EMAIL: send_mail, Channel.WEBHOOK: send_webhooks}


def first_attempts(lane: Lane, channel: Channel) -> bool:
    """Do one piece of a lane's first work: expand a slice, or send a batch. False when there is none."""
    _give_way(lane)
    return _expand(lane, channel) or _send_batch(lane, channel)


def retries(lane: Lane, channel: Channel) -> bool:
    """Send the deliveries whose next attempt is due. False when there are none."""
    claims = claim_retries(lane, channel)
    for claim in claims:
        try:
            _send(claim)
        except Exception:  # of one dispatch: the others were claimed with it and must not wait for it
            logger.exception("retries of dispatch %s", claim.dispatch_id)
    return bool(claims)


def work(queue: Queue, pieces: Sequence[Callable[[], bool]]) -> None:
    """Do the queue's work, the first kind before the second, for about WORK_SECONDS; then ask for the next turn."""
    end = time.monotonic() + WORK_SECONDS
    while time.monotonic() < end:
        if not any(piece() for piece in pieces):
            return
    wake(queue)


YOUNG_EMERGENCY = """
SELECT EXISTS (
    SELECT 1 FROM alerts_dispatch d
    WHERE d.state = 'sending' AND d.lane = %(lane)s
      AND d.created_at > clock_timestamp() - %(seconds)s * interval '1 second'
      AND (EXISTS (SELECT 1 FROM alerts_slice WHERE dispatch_id = d.id AND kind = 1 AND expanded_at IS NULL)
        OR EXISTS (SELECT 1 FROM alerts_batch WHERE dispatch_id = d.id AND kind = 1 AND done_at IS NULL))
)
"""


def _give_way(lane: Lane) -> None:
    """Routine and digest wait, at most YIELD_SECONDS, while first attempts of an emergency are to be made."""
    if lane not in {Lane.ROUTINE, Lane.DIGEST}:
        return
    end = time.monotonic() + YIELD_SECONDS
    while time.monotonic() < end and _emergency_is_young():
        time.sleep(0.02)


def _emergency_is_young() -> bool:
    """Whether an emergency dispatch of the last YIELD_SECONDS has mail that nobody has attempted yet."""
    [(young,)] = query(YOUNG_EMERGENCY, {"lane": Lane.EMERGENCY.value, "seconds": YIELD_SECONDS})
    return bool(young)


def _expand(lane: Lane, channel: Channel) -> bool:
    expanded = expand_next(lane, channel)
    if expanded is None:
        return False
    wake(QUEUE_OF[lane, channel], times=RULES[lane].workers - 1)
    finish(expanded)
    return True


def _send_batch(lane: Lane, channel: Channel) -> bool:
    claim = claim_batch(lane, channel)
    if claim is None:
        return False
    _send(claim)
    return True


def _send(claim: Claim) -> None:
    if claim.ends_at <= timezone.now():
        _end(claim)
    else:
        runtime().run(SEND[claim.channel](claim, runtime()))
    finish(claim.dispatch_id)


def _end(claim: Claim) -> None:
    """Nothing is sent after a dispatch's time: an alert that has expired would mislead."""
    record(claim, [(recipient, ENDED) for recipient in claim.recipients], done=True)
