"""The page that takes an address, and the one answer that everybody gets."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from subscriptions.limits import RateLimited
from subscriptions.pages.session import signed_in
from subscriptions.pages.steady import steadily
from subscriptions.pages.subscribe_form import SubscribeForm, chosen_topics
from subscriptions.pages.visitor import ip_of
from subscriptions.signing_up import sign_up


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def subscribe(request: HttpRequest) -> HttpResponse:
    """Chosen topics, address, language, frequencies. Who is signed in adds topics without another mail."""
    if request.method != "POST":
        topics = chosen_topics(request.GET)
        return _page(request, SubscribeForm(topics))
    form = SubscribeForm(chosen_topics(request.POST), request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    if form.from_a_robot:
        return redirect("check_your_mail")
    try:
        with steadily():
            sign_up(
                email=form.cleaned_data["email"],
                choices=form.choices,
                language=form.cleaned_data["language"],
                page=request.path,
                ip=ip_of(request),
            )
    except RateLimited as error:
        return too_many(request, form, "subscriptions/subscribe.html", error)
    return redirect("check_your_mail")


@require_safe
def check_your_mail(request: HttpRequest) -> HttpResponse:
    """The same for a known address, an unknown one and a robot."""
    context = {"service_address": settings.SERVICE_ADDRESS}
    return render(request, "subscriptions/check_your_mail.html", context)


def too_many(request: HttpRequest, form: SubscribeForm, template: str, error: RateLimited) -> HttpResponse:
    """The form again, with what was typed, and when to come back."""
    form.add_error(
        None,
        _("Too many requests come from your network at the moment. Try again in %d minutes.")
        % (error.retry_after // 60 + 1),
    )
    response = render(request, template, {"form": form, "subscriber": None}, status=429)
    response["Retry-After"] = str(error.retry_after)
    return response


def _page(request: HttpRequest, form: SubscribeForm, status: int = 200) -> HttpResponse:
    context = {"form": form, "subscriber": signed_in(request)}
    return render(request, "subscriptions/subscribe.html", context, status=status)
