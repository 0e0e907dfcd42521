"""In front of Django: answers that anybody may get are given again without asking for them anew.

Nothing else is decided here than what a cache in front may decide by the same headers (RFC 9111, RFC 5861), but for one
thing: what has changed is dropped at once. A process that does not hear of changes keeps answers for a moment only.
"""

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from govnotify.lib.public import is_public
from govnotify.page_cache.changes import Changes
from govnotify.page_cache.entry import Entry, Headers, StartResponse, entry_of, promises
from govnotify.page_cache.key import Key, key_of
from govnotify.page_cache.store import Store

Application = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]
UNHEARD_SECONDS = 1.0
WAIT_SECONDS = 5.0  # for another thread's answer
REST_SECONDS = 5.0  # after a failure: each attempt may take as long as the database's time-out
_CONDITIONS = ("HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE")


class PageCache:
    """A WSGI application around Django's. `octets` bounds what this process keeps."""

    def __init__(self, application: Application, octets: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._application = application
        self._clock = clock
        self._asking: dict[Key, threading.Event] = {}
        self.store = Store(octets)
        self.changes = Changes(self.store.clear)

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        key = key_of(environ)
        if key is None:
            return self._application(environ, start_response)
        heard, now, kept = self.changes.are_heard(), self._clock(), self.store.get(key)
        if kept is not None and self._will_do(key, kept, now, heard):
            return kept.answer(environ, start_response, now)
        if environ["REQUEST_METHOD"] == "HEAD":
            return self._application(environ, start_response)
        if not is_public(key.path):
            return self._application(environ, start_response)
        return self._once(key, kept, environ, start_response)

    def _once(
        self, key: Key, kept: Entry | None, environ: dict[str, Any], start_response: StartResponse
    ) -> Iterable[bytes]:
        """Of threads that want the same page at once one asks, and the others wait for what it gets."""
        mine = threading.Event()
        asking = self._asking.setdefault(key, mine)  # one operation, which no other thread comes between
        if asking is not mine:
            asking.wait(WAIT_SECONDS)
            now, kept = self._clock(), self.store.get(key)
            if kept is not None and self._will_do(key, kept, now, self.changes.are_heard()):
                return kept.answer(environ, start_response, now)
            return self._asked(key, kept, environ, start_response)
        try:
            return self._asked(key, kept, environ, start_response)
        finally:
            del self._asking[key]
            mine.set()

    def _will_do(self, key: Key, kept: Entry, now: float, heard: bool) -> bool:
        """Fresh; or another thread is asking at this moment; or asking has just failed."""
        age = now - kept.made
        if age < (kept.fresh if heard else min(kept.fresh, UNHEARD_SECONDS)) or now < kept.resting_until:
            return True
        return key in self._asking and age < kept.fresh + kept.while_asking

    def _asked(
        self, key: Key, kept: Entry | None, environ: dict[str, Any], start_response: StartResponse
    ) -> Iterable[bytes]:
        """Django's answer, kept where it may be; what was kept where Django fails and its time allows it.

        Django is asked for the whole page: one visitor's "not modified" is of no use to the next.
        """
        edition, now = self.store.edition, self._clock()
        whole = {name: value for name, value in environ.items() if name not in _CONDITIONS}
        begun: list[Any] = []
        body = self._application(whole, lambda *head: begun.append(head))
        status, headers = str(begun[-1][0]), list(begun[-1][1])
        if status.startswith("5") and kept is not None and now - kept.made < kept.fresh + kept.while_failing:
            _close(body)
            rested = replace(kept, resting_until=min(now + REST_SECONDS, kept.made + kept.fresh + kept.while_failing))
            self.store.put(key, rested, edition)
            return rested.answer(environ, start_response, now)
        seconds = promises(status, headers, key.language)
        if seconds is None:
            start_response(*begun[-1])
            return body
        return self._keep(key, status, headers, body, seconds, edition, now).answer(environ, start_response, now)

    def _keep(
        self, key: Key, status: str, headers: Headers, body: Iterable[bytes], seconds: dict[str, int], edition: int,
        now: float,
    ) -> Entry:  # fmt: skip
        try:
            entry = entry_of(status, headers, b"".join(body), seconds, now)
        finally:
            _close(body)
        self.store.put(key, entry, edition)
        return entry


def _close(body: Iterable[bytes]) -> None:
    """PEP 3333: whoever takes an answer closes it."""
    close = getattr(body, "close", None)
    if close is not None:
        close()
