"""Between one pool's sessions and the messages of a send(): lets through what the server bears at this moment."""

from collections.abc import Callable

from channels.outcome import Outcome
from channels.smtp.envelope import Envelope
from channels.smtp.limits import Bucket
from channels.smtp.replies import disconnected
from channels.smtp.slowness import Slowness, domain_of
from channels.smtp.work import Work


class Gate:
    """The Exchange that sessions know. Where no rate is set and no domain is slow it only passes on."""

    def __init__(
        self,
        work: Work,
        slowness: Slowness,
        bucket: Bucket | None,
        pause: Callable[[float], None],
        recall: Callable[[], None],
    ) -> None:
        """`pause` is told after how many seconds connections are to ask again, `recall` that a slow domain has room."""
        self.work = work
        self._slowness = slowness
        self._bucket = bucket
        self._pause = pause
        self._recall = recall

    @property
    def is_shut(self) -> bool:
        """Whether the rate lets nothing through now."""
        return self._bucket is not None and self._bucket.is_empty

    def take(self) -> Envelope | None:
        if self._bucket is not None and self._bucket.is_empty:
            self._pause(self._bucket.wait)
            return None
        envelope = self._admitted() if self._slowness.domains else self.work.take()
        if self._bucket is not None and envelope is not None:
            self._bucket.spend()
        return envelope

    def record(self, envelope: Envelope, outcome: Outcome) -> None:
        if self._slowness.domains and self._slowness.answered(envelope, late=self.work.is_straggling(envelope)):
            self._recall()
        self.work.record(envelope, outcome)

    def hand_back(self, envelope: Envelope, outcome: Outcome, *, counts: bool) -> None:
        if self._slowness.domains and self._slowness.left(envelope):
            self._recall()
        self.work.hand_back(envelope, outcome, counts=counts)

    def sift(self) -> None:
        """Without a connection to spare: sets aside what would not be let through anyway."""
        envelope = self._admitted()
        if envelope is not None:
            self._slowness.left(envelope)
            self.work.put_back(envelope)

    def _admitted(self) -> Envelope | None:
        while not self.work.is_laden and (envelope := self.work.take()) is not None:
            if self._slowness.admits(envelope):
                return envelope
            domain = domain_of(envelope)
            may_leave = self._slowness.lets_leave(domain)
            said = disconnected(f"The server is slow about {domain} at present.") if may_leave else None
            self.work.set_aside(envelope, said)
        return None
