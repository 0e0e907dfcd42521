"""The address in every bulletin's List-Unsubscribe header and at its foot (RFC 8058).

No CSRF token is asked for: mail clients post without cookies, and the token in the address is the authority
that a forger would lack. It can only unsubscribe; the undo needs a second token, which only the answer to a
post holds.
"""

from django.core.signing import BadSignature
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from channels.tokens import BadToken, UnsubscribeToken
from subscriptions import unsubscribing
from subscriptions.models import ConsentRecord, Subscription, Topic
from subscriptions.pages.trouble import link_trouble
from subscriptions.unsubscribing import Scope

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
    if request.POST.get("List-Unsubscribe") == "One-Click":
        way = ConsentRecord.Way.ONE_CLICK
        unsubscribing.unsubscribe(token=read, scope=Scope.MATCHED, way=way, page=PAGE)
        return HttpResponse("Unsubscribed.\n", content_type="text/plain; charset=utf-8")
    if "undo" in request.POST:
        return _undo(request, token, read)
    if request.POST.get("scope") not in set(Scope):
        return _page(request, token, read, status=400)
    ended = unsubscribing.unsubscribe(token=read, scope=Scope(request.POST["scope"]), page=PAGE)
    topics = Topic.objects.filter(pk__in=ended.topic_ids).select_related("agency")
    context = {"token": token, "topics": topics, "undo": unsubscribing.undo_token(ended)}
    return render(request, "subscriptions/unsubscribed.html", context)


def _undo(request: HttpRequest, token: str, read: UnsubscribeToken) -> HttpResponse:
    try:
        unsubscribing.undo(undo_token=request.POST["undo"], subscriber_id=read.subscriber_id, page=PAGE)
    except BadSignature:
        return _page(request, token, read, status=410)
    return _page(request, token, read, undone=True)


def _page(
    request: HttpRequest, token: str, read: UnsubscribeToken, *, undone: bool = False, status: int = 200
) -> HttpResponse:
    """What this person gets now, sorted by what each button would end."""
    current = list(
        Subscription.objects.current()
        .filter(subscriber=read.subscriber_id)
        .select_related("topic__agency")
        .order_by("topic__name")
    )
    matched = [row.topic for row in current if row.topic_id in read.topic_ids]
    agencies = set(Topic.objects.filter(pk__in=read.topic_ids).values_list("agency", flat=True))
    of_agency = [row.topic for row in current if row.topic.agency_id in agencies]
    context = {
        "token": token,
        "matched": matched,
        "of_agency": of_agency,
        "everything": [row.topic for row in current],
        "undone": undone,
    }
    return render(request, "subscriptions/unsubscribe.html", context, status=status)
