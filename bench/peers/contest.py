"""The passes that everybody goes through: three at full speed, and one with the sender killed in mid-run."""

import json
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bench.servers import Servers, end_sink, processes_of
from govnotify.embedded import Child

PASSES = 3  # at full speed, of which the median counts: neighbours of the machine are felt for seconds
STILL = 45.0  # seconds in which nothing arrives: then nothing more will. Our own leases end after 30.
LONGEST = 200.0  # a pass
KILL_FROM, KILL_UNTIL = 0.25, 0.75  # of the messages accepted


class Contestant(Protocol):
    """Somebody who sends one newsletter to everybody."""

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def runs_until_stopped(self) -> bool: ...  # else its sender ends by itself and is run again, as by cron
    def prepare(self, smtp_port: int, people: int) -> None: ...
    def publish(self) -> float: ...  # seconds of processor that took
    def start_sender(self) -> list[Child]: ...
    def kill(self, senders: list[Child]) -> None: ...  # -9
    def restart(self, senders: list[Child]) -> list[Child]: ...  # as an operator does after that kill


@dataclass(frozen=True, slots=True)
class Result:
    name: str
    version: str
    recipients: int
    seconds: float
    rate: int
    cpu_us_per_message: float
    missing: int  # at full speed, of the worst pass
    missing_after_kill: int
    duplicates_after_kill: int


def compete(one: Contestant, *, people: int, servers: Servers) -> Result:
    """All passes of one contestant."""
    passes = sorted((_at_full_speed(one, people, servers) for _ in range(PASSES)), key=lambda made: made[0])
    seconds, cpu, counted = passes[PASSES // 2]
    killed = _with_a_kill(one, people, servers)
    return Result(
        name=one.name,
        version=one.version,
        recipients=people,
        seconds=round(seconds, 1),
        rate=round(counted["unique_recipients"] / seconds),
        cpu_us_per_message=round(cpu / people * 1e6, 1),
        missing=people - min(int(each["unique_recipients"]) for _, _, each in passes),
        missing_after_kill=people - int(killed["unique_recipients"]),
        duplicates_after_kill=int(killed["duplicates"]),
    )


def kill_all(senders: list[Child]) -> None:
    """kill -9 of the senders, each with all its processes at once."""
    for sender in senders:
        os.killpg(sender.pid, signal.SIGKILL)
        sender.process.wait()


def _at_full_speed(one: Contestant, people: int, servers: Servers) -> tuple[float, float, dict[str, float]]:
    """Seconds from publishing to the last acceptance, of processor for all of it, and what the server counted."""
    process, port, report = servers.own_sink()
    one.prepare(port, people)
    senders = one.start_sender() if one.runs_until_stopped else []
    spent = {id(sender): _cpu(sender) for sender in senders}
    started = time.time()
    cpu = one.publish()
    senders = senders or one.start_sender()
    used = dict.fromkeys(map(id, senders), 0.0)

    def look() -> None:
        for sender in senders:
            used[id(sender)] = max(used[id(sender)], _cpu(sender) - spent.get(id(sender), 0.0))

    _wait_for_all(lambda: _accepted(process.pid, report), people, look)
    look()
    _stop(senders)
    counted = end_sink(process, report)
    return counted["last"] - started, cpu + sum(used.values()), counted


def _with_a_kill(one: Contestant, people: int, servers: Servers) -> dict[str, float]:
    """What the server counted after the senders were killed in mid-run and started again."""
    process, port, report = servers.own_sink()
    one.prepare(port, people)
    senders = one.start_sender() if one.runs_until_stopped else []
    one.publish()
    senders = senders or one.start_sender()
    while (accepted := _accepted(process.pid, report)) < KILL_FROM * people:
        time.sleep(0.02)
    one.kill(senders)
    if _accepted(process.pid, report) > KILL_UNTIL * people:
        print(f"{one.name}: killed late, {accepted} of {people} were accepted", flush=True)
    senders = one.restart(senders)

    def run_again() -> None:
        nonlocal senders
        if not one.runs_until_stopped and not senders[0].running:
            time.sleep(1)
            senders = one.start_sender()

    _wait_for_all(lambda: _accepted(process.pid, report), people, run_again)
    _stop(senders)
    return end_sink(process, report)


def _wait_for_all(accepted: Callable[[], int], people: int, look: Callable[[], None]) -> None:
    """Until everybody was written to, or nothing has come for STILL seconds, or the pass has lasted LONGEST."""
    last, since, end = -1, time.monotonic(), time.monotonic() + LONGEST
    while time.monotonic() < min(since + STILL, end):
        now = accepted()
        if now >= people:
            return
        if now != last:
            last, since = now, time.monotonic()
        look()
        time.sleep(0.1)
    if time.monotonic() >= end:
        print(f"cut short after {LONGEST:.0f} s: {last} of {people} were accepted", flush=True)


def _accepted(sink: int, report: Path) -> int:
    """Unique recipients so far."""
    before = report.stat().st_mtime_ns if report.exists() else 0
    _signal(sink)
    while not report.exists() or report.stat().st_mtime_ns == before:
        time.sleep(0.005)
    return int(json.loads(report.read_text())["unique_recipients"])


def _signal(pid: int) -> None:
    os.kill(pid, signal.SIGUSR1)


def _cpu(sender: Child) -> float:
    """User and system time of a sender and its descendants, those that have ended included (proc(5), 14 to 17)."""
    ticks = 0
    for pid in processes_of(sender) if sender.running else []:
        stat = Path(f"/proc/{pid}/stat")
        if stat.exists():
            ticks += sum(map(int, stat.read_text().rpartition(")")[2].split()[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def _stop(senders: list[Child]) -> None:
    for sender in senders:
        sender.stop()
