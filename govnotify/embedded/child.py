"""A child process: started with its log in a file, stopped by its id, taken down with its parent."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

PR_SET_PDEATHSIG = 1  # prctl(2)
_libc = ctypes.CDLL(None)


class Running(Protocol):
    """What Child needs of a process: the part of subprocess.Popen that it uses."""

    pid: int

    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def send_signal(self, sig: int) -> None: ...


class Child:
    """One process. `stop` asks it with its own signal, and after `patience` seconds kills it.

    `death_signal` is what it gets when this process dies without stopping it: a process with children of its own
    must be given the chance to take them along.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        log: Path,
        env: Mapping[str, str] | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        death_signal: signal.Signals = signal.SIGKILL,
        user: int | None = None,
        cwd: Path | None = None,
    ) -> None:
        self.name = name
        self.stop_signal = stop_signal
        self.log = log
        parent = os.getpid()
        with log.open("ab") as output:
            self.process: Running = subprocess.Popen(  # noqa: S603  our own commands
                [str(word) for word in command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=dict(env) if env is not None else None,
                start_new_session=True,  # Ctrl-C in the terminal reaches the parent alone, which stops us in order
                preexec_fn=lambda: die_with(parent, death_signal),  # noqa: PLW1509  one call of prctl(2)
                user=user,
                cwd=cwd,
                extra_groups=[] if user is not None else None,
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def running(self) -> bool:
        return self.process.poll() is None

    def ask_to_stop(self) -> None:
        """Send the stop signal and return at once, so that many children can stop side by side."""
        if self.running:
            self.process.send_signal(self.stop_signal)

    def stop(self, patience: float = 4.0) -> None:
        """Stop and wait; whatever is left of its process group after `patience` seconds is killed."""
        self.ask_to_stop()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(patience)
        self._kill_group()
        self.process.wait()

    def last_words(self, lines: int = 15) -> str:
        """The end of its log, for an error message."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def _kill_group(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)


def free_port(host: str = "127.0.0.1") -> int:
    """A TCP port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


def die_with(parent: int, death_signal: signal.Signals) -> None:
    """In a new child: have the kernel send `death_signal` when the process `parent` is gone, however it ended."""
    _libc.prctl(PR_SET_PDEATHSIG, death_signal)
    if os.getppid() != parent:  # it went before the call
        os._exit(1)
