"""The pass of the digest benchmark, run inside Django."""

import os
import time

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from alerts.engine.digests import start_run  # noqa: E402
from alerts.models import DigestItem, Dispatch  # noqa: E402
from alerts.reports import Progress, progress  # noqa: E402
from bench.digest_world import settle  # noqa: E402
from bench.memory import peak_rss_mb  # noqa: E402
from bench.servers import Servers, cpu_seconds, end_sink, processes_of, wait_for  # noqa: E402
from govnotify.embedded import Child  # noqa: E402
from govnotify.lib.database import query  # noqa: E402
from govnotify.lib.queues import Queue  # noqa: E402
from govnotify.processes import worker  # noqa: E402
from subscriptions.models import Frequency, Timetable  # noqa: E402

PATIENCE = 1_800.0  # seconds
# Statements of the digest's expansion, by what they read or write.
EXPANSION = """
SELECT coalesce(sum(total_exec_time), 0) FROM pg_stat_statements
WHERE query LIKE '%%INSERT INTO alerts_digestitem%%' OR query LIKE '%%AS digest_reader%%'
"""
COSTLIEST = """
SELECT calls, total_exec_time, left(regexp_replace(query, '\\s+', ' ', 'g'), 90) FROM pg_stat_statements
ORDER BY total_exec_time DESC LIMIT 10
"""


def measure(recipients: int, own_hour: float, servers: Servers) -> dict[str, object]:
    """Fill the database, make the run, and count at the server who got it."""
    call_command("migrate", verbosity=0)
    settle(recipients, own_hour=own_hour)
    query("CREATE EXTENSION pg_stat_statements", {})
    query("CHECKPOINT", {})
    process, port, report = servers.own_sink()
    digests = _start_worker(servers, port)
    pids = processes_of(digests)
    assert servers.postgres.child is not None  # noqa: S101
    backends = processes_of(servers.postgres.child)
    before, database_before = cpu_seconds(pids), cpu_seconds(backends)
    run, done, seconds = _run_and_wait()
    cpu, rss = cpu_seconds(pids) - before, peak_rss_mb(pids)
    database = cpu_seconds(processes_of(servers.postgres.child)) - database_before
    servers.stop_children()
    counted = end_sink(process, report)
    _show_statements(recipients)
    [(expansion,)] = query(EXPANSION, {})
    return {
        "recipients": recipients,
        "own_hour": own_hour,
        "accepted": int(counted["messages"]),
        "missing": recipients - int(counted["unique_recipients"]),
        "duplicates": int(counted["messages"] - counted["unique_recipients"]),
        "items": DigestItem.objects.filter(dispatch_id=run.pk).count(),
        "seconds": round(seconds, 3),
        "rate": round(recipients / seconds),
        "first_ms": done.first_ms,
        "cpu_us_per_message": round(cpu / recipients * 1e6, 1),
        "database_us_per_message": round(database / recipients * 1e6, 1),
        "worker_rss_mb": round(rss),
        "expand_us_per_recipient": round(expansion * 1_000 / recipients, 1),
        "octets_per_message": round(counted["octets"] / max(counted["messages"], 1)),
    }


def _run_and_wait() -> tuple[Dispatch, Progress, float]:
    """Start the day's run; seconds from the call until the last digest was recorded as accepted."""
    started = time.time()
    tables = list(Timetable.objects.filter(period=Frequency.DAILY))  # those that people have chosen, if any
    run = start_run(period=Frequency.DAILY, cut_off=timezone.now(), tables=tables or None)
    assert run is not None  # noqa: S101  there is none of this moment
    while (now := progress(run)).state != Dispatch.State.DONE:
        if time.time() - started > PATIENCE:
            raise RuntimeError(f"not finished after {PATIENCE:.0f} s: {now}")
        time.sleep(0.25)
    assert now.last_at is not None  # noqa: S101
    return run, now, now.last_at.timestamp() - started


def _start_worker(servers: Servers, smtp_port: int) -> Child:
    """The digest queue's worker by its production command, when it is ready."""
    environment = {**os.environ, "EMAIL_URL": f"smtp://127.0.0.1:{smtp_port}", "LOG_LEVEL": "INFO"}
    log = servers.folder / f"{Queue.DIGEST}.log"
    child = Child(Queue.DIGEST, worker(Queue.DIGEST).command, log=log, env=environment)
    servers.children.append(child)
    wait_for(lambda: " ready." in log.read_text(), child)
    return child


def _show_statements(recipients: int) -> None:
    print("µs per recipient, calls, statement:")
    with connection.cursor() as cursor:
        cursor.execute(COSTLIEST)
        for calls, milliseconds, statement in cursor.fetchall():
            print(f"{milliseconds * 1_000 / recipients:8.2f} {calls:8d}  {statement}")
