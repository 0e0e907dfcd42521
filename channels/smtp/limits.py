"""What a server bears from one sending process: connections, messages on each of them, messages a second."""

import time
from dataclasses import dataclass

_BURST_SECONDS = 0.1  # of the rate may go at once: small, so that a limit per second is one in every second
_SHORTEST_WAIT = 0.02  # seconds between two looks; a finer clock would only cost


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one sending process towards one server. None: no limit, or what the pool's owner says."""

    connections: int | None = None
    messages: int | None = None  # per connection
    rate: float | None = None  # messages per second

    def __post_init__(self) -> None:
        for name, value in (("connections", self.connections), ("messages", self.messages), ("rate", self.rate)):
            if value is not None and not value > 0:
                raise ValueError(f"{name}={value:g} lets nothing through: use a number above 0, or leave it out.")


NO_LIMITS = Limits()


class Bucket:
    """Lets `rate` messages through a second: a bucket of tokens that fills by the clock."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._most = max(1.0, rate * _BURST_SECONDS)
        self._tokens = self._most
        self._filled_at = time.monotonic()

    @property
    def is_empty(self) -> bool:
        """Whether no message may go now; `wait` says for how long."""
        now = time.monotonic()
        self._tokens = min(self._most, self._tokens + (now - self._filled_at) * self._rate)
        self._filled_at = now
        return self._tokens < 1.0

    @property
    def wait(self) -> float:
        """Seconds until the next message may go."""
        return max(_SHORTEST_WAIT, (1.0 - self._tokens) / self._rate)

    def spend(self) -> None:
        """Counts one message."""
        self._tokens -= 1.0
