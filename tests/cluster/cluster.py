"""Two worker hosts and a host with the servers, joined by a switch: `with cluster(folder) as made: …`."""

import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from cryptography.fernet import Fernet

from govnotify.processes import background
from tests.cluster.hosts import Published, ServerHost, WorkerHost
from tests.cluster.namespaces import Switch

PATIENCE = 300.0  # seconds, then something is broken; a first retry may have to be waited for (2 minutes)
CONNECTIONS = 2  # to the mail server, of each sender


class Cluster:
    """Use `cluster`. Whatever a test did to a host, `all_running` undoes it."""

    def __init__(
        self, switch: Switch, servers: ServerHost, hosts: list[WorkerHost], environment: dict[str, str]
    ) -> None:
        self.switch = switch
        self.servers = servers
        self.hosts = hosts
        self._environment = environment

    def all_running(self) -> None:
        """Every process on every worker host, and all cables plugged in."""
        for host in self.hosts:
            self.switch.plug(host)
            host.go_on()
            host.start(background())
        self.wait_until(lambda: all(host.is_ready for host in self.hosts), "all processes are ready")

    def publish(self, slug: str, people: int) -> Published:
        """A bulletin to so many new people, from the host with the servers."""
        return self.servers.publish(slug, people, environment=self._environment)

    def is_done(self, published: Published) -> bool:
        [(state,)] = self.servers.query("SELECT state FROM alerts_dispatch WHERE id = %s", published.dispatch)
        return bool(state == "done")

    def taken_from(self, host: WorkerHost, published: Published) -> int:
        """How many of the bulletin's messages the mail server took from this host."""
        return sum(mail.client == host.address for mail in self.servers.accepted(published.people))

    def wait_until(self, condition: Callable[[], object], what: str) -> None:
        """Look until it is so; when it never is, fail with what every process said last."""
        end = time.monotonic() + PATIENCE
        while not condition():
            words = "\n".join(host.last_words() for host in self.hosts)
            assert time.monotonic() < end, f"never: {what}\n{words}"
            time.sleep(0.2)


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """Everything in it is gone afterwards, however the block ends."""
    with ExitStack() as stack:
        switch = Switch()
        stack.callback(switch.close)
        servers = ServerHost("servers", "10.77.0.1", folder)
        stack.callback(servers.stop)
        switch.join(servers, f"{servers.address}/24")
        servers.start()
        environment = _environment(servers)
        servers.run("manage.py", "migrate", "--verbosity", "0", environment=environment)
        hosts = []
        for name, address in (("alpha", "10.77.0.11"), ("beta", "10.77.0.12")):
            host = WorkerHost(name, address, folder, environment)
            stack.callback(host.end)
            switch.join(host, f"{address}/24")
            hosts.append(host)
        yield Cluster(switch, servers, hosts, environment)


def _environment(servers: ServerHost) -> dict[str, str]:
    """As an operator sets it, the same on every host."""
    return {
        **os.environ,
        **servers.urls,
        "EMAIL_CONNECTIONS": str(CONNECTIONS),
        "SECRET_KEY": secrets.token_hex(32),
        "TOKEN_KEYS": f"1:{secrets.token_hex(16)}",
        "FIELD_KEYS": Fernet.generate_key().decode(),
        "ADDRESS_HASH_KEY": secrets.token_hex(16),
        "DJANGO_SETTINGS_MODULE": "govnotify.settings",
    }
