"""Work beside the browser, whose event loop holds the test's own thread."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connections

from alerts.engine.runtime import runtime

Result = TypeVar("Result")


def aside(work: Callable[[], Result]) -> Result:
    """What `work` gives, done in a thread with connections and an engine of its own."""

    def do() -> Result:
        try:
            return work()
        finally:
            runtime().close()
            connections.close_all()

    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(do).result()
