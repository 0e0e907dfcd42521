"""What a link from a mail shows when it doesn't work: why, and the way out."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import ngettext

from channels.tokens import ExpiredToken
from subscriptions.limits import RateLimited


def link_trouble(request: HttpRequest, link: str, error: Exception) -> HttpResponse:
    """`link` is "confirm", "unsubscribe", "sign-in" or "address". 410 for what worked once, 404 for no link of ours."""
    gone = isinstance(error, ExpiredToken) or not isinstance(error, ValueError)  # BadToken is a ValueError
    context = {"link": link, "gone": gone}
    return render(request, "subscriptions/link_trouble.html", context, status=410 if gone else 404)


def when_to_come_back(error: RateLimited) -> str:
    """What a form says where its visitor's network asked too often."""
    minutes = error.retry_after // 60 + 1
    said = ngettext(
        "Too many requests come from your network at the moment. Try again in %(minutes)d minute.",
        "Too many requests come from your network at the moment. Try again in %(minutes)d minutes.",
        minutes,
    )
    return said % {"minutes": minutes}
