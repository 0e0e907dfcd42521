"""A real RabbitMQ from the system's package `rabbitmq-server`, run as a child: to try it as a broker.

No system service and no system user are involved: the node keeps everything in `folder`, and it, its Erlang port
mapper and its distribution listen on loopback only.
"""

import os
import secrets
import signal
import socket
import time
from pathlib import Path

from govnotify.embedded.child import Child

SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")  # the package's own wrapper wants the system's user and folders
MAPPER = Path("/usr/bin/epmd")
START_SECONDS = 120.0  # 7 on an idle machine
CONFIGURATION = """\
listeners.tcp.default = 127.0.0.1:{port}
default_user = govnotify
default_pass = {password}
loopback_users = none
log.console = true
log.console.level = warning
log.file = false
"""


class RabbitMq:
    """A node of its own, on a port of its own; `start` again after `kill` brings back what it had."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._reserved = [_reserve() for _ in range(3)]
        self.port, self._mapper_port, self._distribution_port = (one.getsockname()[1] for one in self._reserved)
        self._password = secrets.token_hex(16)
        self._name = f"govnotify-{self.port}@localhost"
        self._mapper: Child | None = None
        self.child: Child | None = None

    @staticmethod
    def is_installed() -> bool:
        return SERVER.exists() and MAPPER.exists()

    def url(self) -> str:
        return f"amqp://govnotify:{self._password}@127.0.0.1:{self.port}//"

    def start(self) -> None:
        """Start it and wait until it takes connections. Raises RuntimeError with its last words."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "rabbitmq.conf").write_text(CONFIGURATION.format(port=self.port, password=self._password))
        (self.folder / "plugins").write_text("[].\n")
        if self._mapper is None:
            command: list[str | Path] = [MAPPER, "-address", "127.0.0.1", "-port", str(self._mapper_port)]
            self._mapper = Child("epmd", command, log=self.folder / "epmd.log")
        self.child = Child(
            "rabbitmq",
            [SERVER],
            log=self.folder / "rabbitmq.log",
            env=self._environment(),
            death_signal=signal.SIGTERM,  # a shell that takes the node along
            cwd=self.folder,
        )
        self._wait_until_ready(self.child)

    def kill(self) -> None:
        """As `kill -9` does, the shell and the node at once."""
        assert self.child is not None  # noqa: S101  for the type checker: start() has set it
        os.killpg(self.child.pid, signal.SIGKILL)
        self.child.process.wait()

    def stop(self) -> None:
        for child in (self.child, self._mapper):
            if child is not None:
                child.stop(patience=15.0)
        self.child = self._mapper = None
        for reserved in self._reserved:
            reserved.close()

    def _environment(self) -> dict[str, str]:
        erlang = "-kernel inet_dist_use_interface {127,0,0,1} -start_epmd false +S 1:1 +sbwt none"
        return {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": str(self.folder),  # where Erlang keeps its cookie
            "LC_ALL": "C.UTF-8",
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(self._mapper_port),
            "RABBITMQ_NODENAME": self._name,
            "RABBITMQ_DIST_PORT": str(self._distribution_port),
            "RABBITMQ_CONF_ENV_FILE": str(self.folder / "none"),  # the system's node has another
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "plugins"),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "data"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_PID_FILE": str(self.folder / "pid"),
            "RABBITMQ_GENERATED_CONFIG_DIR": str(self.folder / "generated"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": erlang,
        }

    def _wait_until_ready(self, child: Child) -> None:
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and child.running:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1) as probe:
                    probe.sendall(b"AMQP\x00\x00\x09\x01")
                    if probe.recv(1):  # it begins with Connection.Start
                        return
            except OSError:
                pass
            time.sleep(0.1)
        raise RuntimeError(f"RabbitMQ did not start:\n{child.last_words(40)}")


def _reserve() -> socket.socket:
    """A port that is bound and not listened on. The node takes seconds to come to it, and somebody's outgoing
    connection may have it by then; who sets SO_REUSEADDR, as Erlang does, can still listen on it.
    """
    reserved = socket.socket()
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    reserved.bind(("127.0.0.1", 0))
    return reserved
