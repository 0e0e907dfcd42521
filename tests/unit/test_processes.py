"""The table of processes: complete, and every command one that its program takes."""

import pytest
from celery.bin.beat import beat as celery_beat
from celery.bin.celery import celery
from celery.bin.worker import worker as celery_worker
from click import Command, Context
from granian.cli import cli as granian

from govnotify import processes
from govnotify.lib.queues import Queue
from govnotify.processes import Process


def parsed(process: Process) -> dict[str, object]:
    """The command's options as its program understands them; click raises for what it does not know."""
    commands: dict[str, Command] = {"worker": celery_worker, "beat": celery_beat}
    if process.module == "granian":
        return granian.make_context("granian", list(process.arguments)).params
    app, name, *arguments = process.arguments[1], process.arguments[2], *process.arguments[3:]
    context = Context(celery, info_name="celery", obj=None)
    assert app == "govnotify"
    parser = commands[name].make_parser(context)
    options, left, _ = parser.parse_args(list(arguments))
    assert left == []
    return dict(options)


def test_every_queue_has_a_worker_of_its_own_and_beat_runs_once() -> None:
    background = processes.background()
    assert [process.queue for process in background] == [*Queue, None]
    assert len({process.name for process in background}) == len(background)


@pytest.mark.parametrize("queue", Queue)
def test_a_worker_serves_its_queue_alone_and_forks(queue: Queue) -> None:
    options = parsed(processes.worker(queue))
    assert options["queues"] == queue
    assert options["pool"] == "prefork"
    assert int(str(options["concurrency"])) == processes.CONCURRENCY[queue]


def test_the_lanes_that_carry_most_have_several_processes() -> None:
    several = {queue for queue, number in processes.CONCURRENCY.items() if number > 1}
    assert several == {Queue.EMERGENCY, Queue.ROUTINE, Queue.EMERGENCY_PUSH, Queue.ROUTINE_PUSH}


def test_beat_and_the_web_server_understand_their_options() -> None:
    parsed(processes.beat())
    options = parsed(processes.web(host="127.0.0.1", port=8001, workers=3))
    assert (options["host"], options["port"], options["workers"]) == ("127.0.0.1", 8001, 3)
    assert options["app"] == "govnotify.wsgi:application"


def test_a_line_is_what_an_operator_types() -> None:
    assert processes.worker(Queue.DIGEST).line.startswith("celery -A govnotify worker -Q digest -n digest@%h ")
    assert processes.web().line.startswith("granian --interface wsgi --host 0.0.0.0 --port 8000 ")
