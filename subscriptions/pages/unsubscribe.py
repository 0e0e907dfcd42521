"""The address in every bulletin's List-Unsubscribe header and at its foot (RFC 8058).

No CSRF token is asked for: mail clients post without cookies, and the token in the address is the authority
that a forger would lack. It can only unsubscribe, or pause instead; the undo needs a second token, which only the
answer to a post holds.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta

from django.core.signing import BadSignature
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from channels.tokens import BadToken, UnsubscribeToken
from subscriptions import pausing, unsubscribing
from subscriptions.leaving_reasons import question
from subscriptions.models import ConsentRecord, Frequency, LeavingCount, Subscriber, Subscription, Topic
from subscriptions.pages.trouble import link_trouble
from subscriptions.unsubscribing import Scope

BREAKS = {"1": 1, "2": 2, "4": 4, "13": 13}  # weeks that the page offers
PAGE = "/u/"  # in the records of consent: without the token, which names the person


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows buttons; POST acts, by the mail client's one click or by a button of the page."""
    try:
        read = unsubscribing.read(token)
    except BadToken as error:
        return link_trouble(request, "unsubscribe", error)
    if request.method != "POST":
        return _page(request, token, read)
    for name, act in _ACTS.items():
        if name in request.POST:
            return act(request, token, read)
    return _page(request, token, read, status=400)


def _one_click(request: HttpRequest, token: str, read: UnsubscribeToken) -> HttpResponse:
    """By the mail client (RFC 8058): no page, no redirect."""
    if request.POST["List-Unsubscribe"] != "One-Click":
        return _page(request, token, read, status=400)
    unsubscribing.unsubscribe(
        token=read, scope=unsubscribing.first_scope(read), way=ConsentRecord.Way.ONE_CLICK, page=PAGE
    )
    return HttpResponse("Unsubscribed.\n", content_type="text/plain; charset=utf-8")


def _leave(request: HttpRequest, token: str, read: UnsubscribeToken) -> HttpResponse:
    if request.POST["scope"] not in set(Scope):
        return _page(request, token, read, status=400)
    topic_id = _topic_id(request.POST.get("topic", ""))
    ended = unsubscribing.unsubscribe(token=read, scope=Scope(request.POST["scope"]), topic_id=topic_id, page=PAGE)
    context = {
        "token": token,
        "topics": Topic.objects.filter(pk__in=ended.topic_ids).select_related("agency"),
        "undo": unsubscribing.undo_token(ended),
        "question": question(ended.topic_ids),
        "reasons": LeavingCount.Reason.choices,
    }
    return render(request, "subscriptions/unsubscribed.html", context)


def _undo(request: HttpRequest, token: str, read: UnsubscribeToken) -> HttpResponse:
    try:
        unsubscribing.undo(undo_token=request.POST["undo"], subscriber_id=read.subscriber_id, page=PAGE)
    except BadSignature:
        too_late = _("It is too late to undo this. Find the topics again to subscribe to them.")
        return _page(request, token, read, problem=too_late, status=410)
    return _page(request, token, read, undone=True)


def _pause(request: HttpRequest, token: str, read: UnsubscribeToken) -> HttpResponse:
    """A break instead of an end: less than what the link may do anyway, and never shorter than one that is set."""
    weeks = BREAKS.get(request.POST["pause"])
    if weeks is None:
        return _page(request, token, read, status=400)
    until = timezone.now().date() + timedelta(weeks=weeks)
    paused = pausing.pause(subscriber_id=read.subscriber_id, until=until, only_longer=True)
    context = {"token": token, "paused": paused, "undo": pausing.undo_token(paused) if paused else ""}
    return render(request, "subscriptions/paused.html", context)


def _undo_pause(request: HttpRequest, token: str, read: UnsubscribeToken) -> HttpResponse:
    try:
        pausing.undo(token=request.POST["undo-pause"], subscriber_id=read.subscriber_id)
    except BadSignature:
        too_late = _("It is too late to undo this. You can end the break under “My subscriptions”.")
        return _page(request, token, read, problem=too_late, status=410)
    return _page(request, token, read, undone=True)


_ACTS: Mapping[str, Callable[[HttpRequest, str, UnsubscribeToken], HttpResponse]] = {
    "List-Unsubscribe": _one_click,
    "undo": _undo,
    "undo-pause": _undo_pause,
    "pause": _pause,
    "scope": _leave,
}


def _topic_id(text: str) -> int:
    """The id that a link in a digest names; 0, which no topic has, for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _page(
    request: HttpRequest,
    token: str,
    read: UnsubscribeToken,
    *,
    undone: bool = False,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    """What this person gets now, sorted by what each button would end."""
    current = list(
        Subscription.objects.current()
        .filter(subscriber=read.subscriber_id)
        .select_related("topic__agency")
        .order_by("topic__name")
    )
    matched = [row.topic for row in current if row.topic_id in read.topic_ids]
    asked = _topic_id(request.GET.get("topic", ""))
    agencies = set(Topic.objects.filter(pk__in=read.topic_ids).values_list("agency", flat=True))
    of_agency = [row.topic for row in current if row.topic.agency_id in agencies]
    context = {
        "token": token,
        "matched": matched,
        "asked": next((row.topic for row in current if row.topic_id == asked), None),
        "digests": [row.topic for row in current if row.frequency != Frequency.IMMEDIATE and not read.topic_ids],
        "of_agency": of_agency,
        "everything": [row.topic for row in current],
        "undone": undone,
        "problem": problem,
        "subscriber": Subscriber.objects.filter(pk=read.subscriber_id).first(),
    }
    return render(request, "subscriptions/unsubscribe.html", context, status=status)
