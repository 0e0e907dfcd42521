"""Running the engine in a test: its own work function, called until there is nothing left to do."""

from alerts.tasks import WORK
from govnotify.lib.queues import Queue

SENDING = [queue for queue in Queue if queue is not Queue.HOUSEKEEPING]
ROUNDS = 1_000


def work_through(*queues: Queue) -> None:
    """Do the work of the queues (all that send, by default) until none has any more."""
    for _ in range(ROUNDS):
        worked = [piece() for queue in queues or SENDING for piece in WORK[queue]]
        if not any(worked):
            return
    raise AssertionError(f"still at work after {ROUNDS} rounds")
