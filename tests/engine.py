"""Running the engine in a test: its own work function, called until there is nothing left to do."""

import os
from dataclasses import replace

import pytest

from alerts.lanes import RULES, Lane
from alerts.tasks import WORK
from govnotify.lib import queues
from govnotify.lib.queues import Queue

SENDING = [queue for queue in Queue if queue is not Queue.HOUSEKEEPING]
ROUNDS = 1_000


def work_through(*named: Queue) -> None:
    """Do the work of the queues (all that send, by default) until none has any more."""
    for _ in range(ROUNDS):
        worked = [piece() for queue in named or SENDING for piece in WORK[queue]]
        if not any(worked):
            return
    raise AssertionError(f"still at work after {ROUNDS} rounds")


def hints_are_said() -> None:
    """What this process, or the test before, had to tell the broker has been told. A thread of its own does."""
    queues._messenger(os.getpid())._thread.submit(lambda: None).result()


def unhurried(monkeypatch: pytest.MonkeyPatch, lane: Lane) -> None:
    """Every step of the lane's retries takes sixty times as long.

    Else a test that stands still for the two seconds between an emergency's attempts finds the second one made.
    """
    steps = {channel: tuple(60 * step for step in steps) for channel, steps in RULES[lane].retries.items()}
    monkeypatch.setitem(RULES, lane, replace(RULES[lane], retries=steps))
