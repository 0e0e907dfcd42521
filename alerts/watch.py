"""Emergency workers look into PostgreSQL by themselves, so that an emergency goes out with the broker gone.

Beside its pool each worker of an emergency queue keeps one more process, which asks the database every second. A thread
of the worker's main process replaces it when it ends: Celery's own loop stands still while the broker is gone.
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
WATCHED = (Queue.EMERGENCY, Queue.EMERGENCY_WEBHOOK, Queue.EMERGENCY_PUSH)
LOOK_SECONDS = 1.0
STOP_SECONDS = 4  # a look lasts about WORK_SECONDS at most
PR_SET_PDEATHSIG = 1  # prctl(2)


class EmergencyWatch(bootsteps.StartStopStep):
    """Keeps the watching process of a worker that serves an emergency queue, from the worker's start to its end."""

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        self.keeper: Keeper | None = None

    def start(self, parent: Any) -> None:
        served = set(parent.app.amqp.queues.consume_from)
        queues = [queue for queue in WATCHED if queue.value in served]
        if queues:
            self.keeper = Keeper(queues)
            self.keeper.start()

    def stop(self, parent: Any) -> None:
        if self.keeper is not None:
            self.keeper.stop()
            self.keeper = None

    terminate = stop


class Keeper(threading.Thread):
    """Has one watching process, and another one as soon as that has ended by itself.

    The process dies with this thread (prctl(2): the parent of a child is the thread that made it), and so with the
    worker, however that ends.
    """

    def __init__(self, queues: list[Queue]) -> None:
        super().__init__(name="emergency-watch", daemon=True)
        self._queues = queues
        self._stopping = threading.Event()

    def run(self) -> None:
        while not self._stopping.is_set():
            process = Process(target=watch, args=(self._queues,), daemon=True)
            process.start()
            self._mind(process)
            if not self._stopping.is_set():
                logger.error("the emergency watch of this worker has ended (%s): starting another", process.exitcode)
                self._stopping.wait(LOOK_SECONDS)  # one that can't start must not take the processor

    def stop(self) -> None:
        """End the process, with what it sends recorded, and wait for both."""
        self._stopping.set()
        self.join(STOP_SECONDS + 2)

    def _mind(self, process: Process) -> None:
        while process.is_alive() and not self._stopping.wait(LOOK_SECONDS / 2):
            pass
        if process.is_alive():
            process.terminate()
            process.join(STOP_SECONDS)


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
