"""Workers are killed while they send: nobody is missed, and few get it twice."""

import os
import signal

import pytest
from django.db.models import Max

from alerts.lanes import UNRECORDED
from alerts.models import Batch
from govnotify.lib.queues import Queue
from govnotify.processes import beat, worker
from tests.inbox import Inbox
from tests.integration.faults.gate import Gate
from tests.integration.faults.platform import Platform, senders
from tests.integration.faults.scenes import a_bulletin_sent, a_crowd, doubled, has_reached

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = 2_000


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
