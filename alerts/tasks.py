"""The one task: "queue X has work". It can run twice or be lost; the database knows what is to be done."""

from collections.abc import Callable, Sequence
from functools import partial

from celery import shared_task
from django.db import InterfaceError, OperationalError, connection

from alerts.engine.dispatch import first_attempts, retries, work
from alerts.engine.probes import send_probe
from alerts.engine.recovery import keep_house
from alerts.engine.transactional import send_outbox
from alerts.lanes import Channel, Lane
from alerts.service_levels import PROBED
from govnotify.lib.queues import TASK, Queue
from subscriptions.endpoints import verify_pending
from subscriptions.welcoming import welcome_pending

# The messages of each queue, first attempts before retries. A lane's queue touches that lane alone.
MESSAGES: dict[Queue, Sequence[Callable[[], bool]]] = {
    Queue.EMERGENCY: (
        lambda: first_attempts(Lane.EMERGENCY, Channel.EMAIL),
        lambda: retries(Lane.EMERGENCY, Channel.EMAIL),
    ),
    Queue.EMERGENCY_WEBHOOK: (
        lambda: first_attempts(Lane.EMERGENCY, Channel.WEBHOOK),
        lambda: retries(Lane.EMERGENCY, Channel.WEBHOOK),
    ),
    Queue.EMERGENCY_PUSH: (
        lambda: first_attempts(Lane.EMERGENCY, Channel.PUSH),
        lambda: retries(Lane.EMERGENCY, Channel.PUSH),
    ),
    Queue.TRANSACTIONAL: (send_outbox,),
    Queue.ROUTINE: (
        lambda: first_attempts(Lane.ROUTINE, Channel.EMAIL),
        lambda: retries(Lane.ROUTINE, Channel.EMAIL),
    ),
    Queue.ROUTINE_WEBHOOK: (lambda: first_attempts(Lane.ROUTINE, Channel.WEBHOOK),),
    Queue.WEBHOOK_RETRY: (lambda: verify_pending() > 0, lambda: retries(Lane.ROUTINE, Channel.WEBHOOK)),
    Queue.ROUTINE_PUSH: (  # a welcome first: somebody looks at the page and waits for it
        lambda: welcome_pending() > 0,
        lambda: first_attempts(Lane.ROUTINE, Channel.PUSH),
        lambda: retries(Lane.ROUTINE, Channel.PUSH),
    ),
    Queue.DIGEST: (
        lambda: first_attempts(Lane.DIGEST, Channel.EMAIL),
        lambda: retries(Lane.DIGEST, Channel.EMAIL),
    ),
    Queue.HOUSEKEEPING: (keep_house,),
}
# What each queue's workers do. A probe takes its turn between two pieces of work, as a small bulletin would: behind
# them it would wait for the end of the largest, and at most PROBE_PATIENCE is lost by it, to one worker.
WORK: dict[Queue, Sequence[Callable[[], bool]]] = {
    queue: (partial(send_probe, queue), *pieces) if queue in PROBED else pieces for queue, pieces in MESSAGES.items()
}


@shared_task(name=TASK)
def do_work(queue: str) -> None:
    """Work on `queue` for a few seconds at most."""
    try:
        work(Queue(queue), WORK[Queue(queue)])
    except (OperationalError, InterfaceError):
        connection.close()  # Celery keeps connections: without this the next task would find the broken one
        raise
