"""Every queue has a worker everywhere that workers are listed, and only one module puts anything on a queue."""

import ast
import json
import re
from base64 import b64decode

import pytest
import redis
from django.conf import settings

from alerts.lanes import QUEUE_OF, Channel, Lane
from alerts.service_levels import BY_MAIL, PROBED, SERVICE_LEVELS
from alerts.tasks import WORK
from govnotify import processes
from govnotify.celery import app
from govnotify.lib.queues import TASK, Queue, wake
from tests.architecture import compose
from tests.architecture.project import ROOT, modules
from tests.engine import hints_are_said

MAY_SEND = "govnotify/lib/queues.py"
HINTS = {"wake", "rally"}
# How a queue may be named to them: by the table of lanes, by itself, or by a row of the table of probes.
NAMES_A_QUEUE = re.compile(r"QUEUE_OF\[[\w.]+, .+\]|Queue\.[A-Z_]+|_retry_queue\(lane, channel\)|Queue\(queue\)|queue")
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

    others = {channel for channel in Channel if channel is not Channel.EMAIL}
    assert wanted - QUEUE_OF.keys() == {(lane, channel) for lane in by_mail_only for channel in others}


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


def test_a_hint_names_its_queue_by_the_table() -> None:
    named = [
        (f"{path}:{node.lineno}", ast.unparse(node.args[0]))
        for path, module in modules()
        if path.as_posix() != MAY_SEND
        for node in ast.walk(module)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in HINTS
    ]

    assert named
    assert [(place, name) for place, name in named if not NAMES_A_QUEUE.fullmatch(name)] == []


@pytest.mark.parametrize("queue", Queue)
def test_a_hint_lands_on_the_queue_that_it_names_and_nowhere_else(queue: Queue) -> None:
    with redis.Redis.from_url(settings.REDIS_URL) as broker:
        hints_are_said()
        broker.delete(*Queue)
        wake(queue)
        hints_are_said()
        landed = {name: broker.lrange(name, 0, -1) for name in Queue}
        broker.delete(*Queue)
    [(found, [message])] = [(name, hints) for name, hints in landed.items() if hints]

    assert found == queue
    assert json.loads(b64decode(json.loads(message)["body"]))[0] == [queue.value]


def test_a_worker_serves_one_queue() -> None:
    """So what lies on a queue is done by its own workers, and they do nothing else."""
    served = [process.queue for process in processes.background() if process.queue is not None]

    assert sorted(served) == sorted(Queue)
    for process in processes.background():
        queues = [process.arguments[at + 1] for at, word in enumerate(process.arguments) if word == "-Q"]
        assert queues == ([process.queue] if process.queue else []), process.name


def test_every_lane_has_service_levels_and_every_queue_that_sends_a_probe() -> None:
    assert set(SERVICE_LEVELS) == set(Lane)
    assert set(PROBED) == set(Queue) - {Queue.HOUSEKEEPING}
    assert {queue for (_, channel), queue in QUEUE_OF.items() if channel is Channel.EMAIL} == BY_MAIL
    for (lane, _), queue in QUEUE_OF.items():
        assert PROBED[queue] is lane


def test_the_manual_gives_the_service_levels_of_the_table() -> None:
    manual = (ROOT / "docs/operations.md").read_text()
    units = {"s": 1, "min": 60, "h": 3_600}
    for lane, level in SERVICE_LEVELS.items():
        row = re.search(rf"^\| `{lane.label}` \| ([^|]+) \| ([^|]+) \|$", manual, re.MULTILINE)
        assert row is not None, f"docs/operations.md has no service levels of lane {lane.label}"
        written = [
            tuple(int(n) * units[unit] for n, unit in re.findall(r"(\d+) (s|min|h)\b", cell)) for cell in row.groups()
        ]
        assert written == [level.probe, level.waiting], lane
