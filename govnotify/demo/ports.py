"""Which ports the demo's servers take: the ones people know, else others, and that is said."""

import socket
from collections.abc import Callable
from dataclasses import dataclass

from govnotify.embedded import free_port


@dataclass(frozen=True, slots=True)
class Ports:
    web: int
    smtp: int
    catcher: int
    receiver: int


def choose_ports(*, web: int, say: Callable[[str], None]) -> Ports:
    """`web` and the usual ones of the others; each that is taken is replaced, and `say` is told."""
    return Ports(
        web=_choose(web, "the web server", say),
        smtp=_choose(2525, "the SMTP catcher", say),
        catcher=_choose(8025, "the catcher's pages", say),
        receiver=_choose(8443, "the webhook receiver", say),
    )


def _choose(wanted: int, what: str, say: Callable[[str], None]) -> int:
    if wanted and _is_free(wanted):
        return wanted
    port = free_port()
    if wanted:
        say(f"Port {wanted} is taken: {what} uses {port}.")
    return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As servers do: a port that only has closed connections left on it is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:  # taken, or below 1024 and not ours to take
            return False
    return True
