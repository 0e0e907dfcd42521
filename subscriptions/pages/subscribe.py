"""The page that takes an address, and the one answer that everybody gets."""

from collections.abc import Iterable
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from subscriptions.areas import set_areas
from subscriptions.limits import RateLimited
from subscriptions.models import Subscriber, Topic
from subscriptions.pages.me import me_topics
from subscriptions.pages.place_picker import PlacePicker
from subscriptions.pages.session import signed_in
from subscriptions.pages.steady import steadily
from subscriptions.pages.subscribe_form import SubscribeForm, chosen_topics
from subscriptions.pages.suggestions import FIELD, network_sources
from subscriptions.pages.trouble import when_to_come_back
from subscriptions.pages.visitor import ip_of
from subscriptions.signing_up import sign_up
from subscriptions.suggesting import suggestions

PLACES_ASKED = "places-asked"  # the form of somebody signed in had the places in it


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def subscribe(request: HttpRequest) -> HttpResponse:
    """Chosen topics, address, language, frequencies, places. Who is signed in adds topics without another mail."""
    subscriber = signed_in(request)
    if request.method != "POST":
        had = subscriber.areas.order_by("name") if subscriber else ()
        return _page(request, SubscribeForm(chosen_topics(request.GET)), PlacePicker.showing(had))
    topics, picker = chosen_topics(request.POST), PlacePicker.sent(request.POST)
    if picker.searched:
        return _page(request, SubscribeForm.typed(topics, request.POST), picker)
    if subscriber and topics:
        return _add(request, subscriber, topics, picker)
    return _sign_up(request, SubscribeForm(topics, request.POST), picker)


@require_safe
def check_your_mail(request: HttpRequest) -> HttpResponse:
    """The same for a known address, an unknown one and a robot: it goes by the chosen topics alone."""
    chosen = [topic.pk for topic in chosen_topics(request.GET)]
    context = {
        "service_address": settings.SERVICE_ADDRESS,
        "suggestions": suggestions(beside=chosen) if chosen else [],
    }
    return render(request, "subscriptions/check_your_mail.html", context)


def _sign_up(request: HttpRequest, form: SubscribeForm, picker: PlacePicker) -> HttpResponse:
    if picker.problem:
        form.add_error(None, picker.problem)
    if not form.is_valid():
        return _page(request, form, picker, status=422)
    try:
        with steadily():  # for robots too: they must not learn which field gave them away
            if not form.from_a_robot:
                sign_up(
                    email=form.cleaned_data["email"],
                    choices=form.choices,
                    language=form.cleaned_data["language"],
                    page=request.path,
                    ip=ip_of(request),
                    areas=picker.chosen,
                    sources=network_sources(request.POST, form.topics),
                )
    except RateLimited as error:
        return too_many(request, form, "subscriptions/subscribe.html", error, picker=picker)
    return _done(form.topics)


def too_many(
    request: HttpRequest, form: SubscribeForm, template: str, error: RateLimited, **context: object
) -> HttpResponse:
    """The form again, with what was typed, and when to come back."""
    form.add_error(None, when_to_come_back(error))
    response = render(request, template, {"form": form, "subscriber": None, **context}, status=429)
    response["Retry-After"] = str(error.retry_after)
    return response


def _add(request: HttpRequest, subscriber: Subscriber, topics: list[Topic], picker: PlacePicker) -> HttpResponse:
    """What somebody signed in has chosen, as on their own page; the places too, where the form asked for them."""
    if picker.problem:
        return _page(request, SubscribeForm.typed(topics, request.POST), picker, status=422)
    if PLACES_ASKED in request.POST and {place.pk for place in picker.chosen} != set(
        subscriber.area_links.values_list("place", flat=True)
    ):
        set_areas(subscriber=subscriber, places=picker.chosen)
        said = _("Your places are saved.") if picker.chosen else _("You hear about every place now.")
        messages.success(request, said)
    return me_topics(request)


def _done(topics: Iterable[Topic]) -> HttpResponse:
    query = urlencode([("topic", topic.slug) for topic in topics])
    return redirect(f"{reverse('check_your_mail')}?{query}")


def _page(request: HttpRequest, form: SubscribeForm, picker: PlacePicker, status: int = 200) -> HttpResponse:
    query = request.POST if request.method == "POST" else request.GET
    context = {"form": form, "picker": picker, "subscriber": signed_in(request), "suggested": query.getlist(FIELD)}
    return render(request, "subscriptions/subscribe.html", context, status=status)
