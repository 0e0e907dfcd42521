"""The loop of a sending worker: take the lane's next work from the database, do it, and again until the time is up.

First attempts before retries; an agency's next slice is expanded while its last batches are being sent; routine steps
aside while an emergency is under way.
"""

import logging
import time
from collections.abc import Callable, Sequence

from django.db import connection
from django.utils import timezone

from alerts.engine.admission import seconds_to_wait
from alerts.engine.claims import Claim, claim_batch, claim_retries
from alerts.engine.fanout import expand_next
from alerts.engine.hooking import send_webhooks
from alerts.engine.mailing import send_mail
from alerts.engine.outcomes import ENDED, finish, record
from alerts.engine.precedence import give_way
from alerts.engine.pushing import send_pushes
from alerts.engine.runtime import runtime
from alerts.lanes import HANDS, QUEUE_OF, RULES, WORK_SECONDS, Channel, Lane
from govnotify.lib.database import query_in_index_order
from govnotify.lib.queues import Queue, rally, wake

logger = logging.getLogger(__name__)
MAIL_LANE = {queue: lane for (lane, channel), queue in QUEUE_OF.items() if channel is Channel.EMAIL}
SEND = {Channel.EMAIL: send_mail, Channel.WEBHOOK: send_webhooks, Channel.PUSH: send_pushes}


def first_attempts(lane: Lane, channel: Channel) -> bool:
    """Do one piece of a lane's first work: expand a slice, send a batch. False when there is neither.

    Both, in turn: an audience whose batches all wait for a limited destination is expanded to its end, slice by slice,
    and nobody else's batch may wait for that. Nor may what is with a slow server, which needs the loop to run.
    """
    give_way(lane)
    expanded = _expand(lane, channel)
    sent = _send_batch(lane, channel)
    if not sent:
        runtime().attend(GLANCE)
    return sent or expanded


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
    """Do the queue's work, the first kind before the second, for about WORK_SECONDS; then ask for the next turn.

    It goes on while a server is slow about some messages, which need the loop to run until they have their outcome, and
    even if a piece of work fails meanwhile.
    Who finds only work that waits for its destination waits with it. Of several who do so those who came away with
    nothing do not ask again, so that in the end there is one.
    """
    end, worked = time.monotonic() + WORK_SECONDS, False
    while time.monotonic() < end or runtime().is_waiting:
        if _do_any(pieces):
            worked = True
        elif runtime().is_waiting:
            runtime().attend(NAP)
        elif not _wait_for_admission(queue):
            return
    if worked:
        wake(queue)


def _do_any(pieces: Sequence[Callable[[], bool]]) -> bool:
    """Whether one of the pieces found work. Raises what it raised, unless something is with a slow server."""
    try:
        return any(piece() for piece in pieces)
    except Exception:
        if not runtime().is_waiting:
            raise
        # No other task may come to this process for long, and until then no answer would be read and no lease renewed:
        # what a server has taken would go twice. So this one goes on, as if it were the next.
        logger.exception("a piece of work failed, and messages are with a slow server")
        connection.close()  # it may be the broken one
        runtime().attend(PAUSE)
        return True


PAUSE = 1.0  # seconds, after a failure
GLANCE = 0.05  # seconds: a slice has taken several times as long
NAP = 0.1  # seconds: new work of others is seen after this at the latest
LEAST_NAP = 0.005  # where what waits was free, and somebody else was faster


def _wait_for_admission(queue: Queue) -> bool:
    """Wait a little for the first destination to be free. False when nothing waits for one, or it is far off."""
    lane = MAIL_LANE.get(queue)
    seconds = seconds_to_wait(lane) if lane is not None else None
    if seconds is None or seconds > WORK_SECONDS:
        return False  # recovery wakes the lane when it is time
    time.sleep(min(max(seconds, LEAST_NAP), NAP))
    return True


def _expand(lane: Lane, channel: Channel) -> bool:
    expanded = expand_next(lane, channel)
    if expanded is None:
        return False
    rally(QUEUE_OF[lane, channel], max(_batches_waiting(lane, channel), RULES[lane].workers) - 1)  # the last is ours
    finish(expanded)
    return True


# In the order of the index of what waits: where nearly all batches were open when they were last looked at, the first
# hundred seemed to be found soonest by reading the table from its beginning, where all are done.
WAITING = """
SELECT count(*) FROM (
    SELECT 1 FROM alerts_batch WHERE lane = %(lane)s AND channel = %(channel)s AND done_at IS NULL
    AND (leased_until IS NULL OR leased_until < clock_timestamp())
    ORDER BY destination, agency_id, id LIMIT %(most)s) waiting
"""


def _batches_waiting(lane: Lane, channel: Channel) -> int:
    """How many workers, of whatever host, could begin at once; at most HANDS."""
    [(waiting,)] = query_in_index_order(WAITING, {"lane": lane.value, "channel": channel.value, "most": HANDS})
    return int(waiting)


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
