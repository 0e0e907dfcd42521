"""The measures of the benchmark of notifications in browsers, run inside Django."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from agencies.models import User  # noqa: E402
from alerts.acts.drafting import VariantText, create_bulletin  # noqa: E402
from alerts.acts.publishing import publish_bulletin  # noqa: E402
from alerts.engine.pushing import payload  # noqa: E402
from alerts.models import Dispatch  # noqa: E402
from alerts.reports import Progress, progress  # noqa: E402
from bench.memory import peak_rss_mb  # noqa: E402
from bench.people import LONG_AGO, a_topic  # noqa: E402
from bench.servers import Servers, cpu_seconds, processes_of  # noqa: E402
from govnotify.demo.receiver.browser import DemoBrowser, new_secret  # noqa: E402
from govnotify.lib.queues import Queue  # noqa: E402
from subscriptions.browser_identity import endpoint_key  # noqa: E402
from subscriptions.keys import push_key, secret_box, vapid  # noqa: E402
from subscriptions.models import Topic  # noqa: E402

TEXT = VariantText(
    language="en",
    title="Water level of the river Arn: no road is closed at present",
    body="The river has risen by 12 cm since the last report, and it goes on rising. Keep away from the banks.",
)
PATIENCE = 1_800.0  # seconds


def measure(browsers: int, port: int, servers: Servers) -> dict[str, object]:
    """One bulletin to so many browsers; then the bare client, by one and by two processes, on the same service."""
    call_command("migrate", verbosity=0)
    secret = new_secret()
    (servers.folder / "browser.txt").write_text(secret)
    topic, publisher = a_topic()
    follow(topic, browsers, port, DemoBrowser(secret))
    with null_service(servers, port) as counted:
        worker = servers.start_worker(Queue.ROUTINE_PUSH)
        pids = processes_of(worker)
        before = cpu_seconds(pids)
        dispatch, done = publish_and_wait(topic, publisher, browsers)
        cpu, rss = cpu_seconds(pids) - before, peak_rss_mb(pids)
        servers.stop_children()
    assert done.last_at is not None  # noqa: S101
    seconds = done.last_at.timestamp() - dispatch.cut_off.timestamp()
    (servers.folder / "payload.json").write_bytes(payload(dispatch.pk, "en"))
    with null_service(servers, port):
        bare = [_bare(servers, port, browsers, processes) for processes in (1, 2)]
    limit = max(bare, key=lambda one: one["rate"])
    rate = browsers / seconds
    return {
        "browsers": browsers,
        "accepted": counted["messages"],
        "missing": browsers - counted["unique"],
        "duplicates": counted["messages"] - counted["unique"],
        "sampled": counted["sampled"],
        "readable": counted["readable"],
        "seconds": round(seconds, 3),
        "rate": round(rate),
        "limit_rate": limit["rate"],
        "ratio": round(rate / limit["rate"], 3),
        "first_ms": done.first_ms,
        "cpu_us_per_message": round(cpu / browsers * 1e6, 1),
        "limit_cpu_us_per_message": limit["cpu_us_per_message"],
        "worker_rss_mb": round(rss),
        "connections": counted["connections"],
    }


def follow(topic: Topic, browsers: int, port: int, one: DemoBrowser) -> None:
    """So many browsers, with the keys of this one and an address each, follow the topic; in two COPYs."""
    known, sealed = vapid(), secret_box().encrypt(one.keys.pack())
    assert known is not None  # noqa: S101  the benchmark has just set a key
    key_id, host = known.id_of(push_key()), f"127.0.0.1:{port}"
    columns = "id, endpoint, endpoint_key, host, sealed_keys, vapid_key_id, language, status, welcomes, asked_at"
    with connection.cursor() as cursor:
        with cursor.copy(f"COPY subscriptions_browser ({columns}) FROM STDIN") as rows:
            for number in range(1, browsers + 1):
                endpoint = f"https://{host}/push/{number}"
                key = endpoint_key(endpoint)
                rows.write_row((number, endpoint, key, host, sealed, key_id, "en", "active", 1, LONG_AGO))
        with cursor.copy(
            "COPY subscriptions_browsersubscription (browser_id, topic_id, started_at) FROM STDIN"
        ) as rows:
            for number in range(1, browsers + 1):
                rows.write_row((number, topic.pk, LONG_AGO))


def publish_and_wait(topic: Topic, publisher: User, browsers: int) -> tuple[Dispatch, Progress]:
    """Publish, and wait until every browser's delivery is settled."""
    bulletin = create_bulletin(agency=topic.agency, topics=[topic], variants=[TEXT], author=publisher)
    dispatch = publish_bulletin(bulletin=bulletin, publisher=publisher)
    end = time.monotonic() + PATIENCE
    while (now := progress(dispatch)).sent + now.failed < browsers:
        if time.monotonic() > end:
            raise RuntimeError(f"not finished after {PATIENCE:.0f} s: {now}")
        time.sleep(0.1)
    return dispatch, now


@contextmanager
def null_service(servers: Servers, port: int) -> Iterator[dict[str, int]]:
    """Our null push service until the block ends; then what it has counted."""
    counted: dict[str, int] = {}
    command = [sys.executable, "-m", "bench.null_push", "--port", str(port), "--folder", str(servers.folder)]
    command += ["--browser", str(servers.folder / "browser.txt")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        try:
            assert process.stdout is not None  # noqa: S101
            process.stdout.readline()
            yield counted
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=120)
    counted |= json.loads((servers.folder / "push.json").read_text())


def _bare(servers: Servers, port: int, messages: int, processes: int) -> dict[str, float]:
    command = [
        sys.executable, "-m", "bench.bare_push", "--port", str(port), "--messages", str(messages),
        "--processes", str(processes), "--folder", str(servers.folder),
        "--browser", str(servers.folder / "browser.txt"), "--payload", str(servers.folder / "payload.json"),
    ]  # fmt: skip
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found
