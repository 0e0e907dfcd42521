"""What is handed to a guarded client, and what comes back."""

from dataclasses import dataclass
from typing import Protocol

from multidict import CIMultiDict

from channels.outcome import Outcome


class Unmade(ValueError):  # noqa: N818  named as what happened
    """A call that our own keys cannot make, or a receiver's; `outcome` says whose fault it is."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.detail)
        self.outcome = outcome


class Call(Protocol):
    """One request to send: where, and what, made anew for each attempt."""

    @property
    def url(self) -> str: ...

    def request(self) -> tuple[CIMultiDict[str], bytes]:
        """Headers and body. Raises Unmade."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What became of one call.

    `status` is None when no answer began; `answer` holds the first 8 KB of the answer's body, not decompressed.
    """

    outcome: Outcome
    status: int | None
    latency_ms: int
    answer: bytes
