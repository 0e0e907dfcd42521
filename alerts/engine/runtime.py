"""What one worker process keeps from task to task: event loop, connections, a thread that records.

Made on first use, so always after the fork; nothing in it decides anything.
"""

import asyncio
import logging
import os
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from functools import cache, cached_property
from ipaddress import ip_network
from typing import TypeVar

import uvloop
from django.conf import settings
from django.db import connections

from alerts.lanes import Lane
from alerts.routes import Route, open_route
from channels.https.guard import Guard
from channels.push.client import PushClient
from channels.webhook.client import WebhookClient
from subscriptions.browsers import push_guard

logger = logging.getLogger(__name__)
T = TypeVar("T")


class Runtime:
    """Use `runtime()`. Its loop runs only while something is being sent."""

    def __init__(self) -> None:
        self.loop = uvloop.new_event_loop()
        self.unrecorded = 0  # messages handed to a server and not yet in the database, of all windows
        self._routes: dict[Lane, Route] = {}
        self._left: set[asyncio.Task[None]] = set()
        # One thread, so that records are written in order, on a database connection of its own.
        self.recorder = ThreadPoolExecutor(max_workers=1, thread_name_prefix="recorder")

    def run(self, work: Coroutine[None, None, T]) -> T:
        return self.loop.run_until_complete(work)

    def relay(self, lane: Lane) -> Route:
        """The lane's way out: with connections of its own and its own patience."""
        if lane not in self._routes:
            self._routes[lane] = open_route(lane)
        return self._routes[lane]

    def leave(self, rest: Coroutine[None, None, None]) -> None:
        """Go on without waiting for `rest`: outcomes of messages that a server is slow about."""
        task = self.loop.create_task(rest)
        self._left.add(task)
        task.add_done_callback(self._note_end)

    @property
    def is_waiting(self) -> bool:
        """Whether something was left to go on by itself. It does so only while the loop runs."""
        return bool(self._left)

    def attend(self, seconds: float) -> None:
        """Let what was left go on, until one part of it is done or so much time has passed."""
        if self._left:
            self.run(asyncio.wait(list(self._left), timeout=seconds, return_when=asyncio.FIRST_COMPLETED))

    def wait(self, seconds: float) -> None:
        """Let so much time pass; what was left goes on meanwhile."""
        end = time.monotonic() + seconds
        while (rest := end - time.monotonic()) > 0:
            if self.is_waiting:
                self.attend(rest)
            else:
                time.sleep(rest)

    @cached_property
    def webhooks(self) -> WebhookClient:
        guard = Guard(
            allowed_networks=[ip_network(network) for network in settings.WEBHOOK_ALLOWED_NETWORKS],
            allowed_ports=frozenset(settings.WEBHOOK_ALLOWED_PORTS),
        )
        return WebhookClient(guard, ca_file=settings.WEBHOOK_CA_FILE)

    @cached_property
    def pushes(self) -> PushClient:
        return PushClient(push_guard(), ca_file=settings.PUSH_CA_FILE)

    def close(self) -> None:
        """Say goodbye to every server; what is needed again is opened again, from the settings as they are then."""
        for task in self._left:
            task.cancel()
        while self._left:
            self.attend(1.0)
        while self._routes:
            self.run(self._routes.popitem()[1].close())
        for name in ("webhooks", "pushes"):
            if (client := self.__dict__.pop(name, None)) is not None:
                self.run(client.close())
        self.recorder.submit(connections.close_all).result()

    def _note_end(self, task: asyncio.Task[None]) -> None:
        self._left.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("messages that a server was slow about: %s", error, exc_info=error)


def runtime() -> Runtime:
    """This process's own: a child never shares its parent's sockets."""
    return _of_process(os.getpid())


@cache
def _of_process(pid: int) -> Runtime:
    return Runtime()
