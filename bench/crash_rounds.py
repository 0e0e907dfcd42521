"""The rounds of the crash benchmark, run inside Django: a bulletin, a fault in the middle, a judgement."""

import random
import time
from dataclasses import asdict, dataclass
from functools import partial

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from alerts.acts.publishing import publish_bulletin  # noqa: E402
from alerts.models import Delivery, Dispatch  # noqa: E402
from bench import crash_sink  # noqa: E402
from bench.crash_control import Received, Sink  # noqa: E402
from bench.crash_faults import FAULTS, NEEDS_CLOCK, Stage, possible  # noqa: E402
from bench.crash_people import RESCUED, People, a_draft, address_of, an_alert, approved  # noqa: E402
from bench.crash_servers import Platform  # noqa: E402
from govnotify.lib.database import outlast, query  # noqa: E402

PATIENCE = 240.0  # seconds after the fault, then what has not come is missing
STRIKE_AT = (0.30, 0.70)  # of the round unsent; how much was is looked at again when the fault has struck
COUNTS = (0.20, 0.80)  # else the round is repeated
TWICE_AT_MOST = 0.2  # percent of all rounds
JUDGED_FROM = 1_000_000  # messages: of fewer, what one killed sender had in hand is a larger share
TRIES = 5

# What an operator does who does not want to wait for the table's minutes. Leases are shorter than a minute.
MAKE_DUE = """
UPDATE alerts_delivery SET next_attempt_at = clock_timestamp()
WHERE dispatch_id = %(dispatch)s AND status = 2 AND next_attempt_at > clock_timestamp() + interval '1 minute'
RETURNING 1
"""
STATUSES = "SELECT recipient_id, status FROM alerts_delivery WHERE dispatch_id = %(dispatch)s AND recipient_kind = 1"


@dataclass(frozen=True, slots=True)
class Round:
    """How one round went. `doubts` are second copies to those whose first the server took without a word."""

    fault: str
    unsent_percent: int  # when the fault struck
    senders_killed: int
    missing: int
    duplicates: int
    doubts: int
    strangers: int  # written to although nothing was published to them
    refused: int  # told 550: they are failed by right
    recovered_ms: int  # from the end of the fault until a hundredth of the round more was accepted
    finished_ms: int  # from then until everything was settled and the dispatch closed
    is_closed: bool

    @property
    def is_sound(self) -> bool:
        return (
            not self.missing and not self.strangers and self.is_closed and self.duplicates <= 200 * self.senders_killed
        )


def play(*, rounds: int, recipients: int, seed: int, only: str, platform: Platform) -> dict[str, object]:
    """All rounds; what `bench.crash` prints."""
    call_command("migrate", verbosity=0)
    people = People(recipients)
    sink = Sink(platform.folder)
    platform.smtp_port = sink.port
    try:
        names, reasons = possible(platform)
        for name, reason in reasons.items():
            print(f"left out: {name}: {reason}", flush=True)
        played = [
            _counted(name, seed, number, platform, sink, people) for number, name in _plan(names, seed, rounds, only)
        ]
        return _summary(played, recipients, seed, _emergency(platform, sink, people))
    finally:
        sink.close()


def _plan(names: list[str], seed: int, rounds: int, only: str) -> list[tuple[int, str]]:
    """Every fault once in an order that the seed decides, then again."""
    dice = random.Random(seed)  # noqa: S311  to be repeated, not to be secret
    chosen = [name for name in names if only in name]
    if not chosen:
        raise SystemExit(f"No fault that this machine allows has {only!r} in its name. There are: {', '.join(names)}.")
    plan: list[str] = []
    while len(plan) < rounds:
        plan += dice.sample(chosen, len(chosen))
    return list(enumerate(plan[:rounds]))


def _counted(name: str, seed: int, number: int, platform: Platform, sink: Sink, people: People) -> Round:
    """A round whose fault struck in the middle; one that did not is played again."""
    for _ in range(TRIES):
        played = _round(name, random.Random(f"{seed}/{number}"), platform, sink, people)  # noqa: S311
        low, high = COUNTS
        if 100 * low <= played.unsent_percent <= 100 * high:
            print(f"{number + 1:3} {'ok  ' if played.is_sound else 'FAIL'} {asdict(played)}", flush=True)
            return played
        print(f"{number + 1:3} again: {name} struck with {played.unsent_percent} % unsent", flush=True)
    raise RuntimeError(f"{name} never struck in the middle of a round: more recipients are needed (N=…)")


def _round(name: str, dice: random.Random, platform: Platform, sink: Sink, people: People) -> Round:
    _begin(platform, on_clock=name in NEEDS_CLOCK)
    sink.behave(crash_sink.WELL)
    sink.report()
    stage = Stage(platform, sink, dice, people.silent, people.publisher)
    strike_at = round(people.crowd * (1 - dice.uniform(*STRIKE_AT)))
    dispatch = outlast(
        lambda: publish_bulletin(bulletin=a_draft(people.river), publisher=people.publisher), seconds=PATIENCE
    )
    _wait(lambda: sink.accepted() >= strike_at)
    unsent = people.crowd - sink.accepted()
    FAULTS[name](stage)
    recovered_ms, finished_ms = _recover(dispatch, sink, people)
    platform.start_processes()  # those that died of it, which `finished_ms` has felt
    received = sink.report()
    return _judge(
        name, dispatch, received, people,
        unsent_percent=round(100 * unsent / people.crowd),
        senders_killed=stage.senders_killed, recovered_ms=recovered_ms, finished_ms=finished_ms,
    )  # fmt: skip


