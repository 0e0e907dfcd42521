"""The queues, and the hint that there is work on one of them.

The queue is a hint, the database the truth: a lost hint costs seconds (recovery repeats it), a repeated one costs a
query. So sending a hint never fails its caller and never makes it wait: a broker that refuses costs its client 6 s, one
that hangs 30 s, and an emergency has neither.
"""

import enum
import logging
import os
import time
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from celery import current_app
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)

TASK = "govnotify.work"  # the one task: "queue X has work"
QUIET_SECONDS = 10.0  # after a failure: recovery repeats what is not said meanwhile


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
    """Tell up to `times` workers of `queue` that the database has work for them; returns at once."""
    if times > 0:
        _messenger(os.getpid()).tell(queue, times)


class _Messenger:
    """A thread that talks to the broker, one for each process: a child does not inherit its parent's."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="hints")
        self._quiet_until = 0.0

    def tell(self, queue: Queue, times: int) -> None:
        if time.monotonic() >= self._quiet_until:
            self._thread.submit(self._send, queue, times)

    def _send(self, queue: Queue, times: int) -> None:
        if time.monotonic() < self._quiet_until:
            return
        try:
            for _ in range(times):
                current_app.send_task(TASK, args=[queue.value], queue=queue.value, retry=False, ignore_result=True)
        except OperationalError as error:
            self._quiet_until = time.monotonic() + QUIET_SECONDS
            logger.warning("no hint for queue %s, recovery will repeat it: %s", queue, error)


@cache
def _messenger(pid: int) -> _Messenger:
    return _Messenger()
