"""The null server counts rightly and the bare client delivers everything: measurements stand on both."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from channels.smtp import Envelope
from tests.unit.smtp.builders import BODY, deliver, envelope, envelopes, run_uvloop

ROOT = Path(__file__).parents[3]


@contextlib.contextmanager
def null_server(report: Path, *options: str) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """Yields its port and its process; ends it with SIGTERM if the test has not."""
    command = [sys.executable, "-m", "bench.null_smtp", "--port", "0", "--report", str(report), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as process:  # noqa: S603  ours
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())["port"], process
        finally:
            process.terminate()


def test_the_report_counts_messages_and_recipients(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    message = b"Subject: dots\r\n\r\n..\r\n" + b"x" * 500_000 + b"\r\n..\r\n"
    items = [*envelopes(20), envelope(20, recipient="citizen0@example.com"), envelope(21, message=message)]
    with null_server(report) as (port, process):
        run_uvloop(deliver_all(port, items))
        process.terminate()
        assert process.wait() == 0
    counts = json.loads(report.read_text())
    assert (counts["messages"], counts["unique_recipients"], counts["duplicates"]) == (22, 21, 1)
    assert counts["octets"] == 21 * len(BODY) + len(message)
    assert counts["first"] <= counts["last"]


def test_the_report_can_be_asked_for_at_any_time(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    with null_server(report, "--max-per-connection", "3") as (port, process):
        for expected in (8, 16):
            run_uvloop(deliver_all(port, envelopes(8)))
            report.unlink(missing_ok=True)
            os.kill(process.pid, signal.SIGUSR1)
            run_uvloop(until_exists(report))
            counts = json.loads(report.read_text())
            assert (counts["messages"], counts["unique_recipients"]) == (expected, 8)


@pytest.mark.parametrize("processes", [1, 2])
def test_the_bare_client_sends_each_message_once(tmp_path: Path, processes: int) -> None:
    report, body = tmp_path / "report.json", tmp_path / "body"
    body.write_bytes(BODY)
    with null_server(report) as (port, process):
        client = [sys.executable, "-m", "bench.bare_smtp", "--port", str(port), "--messages", "101"]
        client += ["--size-file", str(body), "--processes", str(processes), "--connections", "4"]
        done = subprocess.run(client, cwd=ROOT, check=True, capture_output=True)  # noqa: S603  ours
        result = json.loads(done.stdout)
        process.terminate()
        process.wait()
    assert result["rate"] > 0
    counts = json.loads(report.read_text())
    assert (counts["messages"], counts["unique_recipients"]) == (101, 101)


async def deliver_all(port: int, items: list[Envelope]) -> None:
    feed = await deliver(port, items, connections=2)
    assert all(outcome.accepted for outcome in feed.outcomes.values())


async def until_exists(file: Path) -> None:
    while not file.exists():  # noqa: ASYNC110, ASYNC240  another process writes it
        await asyncio.sleep(0.01)
