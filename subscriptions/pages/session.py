"""A subscriber's signed-in hour: its own key in the session, apart from the staff's accounts."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from subscriptions.models import Subscriber

SECONDS = 3_600
_WHO, _UNTIL, _UNDO = "subscriber", "subscriber-until", "subscriber-undo"
Rest = ParamSpec("Rest")


def sign_in(request: HttpRequest, subscriber: Subscriber) -> None:
    """For an hour, under a new session id: an id that somebody else had planted is worth nothing."""
    request.session.cycle_key()
    request.session[_WHO] = subscriber.pk
    request.session[_UNTIL] = time.time() + SECONDS


def sign_out(request: HttpRequest) -> None:
    """End the hour; a member of staff in the same browser stays signed in."""
    for key in (_WHO, _UNTIL, _UNDO):
        request.session.pop(key, None)
    request.session.cycle_key()


def signed_in(request: HttpRequest) -> Subscriber | None:
    """Whose hour it is. Also somebody who has just ended everything, who may want to undo it."""
    if request.session.get(_UNTIL, 0) < time.time():
        return None
    subscriber = Subscriber.objects.filter(pk=request.session.get(_WHO, 0)).exclude(email="").first()
    if subscriber is None or _was_ended(request, subscriber):
        return None
    return subscriber


def remember_undo(request: HttpRequest, token: str) -> None:
    """Offer the undo until the next change; "" offers none."""
    request.session[_UNDO] = token


def undo_on_offer(request: HttpRequest) -> str:
    """The token to undo the last change with, or ""."""
    return str(request.session.get(_UNDO, ""))


def _was_ended(request: HttpRequest, subscriber: Subscriber) -> bool:
    """Whether this person was signed out everywhere since the hour began: their address was changed, say."""
    ended = subscriber.signed_out_at
    return ended is not None and request.session[_UNTIL] - SECONDS <= ended.timestamp()


Page = Callable[Concatenate[HttpRequest, Subscriber, Rest], HttpResponse]


def for_subscribers(page: Page[Rest]) -> Callable[Concatenate[HttpRequest, Rest], HttpResponse]:
    """A page of one's own, with times in one's own zone: whoever is not signed in is asked to sign in."""

    @wraps(page)
    def guarded(request: HttpRequest, /, *args: Rest.args, **kwargs: Rest.kwargs) -> HttpResponse:
        subscriber = signed_in(request)
        if subscriber is None:
            return redirect("me_sign_in")
        with timezone.override(subscriber.zone):
            return page(request, subscriber, *args, **kwargs)

    return guarded
