"""The pass of the costs benchmark, run inside Django."""

import time
from collections import Counter
from collections.abc import Iterator
from itertools import cycle, islice

import django
import uvloop

django.setup()

from django.core.management import call_command  # noqa: E402

from alerts.engine.eligibility import Recipient  # noqa: E402
from alerts.engine.mailing import envelope  # noqa: E402
from alerts.engine.rendering import edition  # noqa: E402
from alerts.lanes import UNRECORDED  # noqa: E402
from alerts.models import Dispatch  # noqa: E402
from alerts.reports import progress  # noqa: E402
from bench.dead_rows import DeadRows  # noqa: E402
from bench.fanout_passes import crowd, publish_and_wait  # noqa: E402
from bench.servers import Servers, cpu_seconds, end_sink, processes_of  # noqa: E402
from channels.outcome import Outcome  # noqa: E402
from channels.smtp import Envelope, Relay, SmtpPool  # noqa: E402
from govnotify.lib.database import query  # noqa: E402

ALONE = 20_000  # messages by which rendering and SMTP are measured by themselves
# The steps by what their statements write or read, the first that fits.
STEPS = (
    ("expansion", "INSERT INTO alerts_delivery"),
    ("outcome", "UPDATE alerts_delivery"),
    ("claim", "INSERT INTO alerts_turn"),
    ("claim", "JOIN subscriptions_subscriber"),
)
STATEMENTS = "SELECT query, total_plan_time, total_exec_time FROM pg_stat_statements"
BYTES = """
SELECT sum(pg_relation_size(oid)), sum(pg_indexes_size(oid)) FROM pg_class
WHERE relkind = 'r' AND relname LIKE 'alerts\\_delivery\\_2%%'
"""


def measure(recipients: int, servers: Servers) -> dict[str, object]:
    """One bulletin to so many, and what it cost."""
    call_command("migrate", verbosity=0)
    topic, publisher = crowd(recipients)
    query("CREATE EXTENSION pg_stat_statements", {})
    query("CHECKPOINT", {})
    query("SELECT pg_stat_statements_reset()", {})  # the crowd is no cost of the bulletin
    sink, port, report = servers.own_sink()
    servers.start_workers(port)
    processes = _processes(servers) | {"mail server": [sink.pid]}
    before = {name: cpu_seconds(pids) for name, pids in processes.items()}
    [(log,)] = query("SELECT pg_current_wal_insert_lsn()", {})
    with DeadRows() as watch:
        dispatch, seconds = publish_and_wait(topic, publisher)
    [(written,)] = query("SELECT pg_current_wal_insert_lsn() - %(log)s::pg_lsn", {"log": log})
    after = {name: cpu_seconds(pids) for name, pids in (_processes(servers) | {"mail server": [sink.pid]}).items()}
    if progress(dispatch).sent != recipients:
        raise RuntimeError(f"{progress(dispatch).sent} of {recipients} sent: {servers.folder / 'routine.log'}")
    servers.stop_children()
    end_sink(sink, report)
    [(heap, indexes)] = query(BYTES, {})
    return {
        "recipients": recipients,
        "rate": round(recipients / seconds),
        "processor_us": {name: _us(after[name] - before[name], recipients) for name in before},
        "postgres_us": _steps(recipients),
        "alone_us": _alone(servers, dispatch),
        "heap_bytes": round(int(heap) / recipients),
        "index_bytes": round(int(indexes) / recipients),
        "wal_bytes": round(written / recipients),
        "tables": watch.seen(),
    }


def _processes(servers: Servers) -> dict[str, list[int]]:
    assert servers.postgres.child is not None and servers.valkey.child is not None  # noqa: S101, PT018
    return {
        "workers": [pid for child in servers.children for pid in processes_of(child)],
        "PostgreSQL": processes_of(servers.postgres.child),
        "broker": processes_of(servers.valkey.child),
    }


def _steps(recipients: int) -> dict[str, dict[str, float]]:
    """Planning and execution of each step's statements."""
    planning, execution = Counter[str](), Counter[str]()
    for statement, plan, execute in query(STATEMENTS, {}):
        step = next((step for step, mark in STEPS if mark in statement), "other")
        if step == "other" and (plan + execute) * 1000 > recipients:
            print(f"{_us((plan + execute) / 1000, recipients):8.2f} µs  {' '.join(statement.split())[:200]}")
        planning[step] += plan / 1000
        execution[step] += execute / 1000
    return {
        step: {"planning": _us(planning[step], recipients), "execution": _us(execution[step], recipients)}
        for step in sorted(execution, key=execution.__getitem__, reverse=True)
    }


def _alone(servers: Servers, dispatch: Dispatch) -> dict[str, float]:
    """Processor time of rendering, and of the SMTP pool with what was rendered; nothing else runs meanwhile."""
    known = edition(dispatch.pk)
    topics = list(known.topics)
    people = [Recipient(number, f"person{number}@people.example", "en", "", topics, 0, "") for number in range(ALONE)]
    known.prepare(people)
    started = time.process_time()
    for person in people:
        envelope(dispatch.pk, known, person)
    rendering = time.process_time() - started
    # A window of them, again and again: a worker never holds more.
    envelopes = [envelope(dispatch.pk, known, person) for person in people[:UNRECORDED]]
    sink, port, report = servers.own_sink()
    started = time.process_time()
    uvloop.run(_send(_Feed(islice(cycle(envelopes), ALONE)), port))
    sending = time.process_time() - started
    end_sink(sink, report)
    return {"render": _us(rendering, ALONE), "smtp": _us(sending, ALONE)}


async def _send(feed: "_Feed", port: int) -> None:
    pool = SmtpPool(Relay("127.0.0.1", port))
    await (await pool.send(feed))
    await pool.close()


class _Feed:
    """Ready envelopes, whose outcomes nobody keeps."""

    withdrawn = False

    def __init__(self, envelopes: Iterator[Envelope]) -> None:
        self._envelopes = envelopes
        self.finished = False

    def take(self) -> Envelope | None:
        taken = next(self._envelopes, None)
        self.finished = taken is None
        return taken

    def record(self, envelope: Envelope, outcome: Outcome) -> None:
        if not outcome.accepted:
            raise RuntimeError(f"{envelope.recipient}: {outcome}")


def _us(seconds: float, messages: int) -> float:
    return round(seconds / messages * 1e6, 1)
