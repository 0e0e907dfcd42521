"""Which domains a server lets us wait for, so that their messages never hold all its connections.

A server that checks recipients with their own hosts, or passes messages on while we wait, answers as late as those
hosts do. The others' mail must not wait for that.
"""

from collections.abc import Collection

from channels.smtp.envelope import Envelope

PATROL_SECONDS = 0.25  # how often connections are looked at
PATIENCE_SECONDS = 1.0  # without an answer a message is slow
MOST_PATIENCE_SECONDS = 16.0  # with a server that is slow about everything
STRETCH = 3  # times the limit of connections may be open, all but the limit of them waiting for slow answers
MOST_LEAVING = 50  # messages of proven domains between two answers: a silent server must not empty the lane
_SHARE = 4  # a slow domain may have one part in so many of the connections that the limit allows


class Slowness:
    """What one server is slow about. `domains` is empty nearly always, and then nothing here is asked."""

    def __init__(self, connections: int) -> None:
        self.connections = connections  # the limit
        self.patience = PATIENCE_SECONDS
        self.domains: dict[str, int] = {}  # slow ones, with the number of their messages under way
        self.proven: set[str] = set()  # of these: the server answers for others meanwhile
        self._share = max(1, connections // _SHARE)
        self._late = 0  # slow answers since the last `adapt`
        self.silent: set[str] = set()  # of `domains`: perhaps it is the server that says nothing
        self.credit = MOST_LEAVING

    def grew(self, envelope: Envelope, carried: Collection[Envelope]) -> None:
        """A message has waited too long; `carried` has all that are under way, and this one."""
        domain = domain_of(envelope)
        self.domains[domain] = sum(domain_of(one) == domain for one in carried)

    def admits(self, envelope: Envelope) -> bool:
        """Whether this message may go now, and counts it if so."""
        domain = domain_of(envelope)
        count = self.domains.get(domain)
        if count is None:
            return True
        if count >= self._share:
            return False
        self.domains[domain] = count + 1
        return True

    def left(self, envelope: Envelope) -> bool:
        """A message is under way no more, whatever became of it. True when a slow domain has more room by that.

        With none under way nothing speaks against the domain any more.
        """
        domain = domain_of(envelope)
        count = self.domains.get(domain)
        if count is None:
            return False
        if count > 1:
            self.domains[domain] = count - 1
        else:
            self._forget(domain)
        return True

    def answered(self, envelope: Envelope, *, late: bool) -> bool:
        """The server has answered. Promptly: the domain is like any other again. True as in `left`."""
        if late:
            self._late += 1
            return self.left(envelope)
        domain = domain_of(envelope)
        return domain in self.domains and self._forget(domain)

    def lets_leave(self, domain: str) -> bool:
        """Whether a message to this domain need not be waited for, and counts it if so."""
        if domain in self.proven:
            return True
        if domain not in self.silent or not self.credit:
            return False
        self.credit -= 1
        return True

    def adapt(self, answers: int) -> None:
        """Learns from the `answers` since the last call: where most come late it is the server that is slow."""
        if 2 * self._late > answers:
            self.patience = min(2 * self.patience, MOST_PATIENCE_SECONDS)
        elif answers:
            self.patience = max(self.patience / 2, PATIENCE_SECONDS)
        self._late = 0

    def _forget(self, domain: str) -> bool:
        del self.domains[domain]
        self.proven.discard(domain)
        self.silent.discard(domain)
        return True


def domain_of(envelope: Envelope) -> str:
    """The recipient's domain: A-labels in lower case, as envelopes have it."""
    return envelope.recipient.rpartition("@")[2]
