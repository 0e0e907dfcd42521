"""One kept answer: what its headers promise, and how it is given again."""

import gzip
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.http import parse_etags, parse_http_date_safe

from govnotify.page_cache.key import KNOWN, takes_gzip

Headers = list[tuple[str, str]]
StartResponse = Callable[..., Any]

KEPT = ("200", "301", "410")
LARGEST = 300_000  # octets of a body
_SECONDS = re.compile(r"([a-z-]+)=(\d+)")
_LEVEL = 6  # of compression: done once for each entry
_OVERHEAD = 2_000  # octets of headers, key and objects beside the bodies, roughly
# What "not modified" leaves out: there is no content to speak of (RFC 9110 section 15.4.5).
_OF_THE_CONTENT = ("content-length", "content-type", "content-language", "content-encoding")


@dataclass(frozen=True, slots=True)
class Entry:
    """Times are those of the cache's clock, in seconds."""

    status: str
    headers: Headers  # without Content-Length, Content-Encoding and Age
    plain: bytes
    packed: bytes | None  # gzip, where that is shorter
    etag: str
    modified: int | None
    made: float
    fresh: int
    while_asking: int
    while_failing: int
    resting_until: float = 0.0  # we could not answer: not asked again before this

    @property
    def size(self) -> int:
        return len(self.plain) + len(self.packed or b"") + _OVERHEAD

    def answer(self, environ: dict[str, Any], start_response: StartResponse, now: float) -> Iterable[bytes]:
        """Whole, or "not modified". Age tells caches in front how much of the time is already over."""
        headers = [*self.headers, ("Age", str(int(max(0.0, now - self.made))))]
        if self._is_known(environ):
            start_response("304 Not Modified", [one for one in headers if one[0].lower() not in _OF_THE_CONTENT])
            return []
        body = self.plain
        if self.packed is not None and takes_gzip(environ):
            body = self.packed
            headers.append(("Content-Encoding", "gzip"))
        headers.append(("Content-Length", str(len(body))))
        start_response(self.status, headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    def _is_known(self, environ: dict[str, Any]) -> bool:
        """RFC 9110 section 13.2.2; tags are compared weakly."""
        if not self.status.startswith("200"):
            return False
        if known := environ.get("HTTP_IF_NONE_MATCH"):
            tags = [tag.removeprefix("W/") for tag in parse_etags(known)]
            return bool(self.etag) and ("*" in tags or self.etag.removeprefix("W/") in tags)
        since = parse_http_date_safe(environ.get("HTTP_IF_MODIFIED_SINCE", ""))
        return self.modified is not None and since is not None and self.modified <= since


def promises(status: str, headers: Headers, language: str) -> dict[str, int] | None:
    """The seconds of Cache-Control by their names, where the answer may be kept; None where it may not.

    A page that is in another language than the key says was chosen by a rule that the key does not know.
    """
    by_name = {name.lower(): value for name, value in headers}
    control = by_name.get("cache-control", "")
    varies = {name.strip().lower() for name in by_name.get("vary", "").split(",") if name.strip()}
    length = by_name.get("content-length", "")
    if (
        not control.startswith("public,")
        or not status.startswith(KEPT)
        or "set-cookie" in by_name
        or "content-encoding" in by_name
        or not varies <= KNOWN
        or ("accept-language" in varies and by_name.get("content-language") != language)
        or not (length.isdecimal() and int(length) <= LARGEST)
    ):
        return None
    return {name: int(seconds) for name, seconds in _SECONDS.findall(control)}


def entry_of(status: str, headers: Headers, body: bytes, seconds: dict[str, int], now: float) -> Entry:
    """An answer that may be kept."""
    by_name = {name.lower(): value for name, value in headers}
    packed = gzip.compress(body, _LEVEL, mtime=0)
    kept = [(name, value) for name, value in headers if name.lower() not in {"content-length", "vary"}]
    varies = [name.strip() for name in by_name.get("vary", "").split(",") if name.strip()]
    if "accept-encoding" not in {name.lower() for name in varies}:
        varies.append("Accept-Encoding")
    return Entry(
        status=status,
        headers=[*kept, ("Vary", ", ".join(varies))],
        plain=body,
        packed=packed if len(packed) < len(body) else None,
        etag=by_name.get("etag", ""),
        modified=parse_http_date_safe(by_name.get("last-modified", "")),
        made=now,
        fresh=seconds.get("max-age", 0),
        while_asking=seconds.get("stale-while-revalidate", 0),
        while_failing=seconds.get("stale-if-error", 0),
    )
