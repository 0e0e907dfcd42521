"""What reached which endpoint, and whether it could be believed: the demo's proof of its webhooks."""

import enum
import time
from collections import Counter, OrderedDict, deque
from dataclasses import dataclass

EVENTS = 200  # kept for the page
MESSAGES = 200_000  # whose times are kept; then the oldest are forgotten
TIMES = 50  # kept of one message


class Verdict(enum.StrEnum):
    """How one request to an endpoint was judged."""

    VERIFIED = "verified"
    DUPLICATE = "duplicate"  # verified too, under a webhook-id that this endpoint has had before
    CHALLENGE = "challenge"
    BAD_SIGNATURE = "bad signature"
    UNVERIFIABLE = "no secret known"  # the receiver was never told this endpoint's
    NOT_AN_EVENT = "not an event"


@dataclass(frozen=True, slots=True)
class Event:
    """One request. `at` is in seconds since the epoch, `kind` the event type as far as it could be read."""

    at: float
    endpoint: str
    message_id: str
    kind: str
    verdict: Verdict


class Ledger:
    def __init__(self) -> None:
        self.events: deque[Event] = deque(maxlen=EVENTS)
        self.counts: dict[str, Counter[Verdict]] = {}
        self._received: OrderedDict[tuple[str, str], list[float]] = OrderedDict()

    def refuse(self, endpoint: str, message_id: str, kind: str, verdict: Verdict) -> None:
        """Note a request that is no delivery, or none that can be believed."""
        self._note(Event(time.time(), endpoint, message_id, kind, verdict))

    def deliver(self, endpoint: str, message_id: str, kind: str) -> None:
        """Note a verified delivery: the first, or one more under the same webhook-id."""
        at, key = time.time(), (endpoint, message_id)
        times = self._received.get(key)
        verdict = Verdict.VERIFIED if times is None else Verdict.DUPLICATE
        if times is None:
            times = self._received[key] = []
            if len(self._received) > MESSAGES:
                self._received.popitem(last=False)
        if len(times) < TIMES:
            times.append(at)
        self._note(Event(at, endpoint, message_id, kind, verdict))

    def summary(self) -> dict[str, object]:
        """Counts in all and per endpoint, and the times at which each endpoint got each verified message."""
        received: dict[str, dict[str, list[float]]] = {}
        for (endpoint, message_id), times in self._received.items():
            received.setdefault(endpoint, {})[message_id] = times
        return {
            "totals": _spelt(sum(self.counts.values(), Counter())),
            "endpoints": {
                endpoint: {**_spelt(counts), "received": received.get(endpoint, {})}
                for endpoint, counts in sorted(self.counts.items())
            },
        }

    def _note(self, event: Event) -> None:
        self.events.append(event)
        self.counts.setdefault(event.endpoint, Counter())[event.verdict] += 1


def _spelt(counts: Counter[Verdict]) -> dict[str, int]:
    """`verified` are `messages` and their `duplicates`; the other requests count for themselves."""
    return {
        "verified": counts[Verdict.VERIFIED] + counts[Verdict.DUPLICATE],
        "messages": counts[Verdict.VERIFIED],
        "duplicates": counts[Verdict.DUPLICATE],
        "challenges": counts[Verdict.CHALLENGE],
        "bad_signatures": counts[Verdict.BAD_SIGNATURE],
        "unverifiable": counts[Verdict.UNVERIFIABLE],
        "not_events": counts[Verdict.NOT_AN_EVENT],
    }
