"""Workers are killed while they send: nobody is missed, and few get it twice."""

import os
import signal
import threading
from collections.abc import Iterator

import pytest
from django.db.models import Max

from alerts.lanes import UNRECORDED
from alerts.models import Batch
from govnotify.lib.queues import Queue
from govnotify.processes import beat, worker
from tests.inbox import Inbox
from tests.integration.faults.platform import Platform, senders
from tests.integration.faults.scenes import a_bulletin_sent, a_crowd, doubled, has_reached

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = 2_000


class Gate:
    """A mail server's verdict that holds everything up at a chosen message, so that "in the middle" is a fact."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._at = 0
        self.reached = threading.Event()
        self._open = threading.Event()
        inbox.verdict = self._verdict

    def hold_at(self, messages: int) -> None:
        self._at = messages
        self.reached.clear()
        held, self._open = self._open, threading.Event()
        held.set()

    def open(self) -> None:
        self._at = 0
        self._open.set()

    def _verdict(self, recipient: str) -> str:
        until = self._open  # before anybody is told: the next hold has another
        if self._at and len(self._inbox.mails) >= self._at:
            self.reached.set()
            until.wait()
        return "250 2.0.0 Ok"


@pytest.fixture
def gate(inbox: Inbox) -> Iterator[Gate]:
    held = Gate(inbox)
    yield held
    held.open()


def test_a_killed_sender_and_a_killed_worker_miss_nobody(platform: Platform, inbox: Inbox, gate: Gate) -> None:
    """A pool process first, then the whole worker, as `kill -9` does; a new worker waits for their leases (30 s)."""
    topic, people = a_crowd("water", PEOPLE)
    gate.hold_at(400)
    dispatch = a_bulletin_sent(topic)
    routine, *_ = platform.start(worker(Queue.ROUTINE), worker(Queue.HOUSEKEEPING), beat())
    platform.wait_until(gate.reached.is_set, "400 mails")
    first, *_ = senders(routine, inbox.port)
    os.kill(first, signal.SIGKILL)

    gate.hold_at(1_000)
    platform.wait_until(gate.reached.is_set, "1,000 mails")
    killed = [first, *senders(routine, inbox.port)]
    assert len(killed) >= 2
    os.killpg(routine.pid, signal.SIGKILL)
    platform.wait_until(lambda: not routine.running, "the worker is gone")

    gate.open()
    platform.start(worker(Queue.ROUTINE))
    platform.wait_until(lambda: has_reached(dispatch, people), "the bulletin has gone out")
    assert doubled(inbox.recipients(), people) <= UNRECORDED * len(killed)
    assert max(inbox.recipients().values()) <= 1 + len(killed)
    assert (Batch.objects.aggregate(claims=Max("token"))["claims"] or 0) >= 2  # a batch was taken up again
