"""The demo's children: waited for together, and stopped together so that none is left behind."""

import socket
import time
from collections.abc import Callable

from govnotify.embedded import Child

POLL_SECONDS = 0.05


class Failed(Exception):  # noqa: N818  named as what happened
    """A child did not start, or ended by itself; the message has the end of its log."""


class Family:
    def __init__(self) -> None:
        self._children: list[Child] = []

    def add(self, child: Child) -> Child:
        self._children.append(child)
        return child

    def wait_until(self, is_ready: Callable[[], bool], what: str, seconds: float = 60.0) -> None:
        """Wait for something that the children bring about. Raises Failed when one of them ends, or time does."""
        end = time.monotonic() + seconds
        while not is_ready():
            self.check()
            if time.monotonic() > end:
                raise Failed(f"{what} was not ready within {seconds:.0f} s.")
            time.sleep(POLL_SECONDS)

    def check(self) -> None:
        """Raise Failed when a child has ended."""
        for child in self._children:
            if not child.running:
                raise Failed(f"{child.name} ended by itself. The end of {child.log}:\n{child.last_words()}")

    def stop(self, seconds: float) -> None:
        """Ask all of them to stop, and kill those that are still there after `seconds`."""
        for child in self._children:
            child.ask_to_stop()
        end = time.monotonic() + seconds
        for child in self._children:
            child.stop(patience=max(end - time.monotonic(), 0.0))
        self._children.clear()


def listens(port: int) -> bool:
    """Whether somebody accepts connections on this port of 127.0.0.1."""
    try:
        socket.create_connection(("127.0.0.1", port), 1.0).close()
    except OSError:
        return False
    return True
