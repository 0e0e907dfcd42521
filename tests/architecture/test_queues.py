"""Every queue has a worker everywhere that workers are listed, and only one module puts anything on a queue."""

import ast
import re

import pytest

from alerts.lanes import QUEUE_OF, Channel, Lane
from alerts.tasks import WORK
from govnotify import processes
from govnotify.celery import app
from govnotify.lib.queues import TASK, Queue
from tests.architecture import compose
from tests.architecture.project import ROOT, modules

MAY_SEND = "govnotify/lib/queues.py"
SENDS = {"apply_async", "delay", "send_task", "signature"}


@pytest.mark.parametrize("queue", Queue)
def test_a_queue_has_work_a_process_a_service_and_a_line_in_the_manual(queue: Queue) -> None:
    process = next((process for process in processes.background() if process.queue is queue), None)
    manual = (ROOT / "docs/operations.md").read_text()

    assert queue in WORK, f"alerts/tasks.py does not say what workers of {queue} do"
    assert process is not None, f"no process of govnotify/processes.py serves {queue}"
    assert process.arguments[process.arguments.index("-Q") + 1] == queue
    assert queue in compose.ours(), f"docker-compose.yml has no service {queue}"
    assert re.search(rf"^\| `{queue}` \|", manual, re.MULTILINE), f"docs/operations.md has no line for {queue}"


def test_every_lane_and_channel_has_a_queue() -> None:
    """Confirmations and digests go by mail alone."""
    by_mail_only = {Lane.TRANSACTIONAL, Lane.DIGEST}
    wanted = {(lane, channel) for lane in Lane for channel in Channel}

    assert wanted - QUEUE_OF.keys() == {(lane, Channel.WEBHOOK) for lane in by_mail_only}


def test_no_two_lanes_share_a_queue() -> None:
    assert len(set(QUEUE_OF.values())) == len(QUEUE_OF)


def test_there_is_one_task_that_carries_a_queue_and_nothing_else() -> None:
    app.loader.import_default_modules()

    assert [name for name in app.tasks if not name.startswith("celery.")] == [TASK]


def test_beat_only_gives_hints_to_queues_that_exist() -> None:
    for name, entry in app.conf.beat_schedule.items():
        assert entry["task"] == TASK, name
        assert entry["args"] == [entry["options"]["queue"]], f"{name} would work on another queue than its own"
        assert entry["args"][0] in set(Queue), name


def test_only_one_module_puts_anything_on_a_queue() -> None:
    elsewhere = [
        f"{path}:{node.lineno}"
        for path, module in modules()
        if path.as_posix() != MAY_SEND
        for node in ast.walk(module)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in SENDS
    ]

    assert not elsewhere, f"use wake() of {MAY_SEND}: it outlives a broker that is gone"
