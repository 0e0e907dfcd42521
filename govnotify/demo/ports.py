"""Which ports the demo's servers take: the ones people know, else others, and that is said."""

import errno
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from govnotify.embedded import free_port

# An abstract address (unix(7)): nobody's file, one for each network namespace as ports are, gone with its process.
CLAIM = "\0govnotify-demo-port-{port}"


@dataclass(frozen=True, slots=True)
class Ports:
    web: int
    smtp: int
    catcher: int
    receiver: int


@contextmanager
def chosen_ports(*, web: int, say: Callable[[str], None]) -> Iterator[Ports]:
    """`web` and the usual ones of the others; each that is taken is replaced, and `say` is told.

    Until the block ends they are this demo's: another that starts before they are bound finds them taken.
    """
    with ExitStack() as claims:

        def choose(wanted: int, what: str) -> int:
            if wanted and _is_free(wanted) and _claim(wanted, claims):
                return wanted
            while not _claim(port := free_port(), claims):
                pass
            if wanted:
                say(f"Port {wanted} is taken: {what} uses {port}.")
            return port

        yield Ports(
            web=choose(web, "the web server"),
            smtp=choose(2525, "the SMTP catcher"),
            catcher=choose(8025, "the catcher's pages"),
            receiver=choose(8443, "the webhook receiver"),
        )


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As servers do: a port that only has closed connections left on it is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:  # taken, or below 1024 and not ours to take
            return False
    return True


def _claim(port: int, claims: ExitStack) -> bool:
    """Whether no other demo has chosen it: it may not have bound it yet."""
    claim = socket.socket(socket.AF_UNIX)
    try:
        claim.bind(CLAIM.format(port=port))
    except OSError as error:
        claim.close()
        if error.errno != errno.EADDRINUSE:
            raise
        return False
    claims.enter_context(claim)
    return True
