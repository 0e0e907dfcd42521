"""Emergency workers look into PostgreSQL by themselves, so that an emergency goes out with the broker gone.

Beside its pool each worker of an emergency queue keeps one more process, which asks the database every second.
"""

import ctypes
import logging
import signal
import threading
from typing import Any

from billiard.context import Process
from celery import bootsteps

from govnotify.lib.queues import Queue

logger = logging.getLogger(__name__)
WATCHED = (Queue.EMERGENCY, Queue.EMERGENCY_WEBHOOK)
LOOK_SECONDS = 1.0
STOP_SECONDS = 4  # a look lasts about WORK_SECONDS at most
PR_SET_PDEATHSIG = 1  # prctl(2)


class EmergencyWatch(bootsteps.StartStopStep):
    """Starts the watching process with a worker that serves an emergency queue, and stops it with the worker."""

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        self.process: Process | None = None

    def start(self, parent: Any) -> None:
        served = set(parent.app.amqp.queues.consume_from)
        queues = [queue for queue in WATCHED if queue.value in served]
        if queues:
            self.process = Process(target=watch, args=(queues,), daemon=True)
            self.process.start()

    def stop(self, parent: Any) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.join(STOP_SECONDS)
            self.process = None

    terminate = stop


def watch(queues: list[Queue]) -> None:
    """Do the queues' work whenever the database has some, until SIGTERM."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())  # what is being sent is recorded first
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while not stop.wait(LOOK_SECONDS):
        for queue in queues:
            look(queue)


def look(queue: Queue) -> None:
    """One look: work while there is some. A database that is away is asked again at the next."""
    from django.db import connection  # noqa: PLC0415  Celery loads this module before Django's apps are ready

    from alerts.tasks import do_work  # noqa: PLC0415

    try:
        do_work(queue.value)
    except Exception:  # the watch must go on whatever happens
        logger.exception("emergency watch of queue %s", queue)
        connection.close()
