"""The round of the stopping benchmark, run inside Django."""

import json
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import django

django.setup()

from django.core.management import call_command  # noqa: E402

from agencies.models import User  # noqa: E402
from alerts.acts.correcting import create_correction  # noqa: E402
from alerts.acts.drafting import VariantText, create_bulletin  # noqa: E402
from alerts.acts.publishing import publish_bulletin  # noqa: E402
from alerts.acts.stopping import cancel_dispatch, pause_dispatch, resume_dispatch  # noqa: E402
from alerts.engine.clearing import clear_stopped  # noqa: E402
from alerts.models import Dispatch  # noqa: E402
from alerts.recipients import count_recipients  # noqa: E402
from alerts.reports import progress  # noqa: E402
from bench.fanout_passes import BODY, crowd  # noqa: E402
from bench.servers import Servers, end_sink  # noqa: E402
from subscriptions.models import Topic  # noqa: E402

STILL = 4.0  # seconds without a mail, then it has stopped
PATIENCE = 600.0
Sink = tuple["subprocess.Popen[str]", int, Path]


def measure(recipients: int, servers: Servers) -> dict[str, object]:
    """Publish, pause, resume, cancel, clear, correct."""
    call_command("migrate", verbosity=0)
    topic, publisher = crowd(recipients)
    sink = process, port, report = servers.own_sink()
    servers.start_workers(port)
    dispatch = _published(topic, publisher)
    bulletin = dispatch.bulletin
    assert bulletin is not None  # noqa: S101  it is no digest

    _until(lambda: progress(dispatch).sent > 0.3 * recipients)
    paused = _stop(lambda: pause_dispatch(dispatch=dispatch, by=publisher), sink)
    resume_dispatch(dispatch=dispatch, by=publisher)
    _until(lambda: progress(dispatch).sent > 0.6 * recipients)
    cancelled = _stop(lambda: cancel_dispatch(dispatch=dispatch, by=publisher), sink)

    started = time.monotonic()
    while clear_stopped():
        pass
    cleared = time.monotonic() - started
    got = sum(count.number for count in count_recipients(bulletin) if count.result == "got")
    text = VariantText(language="en", title="Water level: Friday", body="It is Friday.")
    correction = create_correction(first=bulletin, variants=[text], author=publisher)
    corrected = publish_bulletin(bulletin=correction, publisher=publisher)
    _until(lambda: progress(corrected).expanded or progress(corrected).sent >= got)
    _until(lambda: not progress(corrected).pending and progress(corrected).sent >= got)
    servers.stop_children()
    counted = end_sink(process, report)
    done = progress(dispatch)
    return {
        "recipients": recipients,
        "stop_ms": [paused["stop_ms"], cancelled["stop_ms"]],
        "sent": done.sent,
        "cancelled": done.cancelled,
        "unrecorded": cancelled["unique"] - got,
        "duplicates": cancelled["messages"] - cancelled["unique"],
        "unaccounted": recipients - done.sent - done.cancelled - done.failed - done.skipped,
        "cleared_s": round(cleared, 2),
        "corrected": progress(corrected).sent,
        "strangers": int(counted["unique_recipients"]) - cancelled["unique"],
    }


def _published(topic: Topic, publisher: User) -> Dispatch:
    text = VariantText(language="en", title="Water level of the river Arn", body=BODY.format(n=12) * 5)
    bulletin = create_bulletin(agency=topic.agency, topics=[topic], variants=[text], author=publisher)
    return publish_bulletin(bulletin=bulletin, publisher=publisher)


def _stop(act: Callable[[], object], sink: Sink) -> dict[str, int]:
    """Do it, wait until nothing has come for a while, and read what the SMTP server says."""
    act()
    at = time.time()
    time.sleep(STILL)
    process, _, report = sink
    report.unlink(missing_ok=True)
    process.send_signal(signal.SIGUSR1)
    _until(report.exists)
    said = json.loads(report.read_text())
    return {
        "stop_ms": round((said["last"] - at) * 1000),
        "messages": int(said["messages"]),
        "unique": int(said["unique_recipients"]),
    }


def _until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError("The round does not get on: look at the workers' logs.")
        time.sleep(0.02)
