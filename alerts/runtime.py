"""What one worker process keeps from task to task: event loop, connections, a thread that records.

Made on first use, so always after the fork; nothing in it decides anything.
"""

import os
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from functools import cache, cached_property
from ipaddress import ip_network
from typing import TypeVar

import uvloop
from django.conf import settings
from django.db import connections

from alerts.lanes import RULES, Lane
from channels.smtp.pool import SmtpPool
from channels.smtp.relay import Relay
from channels.webhook.client import WebhookClient
from channels.webhook.guard import Guard

T = TypeVar("T")


class Runtime:
    """Use `runtime()`. Its loop runs only while something is being sent."""

    def __init__(self) -> None:
        self.loop = uvloop.new_event_loop()
        # One thread, so that records are written in order, on a database connection of its own.
        self._relays: dict[Lane, SmtpPool] = {}
        self.recorder = ThreadPoolExecutor(max_workers=1, thread_name_prefix="recorder")

    def run(self, work: Coroutine[None, None, T]) -> T:
        return self.loop.run_until_complete(work)

    def relay(self, lane: Lane) -> SmtpPool:
        """The lane's connections to the relay: of its own, with its own patience."""
        if lane not in self._relays:
            self._relays[lane] = SmtpPool(
                Relay.from_url(settings.EMAIL_URL),
                connections=settings.EMAIL_CONNECTIONS,
                timeouts=RULES[lane].timeouts,
            )
        return self._relays[lane]

    @cached_property
    def webhooks(self) -> WebhookClient:
        guard = Guard(
            allowed_networks=[ip_network(network) for network in settings.WEBHOOK_ALLOWED_NETWORKS],
            allowed_ports=frozenset(settings.WEBHOOK_ALLOWED_PORTS),
        )
        return WebhookClient(guard, ca_file=settings.WEBHOOK_CA_FILE)

    def close(self) -> None:
        """Say goodbye to every server; what is needed again is opened again, from the settings as they are then."""
        while self._relays:
            self.run(self._relays.popitem()[1].close())
        webhooks = self.__dict__.pop("webhooks", None)
        if webhooks is not None:
            self.run(webhooks.close())
        self.recorder.submit(connections.close_all).result()


def runtime() -> Runtime:
    """This process's own: a child never shares its parent's sockets."""
    return _of_process(os.getpid())


@cache
def _of_process(pid: int) -> Runtime:
    return Runtime()
