"""How many connections a relay lets us have: what its limits say, and less where it opens some to no purpose."""

from channels.smtp.slowness import STRETCH

_PATIENCE = 3  # connections in a row that the server opened to no purpose, before all that waits is given up


class Quota:
    """Of one pool. Learns anew in each send()."""

    def __init__(self, most: int) -> None:
        self.most = most  # unless the server says otherwise, which it does by closing
        self._limit = most
        self._strikes = 0  # connections in a row that came to nothing

    def renew(self) -> None:
        """A send() begins."""
        self._limit, self._strikes = self.most, 0

    def has_room(self, *, working: int, slow: int) -> bool:
        """Whether one more may open beside those that work and those that wait for a slow answer."""
        return working < self._limit and working + slow < STRETCH * self.most

    def note_use(self) -> None:
        """A connection has ended that was of some use."""
        self._strikes = 0

    def note_answer(self) -> None:
        """A connection that waited for a slow answer has ended: another may open."""
        self._limit = max(1, self._limit)

    def strike(self, *, working: int, slow: int, is_hopeless: bool) -> bool:
        """A connection came to nothing: no more than work by now are opened. True where none is to be had at all.

        A server that was reached gets a few chances in a row: it may have closed the first ones for being busy. One
        that is slow and busy answers those first that wait.
        """
        self._strikes += 1
        self._limit = working or int(is_hopeless or not slow)
        return not working and (is_hopeless or (self._strikes >= _PATIENCE and not slow))
