"""The queues, and the hint that there is work on one of them.

The queue is a hint, the database the truth: a lost hint costs seconds (recovery repeats it), a repeated one costs a
query. So sending a hint never fails its caller and never makes it wait: a broker that refuses costs its client 6 s, one
that hangs 30 s, and an emergency has neither.
"""

import enum
import logging
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

from celery import current_app
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)

TASK = "govnotify.work"  # the one task: "queue X has work"
CONFIRM_SECONDS = 5.0  # for a broker that confirms what it took; one that is full does not, and would hold us for ever
QUIET_SECONDS = 10.0  # after a failure: recovery repeats what is not said meanwhile


class Queue(enum.StrEnum):
    """One worker process, or more, for each."""

    EMERGENCY = "emergency"
    EMERGENCY_WEBHOOK = "emergency-webhook"
    EMERGENCY_PUSH = "emergency-push"
    TRANSACTIONAL = "transactional"
    ROUTINE = "routine"
    ROUTINE_WEBHOOK = "routine-webhook"
    WEBHOOK_RETRY = "webhook-retry"
    ROUTINE_PUSH = "routine-push"
    DIGEST = "digest"
    HOUSEKEEPING = "housekeeping"


def wake(queue: Queue, times: int = 1) -> None:
    """Tell up to `times` workers of `queue` that the database has work for them; returns at once."""
    if times > 0:
        _messenger(os.getpid()).tell(queue, times)


def rally(queue: Queue, workers: int) -> None:
    """See to it that hints wait for so many workers of `queue`, wherever they run; returns at once.

    How many hosts there are is known to nobody. A hint too many costs a query; but a lane that can't go on for hours
    must not fill the broker with them, so those that wait are counted first.
    """
    if workers > 0:
        _messenger(os.getpid()).rally(queue, workers)


class _Messenger:
    """A thread that talks to the broker, one for each process: a child does not inherit its parent's."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="hints")
        self._quiet_until = 0.0

    def tell(self, queue: Queue, times: int) -> None:
        self._submit(queue, lambda: times)

    def rally(self, queue: Queue, workers: int) -> None:
        self._submit(queue, lambda: workers - _waiting(queue))

    def _submit(self, queue: Queue, count: Callable[[], int]) -> None:
        if time.monotonic() >= self._quiet_until:
            self._thread.submit(self._send, queue, count)

    def _send(self, queue: Queue, count: Callable[[], int]) -> None:
        if time.monotonic() < self._quiet_until:
            return
        try:
            for _ in range(count()):
                current_app.send_task(
                    TASK,
                    args=[queue.value],
                    queue=queue.value,
                    retry=False,
                    ignore_result=True,
                    confirm_timeout=CONFIRM_SECONDS,
                )
        except OperationalError as error:
            self._quiet_until = time.monotonic() + QUIET_SECONDS
            logger.warning("no hint for queue %s, recovery will repeat it: %s", queue, error)


def _waiting(queue: Queue) -> int:
    """How many hints the broker has for the queue."""
    with current_app.connection_for_write() as broker:
        channel: Any = broker.default_channel
        try:
            found: int = channel.queue_declare(queue.value, passive=True).message_count
        except broker.channel_errors:  # nobody has used it yet; Redis has no empty queues
            return 0
        except broker.connection_errors as error:
            raise OperationalError(str(error)) from error
        return found


@cache
def _messenger(pid: int) -> _Messenger:
    return _Messenger()
