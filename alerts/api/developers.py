"""`/developers/`: how an agency's systems get a key, publish, and listen."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from alerts.api.reference import operations
from channels.webhook.signing import TOLERANCE


def developers(request: HttpRequest) -> HttpResponse:
    """The guide, with the reference under it; rendered without a script."""
    context = {"operations": operations(), "site": settings.SITE_URL, "tolerance": TOLERANCE}
    return render(request, "developers/index.html", context)
