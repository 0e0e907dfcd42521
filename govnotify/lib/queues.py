"""The queues, and the hint that there is work on one of them.

The queue is a hint, the database the truth: a lost hint costs seconds (recovery repeats it), a repeated one costs a
query. So sending a hint never fails its caller and never waits long for a broker that is gone.
"""

import enum
import logging

from celery import current_app
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)

TASK = "govnotify.work"  # the one task: "queue X has work"


class Queue(enum.StrEnum):
    """One worker process, or more, for each."""

    EMERGENCY = "emergency"
    EMERGENCY_WEBHOOK = "emergency-webhook"
    TRANSACTIONAL = "transactional"
    ROUTINE = "routine"
    ROUTINE_WEBHOOK = "routine-webhook"
    WEBHOOK_RETRY = "webhook-retry"
    DIGEST = "digest"
    HOUSEKEEPING = "housekeeping"


def wake(queue: Queue, times: int = 1) -> None:
    """Tell up to `times` workers of `queue` that the database has work for them."""
    try:
        for _ in range(times):
            current_app.send_task(TASK, args=[queue.value], queue=queue.value, retry=False, ignore_result=True)
    except OperationalError as error:
        logger.warning("no hint for queue %s, recovery will repeat it: %s", queue, error)
