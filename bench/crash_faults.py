"""The faults: each strikes the platform in the middle of a dispatch and is over when its function returns.

Somebody restarts what was killed, as a supervisor does, after a second or more.
"""

import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress

import redis
from django.db import connections, transaction

from agencies.models import User
from alerts.acts.publishing import publish_bulletin, wake_lane
from alerts.lanes import Lane, RecipientKind
from bench import crash_sink
from bench.crash_control import Sink
from bench.crash_people import a_draft
from bench.crash_servers import QUEUES, Clock, Platform
from govnotify.lib.database import query
from subscriptions.models import Topic

HOUR = 3_600
STALL_SECONDS = 60.0
MOOD_SECONDS = 2.0
WORKERS = [queue.value for queue in QUEUES]


class Stage:
    """What a fault can lay hands on. It says how many senders it killed."""

    def __init__(self, platform: Platform, sink: Sink, dice: random.Random, bystanders: Topic, publisher: User) -> None:
        self.platform = platform
        self.sink = sink
        self.dice = dice
        self.bystanders = bystanders  # a topic that nobody may ever get a mail about
        self.publisher = publisher
        self.senders_killed = 0


Fault = Callable[[Stage], None]


def one_sender_killed(stage: Stage) -> None:
    """A pool process in mid-batch; its worker makes another."""
    senders = stage.platform.senders()
    if senders:
        os.kill(stage.dice.choice(senders), signal.SIGKILL)
        stage.senders_killed += 1


def all_workers_killed(stage: Stage) -> None:
    stage.senders_killed += len(stage.platform.senders())
    stage.platform.kill_processes(WORKERS)
    time.sleep(1)
    stage.platform.start_processes()


def beat_killed(stage: Stage) -> None:
    """With a sender, so that somebody has to notice that its batch is nobody's."""
    one_sender_killed(stage)
    stage.platform.kill_processes(["beat"])
    time.sleep(1)
    stage.platform.start_processes()


def broker_wiped(stage: Stage) -> None:
    with redis.Redis.from_url(stage.platform.valkey.url()) as broker:
        broker.flushall()


def broker_restarted(stage: Stage) -> None:
    stage.platform.kill_broker()
    time.sleep(stage.dice.uniform(1, 5))
    stage.platform.valkey.start()


def broker_disk_full(stage: Stage) -> None:
    stage.platform.fill_broker_disk()
    time.sleep(stage.dice.uniform(3, 8))
    stage.platform.free_broker_disk()


def database_restarted(stage: Stage) -> None:
    stage.platform.kill_postgres()
    time.sleep(stage.dice.uniform(0.5, 3))
    stage.platform.restart_postgres()


def database_away(stage: Stage) -> None:
    """For longer than any lease."""
    stage.platform.kill_postgres()
    time.sleep(40)
    stage.platform.restart_postgres()


def database_connections_cut(stage: Stage) -> None:
    query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()", {})


def clock_forward(stage: Stage) -> None:
    """An hour, for PostgreSQL and every process: each lease in the database has run out at once."""
    stage.platform.worker_clock.set(HOUR)
    stage.platform.server_clock.set(HOUR)
    time.sleep(1.1)


def clock_of_workers_forward(stage: Stage) -> None:
    """An hour, on the workers' host alone."""
    stage.platform.worker_clock.set(HOUR)
    time.sleep(1.1)


def publisher_aborted(stage: Stage) -> None:
    """The hint is out, and then nothing was published: nobody may get a mail for it."""
    with suppress(ZeroDivisionError), transaction.atomic():
        publish_bulletin(bulletin=a_draft(stage.bystanders), publisher=stage.publisher)
        wake_lane(Lane.ROUTINE, (RecipientKind.SUBSCRIBER, RecipientKind.ENDPOINT))
        time.sleep(0.5)
        raise ZeroDivisionError
    connections.close_all()


def mail_server(mood: str, *, every: int = 1, seconds: float = MOOD_SECONDS) -> Fault:
    def strike(stage: Stage) -> None:
        stage.sink.behave(mood, every=every)
        time.sleep(seconds)
        stage.sink.behave(crash_sink.WELL)

    return strike


FAULTS: dict[str, Fault] = {
    "one sender killed": one_sender_killed,
    "all workers killed": all_workers_killed,
    "beat and a sender killed": beat_killed,
    "broker wiped": broker_wiped,
    "broker killed and restarted": broker_restarted,
    "broker's disk full": broker_disk_full,
    "PostgreSQL killed and restarted": database_restarted,
    "PostgreSQL away for 40 s": database_away,
    "connections to PostgreSQL cut": database_connections_cut,
    "clock set forward an hour": clock_forward,
    "clock of the workers' host set forward": clock_of_workers_forward,
    "publisher's transaction aborted": publisher_aborted,
    "mail server drops in mid-DATA": mail_server(crash_sink.DROP_IN_DATA, every=20),
    "mail server drops after the dot": mail_server(crash_sink.DROP_AFTER_DOT, every=20),
    "mail server answers 421": mail_server("421", every=20),
    "mail server answers 451": mail_server("451", every=5),
    "mail server answers 550": mail_server("550", every=20),
    "mail server answers garbage": mail_server(crash_sink.GARBAGE, every=20),
    "mail server stalls": mail_server(crash_sink.STALL, seconds=STALL_SECONDS),
    "three messages a connection": mail_server(crash_sink.THREE),
}
NEEDS_CLOCK = {name for name in FAULTS if name.startswith("clock")}


def possible(platform: Platform) -> tuple[list[str], dict[str, str]]:
    """The faults that this machine allows, and why not the others."""
    reasons: dict[str, str] = {}
    if not Clock.can_lie():
        reasons |= dict.fromkeys(NEEDS_CLOCK, "needs Debian's package faketime")
    if not platform.has_disk:
        reasons["broker's disk full"] = "needs the right to mount a tmpfs (root)"
    return [name for name in FAULTS if name not in reasons], reasons