def _begin(platform: Platform, *, on_clock: bool = False) -> None:
    platform.run_on_clock(on_clock)
    connection.close()  # the server may have been started again
    platform.start_processes()


def _recover(dispatch: Dispatch, sink: Sink, people: People) -> tuple[int, int]:
    """Milliseconds from now until mails flow again, and until the dispatch is closed; PATIENCE when it never is."""
    began, at_first = time.monotonic(), sink.accepted()
    flows_at = min(at_first + people.crowd // 100, people.crowd)
    recovered: float | None = None
    looked = 0.0
    while (now := time.monotonic()) < began + PATIENCE:
        if recovered is None and sink.accepted() >= flows_at:
            recovered = now
        if now - looked >= 0.5:
            looked = now
            outlast(partial(query, MAKE_DUE, {"dispatch": dispatch.pk}), seconds=PATIENCE)
            if _is_closed(dispatch):
                break
        time.sleep(0.01)
    return round(1000 * ((recovered or now) - began)), round(1000 * (now - began))


def _judge(name: str, dispatch: Dispatch, received: Received, people: People, **told: int) -> Round:
    """By the server and by our rows: missing is who got nothing, and who is not said to have got it."""
    crowd = {address_of(number): number for number in range(1, people.crowd + 1)}
    rows = dict(query(STATUSES, {"dispatch": dispatch.pk}))
    missing = {
        number
        for address, number in crowd.items()
        if not (address in received.accepted and rows.get(number) == Delivery.Status.SENT)
        and not (address in received.refused and rows.get(number) == Delivery.Status.FAILED)
    }
    strangers = (received.accepted.keys() | received.unanswered.keys()) - crowd.keys()
    doubts = sum(min(count, received.accepted.get(who, 0)) for who, count in received.unanswered.items())
    copies = sum(received.accepted.values()) - len(received.accepted)
    return Round(
        fault=name, missing=len(missing), duplicates=copies, doubts=doubts, strangers=len(strangers),
        refused=len(received.refused), is_closed=_is_closed(dispatch), **told,
    )  # fmt: skip


def _emergency(platform: Platform, sink: Sink, people: People) -> dict[str, int]:
    """With the broker gone for good: milliseconds from approval to the first and last acceptance at the server."""
    _begin(platform)
    sink.report()
    alert = an_alert(people)
    platform.kill_broker()
    time.sleep(3)  # so that every worker has noticed
    began = time.monotonic()
    approved(alert, people)
    first = _wait(sink.accepted)
    last = _wait(lambda: sink.accepted() >= RESCUED)
    platform.valkey.start()
    return {"first_ms": round(1000 * (first - began)), "last_ms": round(1000 * (last - began)), "recipients": RESCUED}


def _summary(played: list[Round], recipients: int, seed: int, emergency: dict[str, int]) -> dict[str, object]:
    recovered = sorted(one.recovered_ms for one in played)
    duplicates = sum(one.duplicates for one in played)
    share = round(100 * duplicates / (recipients * len(played)), 4)
    failed = [one.fault for one in played if not one.is_sound]
    return {
        "rounds": len(played),
        "recipients": recipients,
        "missing": sum(one.missing for one in played),
        "duplicates": duplicates,
        "duplicates_percent": share,
        "worst_round_duplicates": max(one.duplicates for one in played),
        "doubled_after_dot": sum(one.doubts for one in played),
        "senders_killed": sum(one.senders_killed for one in played),
        "strangers": sum(one.strangers for one in played),
        "recovered_ms_p95": recovered[round(0.95 * (len(recovered) - 1))],
        "emergency_without_broker": emergency,
        "failed_rounds": failed,
        "is_sound": not failed and (share <= TWICE_AT_MOST or recipients * len(played) < JUDGED_FROM),
        "seed": seed,
    }


def _is_closed(dispatch: Dispatch) -> bool:
    [(state,)] = outlast(
        lambda: query("SELECT state FROM alerts_dispatch WHERE id = %(dispatch)s", {"dispatch": dispatch.pk}),
        seconds=PATIENCE,
    )
    return bool(state == Dispatch.State.DONE)


def _wait(condition: "partial[object] | object") -> float:
    """When the condition (a callable) first held, on the monotonic clock. RuntimeError when it never does."""
    end = time.monotonic() + PATIENCE
    while not condition():  # type: ignore[operator]
        if time.monotonic() > end:
            raise RuntimeError(f"nothing came of it in {PATIENCE:.0f} s")
        time.sleep(0.005)
    return time.monotonic()
