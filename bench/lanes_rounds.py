"""The rounds of the benchmark of the lanes, run inside Django."""

import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.utils import timezone  # noqa: E402

from alerts.engine.digests import start_run  # noqa: E402
from alerts.models import Dispatch  # noqa: E402
from alerts.reports import Progress, progress  # noqa: E402
from bench.lanes_people import DIGEST_BULLETINS, EMERGENCY_DOMAIN, Office, listeners  # noqa: E402
from bench.servers import Servers, end_sink  # noqa: E402
from subscriptions.models import Frequency, Topic  # noqa: E402

PATIENCE = 1_800.0  # seconds
EARLIEST, LATEST = 0.30, 0.60  # of the routine bulletin accepted when an emergency is approved
QUIET_SECONDS = 3.0  # between emergencies: longer than it takes for what the last one left behind to settle


@dataclass(frozen=True, slots=True)
class Sizes:
    routine: int
    digest: int
    emergency: int
    rounds: int


@dataclass(frozen=True, slots=True)
class Round:
    """An emergency whose approval has been called for."""

    domain: str
    approved_at: float
    routine_percent: float


def measure(sizes: Sizes, servers: Servers) -> dict[str, object]:
    """Idle rounds, loaded rounds, and what became of everything else."""
    call_command("migrate", verbosity=0)
    people = _People(sizes)
    sink, port, report = servers.own_sink(EMERGENCY_DOMAIN)
    servers.start_platform(port)
    cold = people.emergency("cold", lambda: 0.0, _rest)  # the first since the start; what is measured after it is not
    idle = [people.emergency(f"idle{number}", lambda: 0.0, _rest) for number in range(sizes.rounds)]
    digest = start_run(period=Frequency.DAILY, cut_off=timezone.now())
    assert digest is not None  # noqa: S101  housekeeping's own runs end at the full hour
    started = time.time()
    routine = people.office.publish(people.routine)
    loaded, digest_percents = [], []
    step = (LATEST - EARLIEST) / sizes.rounds
    for number in range(sizes.rounds):
        wanted = EARLIEST + number * step
        _wait(lambda wanted=wanted: progress(routine).sent >= wanted * sizes.routine)  # type: ignore[misc]
        loaded.append(people.emergency(f"loaded{number}", lambda: _percent(progress(routine), sizes.routine)))
        digest_percents.append(_percent(progress(digest), sizes.digest))
    _wait(lambda: progress(routine).finished and progress(digest).finished)
    seconds = time.time() - started
    states = [progress(routine), progress(digest)]
    servers.stop_children()
    counted: dict[str, Any] = dict(end_sink(sink, report))
    return {
        **_compared(sizes, idle, loaded, counted),
        "cold": _times(cold, counted["stamps"], sizes.emergency),
        "routine_resumed": states[0].state == Dispatch.State.DONE and states[0].sent == sizes.routine,
        "routine_percent_at_approval": [round(one.routine_percent, 1) for one in loaded],
        "digest_percent_after": digest_percents,
        "routine": sizes.routine,
        "digest": sizes.digest,
        "emergency": sizes.emergency,
        "seconds_loaded": round(seconds, 1),
        "load_average": os.getloadavg()[0],
    }


class _People:
    """Everybody: the bulletin's readers, the digest's, and 10,000 others for each emergency."""

    def __init__(self, sizes: Sizes) -> None:
        self._sizes = sizes
        self.office = Office()
        self.routine = self.office.topic("river")
        after = listeners(
            self.routine, first_id=1, people=sizes.routine, domain="people.example", frequency=Frequency.IMMEDIATE
        )
        news = self.office.topic("news")
        after = listeners(news, first_id=after, people=sizes.digest, domain="digest.example", frequency=Frequency.DAILY)
        self._topics: dict[str, Topic] = {}
        names = [f"{kind}{number}" for kind in ("idle", "loaded") for number in range(sizes.rounds)]
        for name in ["cold", *names]:
            self._topics[name] = self.office.topic(name)
            after = listeners(
                self._topics[name], first_id=after, people=sizes.emergency, domain=f"{name}.{EMERGENCY_DOMAIN}",
                frequency=Frequency.IMMEDIATE,
            )  # fmt: skip
        for _ in range(DIGEST_BULLETINS):
            self.office.publish(news)

    def emergency(self, name: str, percent: Callable[[], float], rest: Callable[[], None] = lambda: None) -> Round:
        """Approve one and wait until it is finished."""
        alert = self.office.alert(self._topics[name])
        at = percent()
        approved_at = time.time()
        dispatch = self.office.approve(alert)
        _wait(lambda: progress(dispatch).sent >= self._sizes.emergency)
        rest()
        return Round(f"{name}.{EMERGENCY_DOMAIN}", approved_at, at)


def _compared(sizes: Sizes, idle: list[Round], loaded: list[Round], counted: dict[str, Any]) -> dict[str, object]:
    rounds = {
        kind: sorted((_times(one, counted["stamps"], sizes.emergency) for one in of), key=lambda times: times["p99_ms"])
        for kind, of in (("idle", idle), ("loaded", loaded))
    }
    median = {kind: times[len(times) // 2] for kind, times in rounds.items()}
    unique = counted["unique_by_domain"]
    expected = {"people.example": sizes.routine, "digest.example": sizes.digest}
    expected |= {one.domain: sizes.emergency for one in [*idle, *loaded]}
    return {
        **median,
        "slowdown_p99": round(median["loaded"]["p99_ms"] / median["idle"]["p99_ms"], 3),
        "worst": {kind: times[-1] for kind, times in rounds.items()},
        "missing": sum(count - int(unique.get(domain, 0)) for domain, count in expected.items()),
        "duplicates": counted["duplicates"],
    }


def _times(one: Round, stamps: dict[str, float], recipients: int) -> dict[str, float]:
    """Milliseconds from the approval to the acceptance of the first, the middle, 99 % and the last."""
    times = sorted(stamp for address, stamp in stamps.items() if address.endswith(f"@{one.domain}"))
    if len(times) != recipients:
        raise RuntimeError(f"{len(times)} of {recipients} people of {one.domain} were written to")
    ranks = {"first_ms": 1, "p50_ms": math.ceil(recipients * 0.5), "p99_ms": math.ceil(recipients * 0.99)}
    ranks["last_ms"] = recipients
    return {name: round((times[rank - 1] - one.approved_at) * 1000) for name, rank in ranks.items()}


def _percent(now: Progress, of: int) -> float:
    return 100 * now.sent / of


def _rest() -> None:
    time.sleep(QUIET_SECONDS)


def _wait(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError(f"not finished after {PATIENCE:.0f} s")
        time.sleep(0.1)
