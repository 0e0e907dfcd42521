"""What the handshake and the mail transactions have in common: one party asks, the other answers, in strict turn."""

from collections.abc import Callable
from typing import NoReturn

from channels.outcome import Outcome
from channels.smtp.replies import Stage, closing, disconnected


class ConnectionOverError(Exception):
    """The connection is of no more use; `outcome` is what that means for messages it did not deliver."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.detail)
        self.outcome = outcome


class Dialogue:
    """Call `on_reply` with each reply; once all that has come is read, call `due`, if any, and write what it returns.

    While something is due nothing is owed to us: a reply that comes then was not asked for.
    """

    def __init__(self) -> None:
        self.on_reply: Callable[[bytes], None] = self.unasked  # handles what the server owes next
        self.due: Callable[[], bytes] | None = None

    @property
    def awaited(self) -> Stage | None:
        """What the server owes an answer to, None where it owes none."""
        raise NotImplementedError

    def unasked(self, reply: bytes) -> None:
        """Takes a reply where none is owed. Raises ConnectionOverError: the two sides are out of step."""
        give_up(Stage.UNASKED, reply)

    def ignore(self, reply: bytes) -> None:
        """Takes a reply that no longer matters."""


def give_up(stage: Stage, reply: bytes) -> NoReturn:
    """Raises ConnectionOverError for a 421, or for a reply that cannot be an answer to `stage`."""
    if reply[:3] == b"421":
        raise ConnectionOverError(closing(stage, reply))
    raise ConnectionOverError(disconnected(f"{stage.value}: unexpected {reply[:60]!r}"))
