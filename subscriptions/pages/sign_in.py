"""Asking for a sign-in link, and the page that the link opens."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from channels.tokens import BadToken
from govnotify.lib.page_language import remember
from subscriptions.limits import RateLimited
from subscriptions.pages import session
from subscriptions.pages.address_field import AddressField
from subscriptions.pages.steady import steadily
from subscriptions.pages.trouble import link_trouble
from subscriptions.pages.visitor import ip_of
from subscriptions.signing_in import link_of, open_link, request_sign_in


class SignInForm(forms.Form):
    email = AddressField(help_text=gettext_lazy("The address to which you get your bulletins."))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def me_sign_in(request: HttpRequest) -> HttpResponse:
    """The form; when sent, the same answer for every address."""
    form = SignInForm(request.POST if request.method == "POST" else None)
    if request.method != "POST":
        return _page(request, form)
    if not form.is_valid():
        return _page(request, form, status=422)
    try:
        with steadily():
            request_sign_in(email=form.cleaned_data["email"], ip=ip_of(request))
    except RateLimited as error:
        minutes = error.retry_after // 60 + 1
        said = ngettext(
            "Too many links were asked for. Try again in %(minutes)d minute.",
            "Too many links were asked for. Try again in %(minutes)d minutes.",
            minutes,
        )
        form.add_error(None, said % {"minutes": minutes})
        response = _page(request, form, status=429)
        response["Retry-After"] = str(error.retry_after)
        return response
    return render(request, "subscriptions/sign_in_sent.html")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def me_open(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows a button and leaves the link unused, whatever a mail scanner does with it."""
    try:
        if request.method != "POST":
            link_of(token)
            return render(request, "subscriptions/sign_in_open.html")
        subscriber = open_link(token=token)
    except BadToken as error:
        return link_trouble(request, "sign-in", error)
    session.sign_in(request, subscriber)
    response = redirect("me")
    remember(response, subscriber.language)
    return response


@require_POST
def me_sign_out(request: HttpRequest) -> HttpResponse:
    session.sign_out(request)
    return redirect("home")


def _page(request: HttpRequest, form: SignInForm, status: int = 200) -> HttpResponse:
    return render(request, "subscriptions/sign_in.html", {"form": form}, status=status)
