"""An agency's sign-up form on its own web site: in a frame, or as a plain form in its page that posts here.

No cookie is set or read. No CSRF token is asked for either: a forger could do no more than anybody who types an address
into our own form, which is to have one confirmation mail sent, within the same limits and with the same answer.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from csp.constants import NONE
from csp.decorators import csp_replace
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from agencies.models import Agency
from subscriptions.limits import RateLimited
from subscriptions.pages.embed_form import EmbedForm, known_site, language_of, safe_back, some_of
from subscriptions.pages.steady import steadily
from subscriptions.pages.trouble import when_to_come_back
from subscriptions.pages.visitor import ip_of
from subscriptions.signing_up import sign_up
from subscriptions.suggesting import suggestions

LONGEST = 20_000  # octets of a form
SUGGESTED = 3  # topics, in the little room of a frame
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


@never_cache
@require_safe
def embed(request: HttpRequest, slug: str) -> HttpResponse:
    """The frame's page. `?topics=slug,slug` chooses some, `lang` the language; `target=top` leaves the frame."""
    agency = get_object_or_404(Agency, slug=slug)
    form = EmbedForm(agency, request)
    site = known_site(agency, request.headers.get("Referer", ""))
    leaves = request.GET.get("target") == "top"
    asked = {
        "only": request.GET.get("topics", ""),
        "lang": request.GET.get("lang", ""),
        "frequency": request.GET.get("frequency", ""),
        "target": "_top" if leaves else "",
        "site": site,
        "back": safe_back(agency, request.GET.get("back", "")) or (f"{site}/" if site and leaves else ""),
    }
    return _page(request, form, asked)


@csrf_exempt  # the reason stands at the top
@never_cache
@require_POST
def embed_subscribe(request: HttpRequest, slug: str) -> HttpResponse:
    """Both kinds of form post here. Nothing is sent to a topic that is not open, or another agency's."""
    agency = get_object_or_404(Agency, slug=slug)
    if request.content_type not in FORMS:
        return _refused(request, agency, 415)
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > LONGEST:
        return _refused(request, agency, 413)
    form = EmbedForm(agency, request)
    asked = {name: request.POST.get(name, "") for name in ("only", "lang", "frequency", "site", "back")}
    if not form.is_valid():
        return _page(request, form, asked, status=422)
    try:
        _sign_up(request, form, language_of(agency, asked["lang"] or translation.get_language()))
    except RateLimited as error:
        return _too_many(request, form, asked, error)
    query = [("topic", topic.slug) for topic in form.topics] + [("lang", asked["lang"]), ("back", form.back)]
    return redirect(f"{reverse('embed_done', args=[slug])}?{urlencode([pair for pair in query if pair[1]])}")


@never_cache
@require_safe
def embed_done(request: HttpRequest, slug: str) -> HttpResponse:
    """The same for a known address, an unknown one and a robot: it goes by the form's own values."""
    agency = get_object_or_404(Agency, slug=slug)
    slugs = set(request.GET.getlist("topic"))
    chosen = [topic.pk for slug, topic in EmbedForm(agency, request).offered.items() if slug in slugs]
    context = {
        "back": safe_back(agency, request.GET.get("back", "")),
        "suggestions": suggestions(beside=chosen, most=SUGGESTED) if chosen else [],
        "service_address": settings.SERVICE_ADDRESS,
    }
    return _framed(request, agency, "subscriptions/embed_done.html", context, request.GET.get("lang", ""))


def _sign_up(request: HttpRequest, form: EmbedForm, language: str) -> None:
    with steadily():  # for robots too: they must not learn which field gave them away
        if not form.cleaned_data["website"]:
            sign_up(
                email=form.cleaned_data["email"],
                choices=form.choices,
                language=language,
                page=f"{request.path} {form.site}".strip(),
                ip=ip_of(request),
                sources=form.sources,
            )


def _too_many(request: HttpRequest, form: EmbedForm, asked: dict[str, str], error: RateLimited) -> HttpResponse:
    form.add_error(None, when_to_come_back(error))
    response = _page(request, form, asked, status=429)
    response["Retry-After"] = str(error.retry_after)
    return response


def _refused(request: HttpRequest, agency: Agency, status: int) -> HttpResponse:
    """For what no form of ours or of the agency's sends: its body is not read."""
    return _framed(request, agency, "subscriptions/embed_refused.html", {}, "", status)


def _page(request: HttpRequest, form: EmbedForm, asked: dict[str, str], status: int = 200) -> HttpResponse:
    topics = some_of(form.offered.values(), asked["only"])
    context = asked | {"form": form, "topics": topics, "ticked": form.slugs}
    return _framed(request, form.agency, "subscriptions/embed.html", context, asked["lang"], status)


def _framed(
    request: HttpRequest, agency: Agency, template: str, context: Mapping[str, Any], language: str, status: int = 200
) -> HttpResponse:
    """A page that the agency's sites may show in a frame, and nobody else. Without sites it is like any other."""
    ours = language if language in dict(settings.LANGUAGES) else translation.get_language()
    with translation.override(ours):
        response = render(request, template, {**context, "theme_agency": agency}, status=status)
    response["Content-Language"] = ours or settings.LANGUAGE_CODE
    vars(response).update(xframe_options_exempt=bool(agency.embed_sites))
    csp_replace({"frame-ancestors": agency.embed_sites or [NONE]})(lambda _request: response)(request)  # marks it
    return response
