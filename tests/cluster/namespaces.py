"""Network namespaces as hosts: each has its own interface, loopback and host name; one more is the switch between them.

A namespace ends with the last process in it and the last file descriptor for it, which are this process's and its
children's. So nothing of it is left behind, however the tests end.
"""

import ctypes
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NETWORK, HOST_NAME = 0x40000000, 0x04000000  # CLONE_NEWNET, CLONE_NEWUTS: namespaces(7)
_libc = ctypes.CDLL(None, use_errno=True)


def missing() -> str:
    """What this machine lacks, in words; empty when it has everything."""
    if os.geteuid() != 0:
        return "only root may make network namespaces"
    if shutil.which("ip") is None:
        return "there is no command ip (apt install iproute2)"
    try:
        Namespace("probe").close()
    except OSError as error:
        return f"this machine's kernel makes no network namespaces: {error}"
    return ""


class Namespace:
    """A host's network and its name. What is started or opened `inside` belongs to the host."""

    def __init__(self, name: str) -> None:
        self.name = name
        home = _Place()
        try:
            _check(_libc.unshare(NETWORK | HOST_NAME))
            self._place = _Place()
            socket.sethostname(name)
            ip("link", "set", "lo", "up")
        finally:
            home.enter()
            home.close()

    @contextmanager
    def inside(self) -> Iterator[None]:
        """This thread is on the host meanwhile: setns(2) holds for threads, and children begin where they are made."""
        home = _Place()
        self._place.enter()
        try:
            yield
        finally:
            home.enter()
            home.close()

    @property
    def network(self) -> Path:
        """For `ip link … netns`."""
        return Path(f"/proc/{os.getpid()}/fd/{self._place.network}")

    def close(self) -> None:
        self._place.close()


class Switch(Namespace):
    """Joins hosts by one cable each, which can be pulled."""

    def __init__(self) -> None:
        super().__init__("switch")
        with self.inside():
            ip("link", "add", "bridge", "type", "bridge")
            ip("link", "set", "bridge", "up")

    def join(self, host: Namespace, address: str) -> None:
        """Give the host an interface with this address (with its prefix length) and plug it in."""
        with self.inside():
            ip("link", "add", host.name, "type", "veth", "peer", "name", "eth0", "netns", str(host.network))
            ip("link", "set", host.name, "master", "bridge", "up")
        with host.inside():
            ip("address", "add", address, "dev", "eth0")
            ip("link", "set", "eth0", "up")

    def pull(self, host: Namespace) -> None:
        """Pull the host's cable: nobody is told, nothing gets through."""
        with self.inside():
            ip("link", "set", host.name, "down")

    def plug(self, host: Namespace) -> None:
        with self.inside():
            ip("link", "set", host.name, "up")


def ip(*words: str) -> None:
    """The command ip(8), in the namespace where this thread is."""
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)  # noqa: S603, S607  our own words


class _Place:
    """Where this thread is."""

    def __init__(self) -> None:
        self.network = _open("net")
        self.host_name = _open("uts")

    def enter(self) -> None:
        _check(_libc.setns(self.network, NETWORK))
        _check(_libc.setns(self.host_name, HOST_NAME))

    def close(self) -> None:
        os.close(self.network)
        os.close(self.host_name)


def _open(kind: str) -> int:
    return os.open(f"/proc/thread-self/ns/{kind}", os.O_RDONLY | os.O_CLOEXEC)


def _check(result: int) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
