"""Pages that a cache in front may keep, and for how long; what is personal never gets there.

A view is marked as public. The middleware, which sees what became of its answer in the end, decides: an answer that
sets a cookie, read the session, shows a message or holds a nonce is for one visitor alone.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve
from django.utils.cache import get_conditional_response, patch_vary_headers

from govnotify.lib.page_language import named_by_address

_MARK = "_govnotify_public"
# Whose freshness is that of the page: a page, its "not modified", its new address. What is gone is kept for a moment.
_WHOLE = frozenset((200, 301, 304))
_GONE, _GONE_SECONDS = 410, 10
_PERSONAL = "private, no-store"
_OURS = "private, no-cache"

Rest = ParamSpec("Rest")
View = Callable[Concatenate[HttpRequest, Rest], HttpResponseBase]


@dataclass(frozen=True, slots=True)
class Freshness:
    """Seconds for which a cache answers by itself; and for which it may still do so while it asks us, or we fail."""

    fresh: int
    while_asking: int = 0
    while_failing: int = 600
    by_language: bool = True  # whether the page is written in the reader's language

    def header(self) -> str:
        """The value of Cache-Control (RFC 9111; the last two are RFC 5861)."""
        return (
            f"public, max-age={self.fresh}, stale-while-revalidate={self.while_asking}, "
            f"stale-if-error={self.while_failing}"
        )


# A page that somebody relies on in an emergency is at most this much older than the truth, in seconds.
URGENT = Freshness(fresh=10, while_asking=10, while_failing=120)
PAGE = Freshness(fresh=30, while_asking=30)
FEED = Freshness(fresh=60, while_asking=60, by_language=False)
URGENT_FEED = Freshness(fresh=15, while_asking=15, while_failing=120, by_language=False)
DAILY = Freshness(fresh=86_400, while_asking=86_400, by_language=False)
HOURLY = Freshness(fresh=3_600, while_asking=3_600, by_language=False)


def public(freshness: Freshness) -> Callable[[View[Rest]], View[Rest]]:
    """Mark a view's answers as the same for everybody, but for the language."""

    def decorator(view: View[Rest]) -> View[Rest]:
        @wraps(view)
        def marked(request: HttpRequest, /, *args: Rest.args, **kwargs: Rest.kwargs) -> HttpResponseBase:
            response = view(request, *args, **kwargs)
            setattr(response, _MARK, freshness)
            return response

        setattr(marked, _MARK, freshness)
        return marked

    return decorator


def is_for_readers(request: HttpRequest) -> bool:
    """Whether the view that answers is a public page, which is written in the reader's language."""
    freshness = getattr(request.resolver_match and request.resolver_match.func, _MARK, None)
    return freshness is not None and freshness.by_language


def is_public(path: str) -> bool:
    """Whether a public view answers at the path, as far as its answers turn out to be for everybody."""
    try:
        return hasattr(resolve(path).func, _MARK)
    except Resolver404:
        return False


class PublicPages:
    """Middleware, outside of everything that could make an answer personal, inside of the security headers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        freshness: Freshness | None = getattr(response, _MARK, None)
        if freshness is None or response.status_code not in {*_WHOLE, _GONE}:
            response.headers.setdefault("Cache-Control", _OURS)
            response.headers.setdefault("X-Robots-Tag", "noindex")
            return response
        if _is_personal(request, response):
            response.headers["Cache-Control"] = _PERSONAL
            return response
        return _for_everybody(request, response, freshness)


def etag_of(*parts: object) -> str:
    """A weak tag: a proxy that compresses makes other bytes of the same page (RFC 9110 section 8.8.1)."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part if isinstance(part, bytes) else repr(part).encode())
        digest.update(b"\0")
    return f'W/"{digest.hexdigest()[:32]}"'


def _for_everybody(request: HttpRequest, response: HttpResponseBase, freshness: Freshness) -> HttpResponseBase:
    if freshness.by_language and not named_by_address(request):
        # The language may also be a cookie's; most visitors bring none.
        patch_vary_headers(response, ["Accept-Language", "Cookie"])
    else:
        del response.headers["Vary"]  # Django's own, of every answer; this one is the same for all who ask
    if response.status_code == _GONE:
        response.headers["Cache-Control"] = f"public, max-age={_GONE_SECONDS}"
        return response
    response.headers["Cache-Control"] = freshness.header()
    if isinstance(response, HttpResponse) and response.status_code == 200:
        response.headers.setdefault("ETag", etag_of(response.content))
        return get_conditional_response(request, etag=response.headers["ETag"], response=response) or response
    return response


def _is_personal(request: HttpRequest, response: HttpResponseBase) -> bool:
    """A message that was kept for this page takes its cookie away, and a form's token sets one."""
    session, messages = getattr(request, "session", None), getattr(request, "_messages", None)
    return bool(
        response.cookies
        or (session is not None and session.accessed)
        or (messages is not None and messages.added_new)
        or getattr(request, "csp_nonce", None)  # true once it was written
    )
