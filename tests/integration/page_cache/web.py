"""The web server's application with its cache, its clock stopped: what becomes fresh does so because of a change."""

import gzip
import io
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from wsgiref.util import setup_testing_defaults

from django.core.wsgi import get_wsgi_application

from govnotify.page_cache import PageCache
from govnotify.page_cache.application import Application

PATIENCE = 120.0  # seconds until a test gives up


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    def __getitem__(self, name: str) -> str:
        return self.headers[name.lower()]

    def __contains__(self, words: str) -> bool:
        return words in self.text

    @property
    def text(self) -> str:
        packed = self.headers.get("content-encoding") == "gzip"
        return (gzip.decompress(self.body) if packed else self.body).decode()


class Web:
    """`asked` are the paths for which Django itself was asked."""

    def __init__(self, octets: int = 10_000_000) -> None:
        self.now = 1_000.0
        self.octets = octets
        self.asked: list[str] = []
        self.before: Callable[[], None] = lambda: None  # what happens when Django has answered, before that is kept
        self.django: Application = get_wsgi_application()
        self.cache = self._cache()

    def get(self, path: str, method: str = "GET", **headers: str) -> Answer:
        path, _, query = path.partition("?")
        environ: dict[str, Any] = {"PATH_INFO": path, "QUERY_STRING": query, "REQUEST_METHOD": method}
        environ |= {"HTTP_HOST": "127.0.0.1", "REMOTE_ADDR": "127.0.0.1", "wsgi.input": io.BytesIO()}
        environ |= {f"HTTP_{name.upper()}": value for name, value in headers.items()}
        setup_testing_defaults(environ)
        heads: list[Any] = []
        body = self.cache(environ, lambda *head: heads.append(head))
        whole = b"".join(body)
        if hasattr(body, "close"):
            body.close()
        [(status, fields)] = heads
        return Answer(int(status[:3]), {name.lower(): value for name, value in fields}, whole)

    def listens(self) -> "Web":
        until(self.cache.changes.are_heard)
        return self

    def again(self) -> "Web":
        """A new one, which nothing that was made before is told to."""
        self.end()
        self.cache = self._cache()
        return self.listens()

    def end(self) -> None:
        self.cache.changes.stop()

    def _cache(self) -> PageCache:
        return PageCache(self._django, self.octets, clock=lambda: self.now)

    def _django(self, environ: dict[str, Any], start_response: Any) -> Any:
        self.asked.append(environ["PATH_INFO"])
        answer = self.django(environ, start_response)
        self.before()
        return answer


def fails(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Django as it is when it can't answer."""
    start_response("500 Internal Server Error", [("Content-Length", "0")])
    return [b""]


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it never came about"
        time.sleep(0.01)
