"""What our pages' scripts ask about a browser, as JSON: read, checked, and refused in words.

Who asks is known by what only that browser has (subscriptions.browsers): no cookie counts here, and so none of the
questions needs a CSRF token. Another site's script can't ask them: it may not post JSON across origins.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from channels.https.guard import ForbiddenTarget
from channels.push.encryption import BadBrowserKey
from channels.push.message import BrowserKeys
from subscriptions.browser_identity import Given
from subscriptions.browsers import BrowserRefused
from subscriptions.limits import RateLimited

MOST_OCTETS = 16_000  # of a question
Question = dict[str, Any]


class BadQuestion(ValueError):  # noqa: N818  named as what happened
    """What came is not what our own pages ask."""


def question(view: Callable[[HttpRequest, Question], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """A view of a JSON object that is posted; what is wrong with it is said in words, as `problem`."""

    @csrf_exempt
    @never_cache
    @require_POST
    @wraps(view)
    def asked(request: HttpRequest) -> HttpResponse:
        try:
            return view(request, _read(request))
        except (BadQuestion, BadBrowserKey):
            return problem(_("This browser sent something that we can’t read. Load the page again."), 400)
        except ForbiddenTarget as refused:
            return problem(str(refused), 422)
        except BrowserRefused as refused:
            return problem(str(refused), 409)
        except RateLimited as limited:
            minutes = limited.retry_after // 60 + 1
            words = ngettext(
                "Too many browsers ask at the moment. Try again in %(minutes)d minute.",
                "Too many browsers ask at the moment. Try again in %(minutes)d minutes.",
                minutes,
            )
            answer = problem(words % {"minutes": minutes}, 429)
            answer["Retry-After"] = str(limited.retry_after)
            return answer

    return asked


def _read(request: HttpRequest) -> Question:
    if request.content_type != "application/json" or len(request.body) > MOST_OCTETS:
        raise BadQuestion
    try:
        asked = json.loads(request.body)
    except (ValueError, RecursionError):
        raise BadQuestion from None
    if not isinstance(asked, dict):
        raise BadQuestion
    return asked


def given(subscription: object) -> Given:
    """From PushSubscription.toJSON(), and beside that the key of ours that it was made with."""
    if not isinstance(subscription, dict) or not isinstance(keys := subscription.get("keys"), dict):
        raise BadQuestion
    endpoint, expires = text(subscription, "endpoint"), subscription.get("expirationTime")
    if not endpoint or "\x00" in endpoint:
        raise BadQuestion
    return Given(
        endpoint=endpoint,
        keys=BrowserKeys.read(text(keys, "p256dh"), text(keys, "auth")),
        application_key=text(subscription, "applicationServerKey"),
        expires_at=_moment(expires),
    )


def _moment(milliseconds: object) -> datetime | None:
    if not isinstance(milliseconds, int | float):
        return None
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        raise BadQuestion from None


def text(asked: dict[str, Any], name: str) -> str:
    found = asked.get(name, "")
    if not _is_text(found):
        raise BadQuestion
    return str(found)


def texts(asked: Question, name: str) -> list[str]:
    found = asked.get(name, [])
    if not isinstance(found, list) or not all(_is_text(one) for one in found):
        raise BadQuestion
    return found[:1_000]


def _is_text(found: object) -> bool:
    """Whether PostgreSQL takes it: JSON may also spell NUL and halves of characters."""
    return isinstance(found, str) and "\x00" not in found and not any("\ud800" <= one <= "\udfff" for one in found)


def language(asked: Question) -> str:
    """One in which people can ask to be written to: what the browser's page is in, or else the visitor's."""
    known = {code for code, _name in settings.BULLETIN_LANGUAGES}
    wanted = [text(asked, "language"), get_language() or ""]
    return next((tag for tag in wanted if tag in known), settings.LANGUAGE_CODE)


def problem(words: str, status: int) -> HttpResponse:
    return JsonResponse({"problem": words}, status=status)
