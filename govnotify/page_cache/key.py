"""Which requests may be answered from what is kept, and what tells two of them apart."""

import re
from functools import lru_cache
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.http import HttpRequest, parse_cookie
from django.utils.translation import get_language_from_request


class Key(NamedTuple):
    host: str
    is_secure: bool
    path: str
    query: str
    language: str


# What an answer may depend on, as its Vary says; more than this is not kept.
KNOWN = frozenset(("accept-encoding", "accept-language", "cookie"))
# Characters of path and query, cookies, languages: who sends more is not answered from here. Keys take memory, too.
_LONGEST = (1_000, 4_000, 400)
_GZIP = re.compile(r"(?:^|[\s,])gzip(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))", re.IGNORECASE)


def key_of(environ: dict[str, Any]) -> Key | None:
    """None for what is never kept: other methods, files, and whoever has a session or a message that waits.

    Cookies of others do not matter: an answer that a cookie had changed would not be public.
    """
    path, query, cookies = environ["PATH_INFO"], environ.get("QUERY_STRING", ""), environ.get("HTTP_COOKIE", "")
    accepted = environ.get("HTTP_ACCEPT_LANGUAGE", "")
    lengths = (len(path) + len(query), len(cookies), len(accepted))
    if environ["REQUEST_METHOD"] not in {"GET", "HEAD"} or path.startswith(settings.STATIC_URL):
        return None
    if any(length > most for length, most in zip(lengths, _LONGEST, strict=True)):
        return None
    chosen = ""
    if cookies:
        brought = parse_cookie(cookies)
        if settings.SESSION_COOKIE_NAME in brought or CookieStorage.cookie_name in brought:
            return None
        chosen = brought.get(settings.LANGUAGE_COOKIE_NAME, "")
    return Key(environ.get("HTTP_HOST", ""), _is_secure(environ), path, query, _language(chosen, accepted))


def takes_gzip(environ: dict[str, Any]) -> bool:
    """Whether the answer may be compressed (RFC 9110 section 12.5.3)."""
    return _GZIP.search(environ.get("HTTP_ACCEPT_ENCODING", "")) is not None


@lru_cache(maxsize=2_000)
def _language(cookie: str, accepted: str) -> str:
    """The language that Django's middleware would choose."""
    request = HttpRequest()
    request.COOKIES = {settings.LANGUAGE_COOKIE_NAME: cookie}
    request.META = {"HTTP_ACCEPT_LANGUAGE": accepted}
    return get_language_from_request(request)


def _is_secure(environ: dict[str, Any]) -> bool:
    """As HttpRequest.is_secure(): by it goes one of the headers, Strict-Transport-Security."""
    if settings.SECURE_PROXY_SSL_HEADER:
        name, value = settings.SECURE_PROXY_SSL_HEADER
        return bool(environ.get(name, "").split(",")[0].strip() == value)
    return bool(environ["wsgi.url_scheme"] == "https")
