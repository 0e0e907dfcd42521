"""The language of a page: its address names it (`?lang=`), else the cookie, else what the browser asks for.

The cookie is set by the switch at the foot of every page, and at sign-in to the language that the person has chosen for
good, so that no public page has to look at who is signed in.
"""

from datetime import timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import translation
from django.utils.translation import get_language_from_request, get_supported_language_variant

PARAMETER = "lang"
_SECONDS = int(timedelta(days=365).total_seconds())


class PageLanguage(LocaleMiddleware):
    """Django's, which also writes Content-Language, with the address before the cookie."""

    def process_request(self, request: HttpRequest) -> None:
        translation.activate(named_by_address(request) or get_language_from_request(request))
        request.LANGUAGE_CODE = translation.get_language()


def named_by_address(request: HttpRequest) -> str:
    """The language of ours that `?lang=` names, "" where it names none: then the page depends on who asks."""
    try:
        return get_supported_language_variant(request.GET.get(PARAMETER, ""))
    except LookupError:
        return ""


def remember(response: HttpResponseBase, language: str) -> None:
    """Pages from now on are in this language in this browser. What is none of ours changes nothing."""
    if language in dict(settings.LANGUAGES):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            language,
            max_age=_SECONDS,
            secure=settings.LANGUAGE_COOKIE_SECURE,
            httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
            samesite="Lax",
        )


def address_in(request: HttpRequest, language: str) -> str:
    """The request's path and parameters, with the language; without any for ""."""
    query = request.GET.copy()
    query.pop(PARAMETER, None)
    asked = urlencode([*((name, text) for name, texts in query.lists() for text in texts), *_named(language)])
    return f"{request.path}?{asked}" if asked else request.path


def _named(language: str) -> list[tuple[str, str]]:
    return [(PARAMETER, language)] if language else []
