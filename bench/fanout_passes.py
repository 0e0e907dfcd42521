"""The passes of the fan-out benchmark, run inside Django."""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import django

django.setup()

from django.core.management import call_command  # noqa: E402

from agencies.models import User  # noqa: E402
from alerts.acts.drafting import VariantText, create_bulletin  # noqa: E402
from alerts.acts.publishing import publish_bulletin  # noqa: E402
from alerts.engine.eligibility import Recipient  # noqa: E402
from alerts.engine.mailing import envelope  # noqa: E402
from alerts.engine.rendering import edition  # noqa: E402
from alerts.models import Dispatch  # noqa: E402
from alerts.reports import progress  # noqa: E402
from bench.memory import MemoryWatch, peak_rss_mb  # noqa: E402
from bench.people import a_topic, follow  # noqa: E402
from bench.servers import Servers, cpu_seconds, end_sink, processes_of, stop_all  # noqa: E402
from govnotify.lib.queues import Queue  # noqa: E402
from subscriptions.models import Topic  # noqa: E402

BODY = """The river has risen by {n} cm since the last report, and it goes on rising. **No road is closed** at present.

- Keep away from the banks, and keep children and animals in sight.
- Move what you keep in a cellar to a higher floor.
- Follow the warnings of the [water office](https://water.example/).

"""  # five times: the message has 8.4 KB, text and HTML together
PATIENCE = 1_800.0  # seconds
SOURCE_ENOUGH = 100_000  # messages: smtp-source is four times slower than we, and its rate does not change


def measure(recipients: int, servers: Servers) -> dict[str, object]:
    """Fill the database, then: speed, limit on the same server with the same bytes, correctness."""
    call_command("migrate", verbosity=0)
    topic, publisher = crowd(recipients)
    speed = _speed(recipients, servers, topic, publisher)
    counted = _correctness(servers, topic, publisher)
    return {
        "recipients": recipients,
        "accepted": counted["messages"],
        "missing": recipients - counted["unique"],
        "duplicates": counted["messages"] - counted["unique"],
        **speed,
    }


def _speed(recipients: int, servers: Servers, topic: Topic, publisher: User) -> dict[str, object]:
    postfix = servers.postfix_sink()
    if postfix is None:
        process, port, report = servers.own_sink()
        sink = "null_smtp"
    else:
        _, port = postfix
        sink = "smtp-sink"
    platform = servers.start_platform(port)
    pids = processes_of(platform[Queue.ROUTINE])
    before = cpu_seconds(pids)
    assert servers.postgres.child is not None and servers.valkey.child is not None  # noqa: S101, PT018
    with MemoryWatch(platform, servers.postgres.child, servers.valkey.child) as memory:
        dispatch, seconds = publish_and_wait(topic, publisher)
    cpu, rss = cpu_seconds(pids) - before, peak_rss_mb(pids)
    done = progress(dispatch)
    if done.sent != recipients:
        raise RuntimeError(f"{done.sent} of {recipients} sent: {servers.folder / 'routine.log'}")
    stop_all(platform.values())
    limit_rate, source_rate = _limit(recipients, port, dispatch, servers.folder)
    if postfix is None:
        end_sink(process, report)
    servers.stop_children()
    rate = recipients / seconds
    return {
        "seconds": round(seconds, 3),
        "rate": round(rate),
        "limit_rate": limit_rate,
        "ratio": round(rate / limit_rate, 3),
        "first_ms": done.first_ms,
        "cpu_us_per_message": round(cpu / recipients * 1e6, 1),
        "worker_rss_mb": round(rss),
        "memory_mb": memory.peaks_mb,
        "smtp_source_rate": source_rate,
        "speed_sink": sink,
        "correctness_sink": "null_smtp",
    }


def _correctness(servers: Servers, topic: Topic, publisher: User) -> dict[str, int]:
    process, port, report = servers.own_sink()
    servers.start_workers(port)
    publish_and_wait(topic, publisher)
    servers.stop_children()
    counted = end_sink(process, report)
    return {"messages": int(counted["messages"]), "unique": int(counted["unique_recipients"])}


def publish_and_wait(topic: Topic, publisher: User) -> tuple[Dispatch, float]:
    """Publish; seconds from the call until the last delivery was recorded as accepted."""
    text = VariantText(language="en", title="Water level of the river Arn", body=BODY.format(n=12) * 5)
    bulletin = create_bulletin(agency=topic.agency, topics=[topic], variants=[text], author=publisher)
    started = time.time()
    dispatch = publish_bulletin(bulletin=bulletin, publisher=publisher)
    while (now := progress(dispatch)).state != Dispatch.State.DONE:
        if time.time() - started > PATIENCE:
            raise RuntimeError(f"not finished after {PATIENCE:.0f} s: {now}")
        time.sleep(0.25)
    assert now.last_at is not None  # noqa: S101
    return dispatch, now.last_at.timestamp() - started


def _limit(recipients: int, port: int, dispatch: Dispatch, folder: Path) -> tuple[int, int | None]:
    """The best of one and two bare clients, with a message of this dispatch; and smtp-source where it is installed."""
    someone = Recipient(1, "person1@people.example", "en", "", [1], 0, "")
    sample = folder / "message.eml"
    sample.write_bytes(envelope(dispatch.pk, edition(dispatch.pk), someone).message)
    rates = [_bare(recipients, port, sample, processes) for processes in (1, 2)]
    return max(rates), _smtp_source(recipients, port, sample)


def _bare(recipients: int, port: int, sample: Path, processes: int) -> int:
    output = subprocess.run(  # noqa: S603
        [
            sys.executable, "-m", "bench.bare_smtp", "--port", str(port), "--messages", str(recipients),
            "--size-file", sample, "--processes", str(processes),
        ],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    return int(json.loads(output.splitlines()[-1])["rate"])


def _smtp_source(recipients: int, port: int, sample: Path) -> int | None:
    program = shutil.which("smtp-source", path="/usr/sbin:/usr/bin")
    if program is None:
        return None
    recipients = min(recipients, SOURCE_ENOUGH)
    size = str(sample.stat().st_size)
    command = [program, "-s", "8", "-m", str(recipients), "-l", size, "-f", "a@b.example", "-t", "c@d.example"]
    started = time.monotonic()
    subprocess.run([*command, f"127.0.0.1:{port}"], check=True, capture_output=True)  # noqa: S603
    return round(recipients / (time.monotonic() - started))


def crowd(recipients: int) -> tuple[Topic, User]:
    """A topic that so many people follow, and its publisher."""
    topic, publisher = a_topic()
    follow(topic, ((number, f"person{number}@people.example") for number in range(1, recipients + 1)))
    return topic, publisher
