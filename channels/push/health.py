"""How each push service of a batch fares, so that one that is down is not asked for every browser."""

from collections import Counter

from channels.outcome import Outcome, Reason, Verdict

ENOUGH = 5  # failures of one service in a row: then the rest of the batch comes back by the retry table


class Health:
    """Of one batch. What one browser is at fault for says nothing about its service."""

    def __init__(self) -> None:
        self._failures: Counter[str] = Counter()
        self._last: dict[str, Outcome] = {}

    def note(self, service: str, outcome: Outcome) -> None:
        """Count what became of an attempt."""
        if outcome.verdict is Verdict.TRANSIENT and outcome.reason is not Reason.POLICY:
            self._failures[service] += 1
            self._last[service] = outcome
        else:
            self._failures[service] = 0

    def given_up(self, service: str) -> Outcome | None:
        """The failure for which the service is not asked any more; None while it is."""
        return self._last[service] if self._failures[service] >= ENOUGH else None
