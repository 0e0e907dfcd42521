"""Changing one's address: the form, the button that the new address gets, and the one that the old address gets."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from channels.tokens import BadToken
from subscriptions.changing_address import (
    SameAddress,
    cancel_change,
    change_to_confirm,
    change_to_refuse,
    joins,
    request_change,
)
from subscriptions.limits import RateLimited
from subscriptions.models import AddressChange, Subscriber
from subscriptions.moving_address import ChangeOver, confirm_change, refuse_change
from subscriptions.pages import session
from subscriptions.pages.address_field import AddressField
from subscriptions.pages.session import for_subscribers
from subscriptions.pages.steady import steadily
from subscriptions.pages.trouble import link_trouble
from subscriptions.pages.visitor import ip_of

LINK = "address"


class ChangeAddressForm(forms.Form):
    email = AddressField(
        label=gettext_lazy("New e-mail address"),
        help_text=gettext_lazy("We send a link to it. Nothing changes before its button is pressed."),
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@for_subscribers
def me_address(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """The form, and what waits; when sent, the same answer for every address."""
    form = ChangeAddressForm(request.POST if request.method == "POST" else None)
    if request.method != "POST":
        return _page(request, subscriber, form)
    if not form.is_valid():
        return _page(request, subscriber, form, status=422)
    try:
        with steadily():
            request_change(
                subscriber=subscriber, email=form.cleaned_data["email"], page=request.path, ip=ip_of(request)
            )
    except SameAddress:
        form.add_error("email", _("Your mail goes to this address already."))
        return _page(request, subscriber, form, status=422)
    except RateLimited as error:
        hours = error.retry_after // 3_600 + 1
        said = ngettext(
            "Too many changes. Try again in %(hours)d hour.", "Too many changes. Try again in %(hours)d hours.", hours
        )
        form.add_error(None, said % {"hours": hours})
        response = _page(request, subscriber, form, status=429)
        response["Retry-After"] = str(error.retry_after)
        return response
    return redirect("me_address")


@require_POST
@for_subscribers
def me_address_cancel(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    cancel_change(subscriber=subscriber)
    messages.success(request, _("The change is called off: your mail goes where it went before."))
    return redirect("me_address")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def address_confirm(request: HttpRequest, token: str) -> HttpResponse:
    """For who reads at the new address: a button takes the mail over. Nothing is said of the old address."""
    try:
        change = change_to_confirm(token)
        if request.method == "POST":
            was_theirs = session.signed_in(request) == change.subscriber
            subscriber = confirm_change(change=change)
            if was_theirs:
                session.sign_in(request, subscriber)
            return redirect("address_confirm", token)
    except (BadToken, AddressChange.DoesNotExist, ChangeOver) as error:
        return link_trouble(request, LINK, error)
    return render(request, "subscriptions/address_confirm.html", {"change": change, "joins": joins(change)})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def address_refuse(request: HttpRequest, token: str) -> HttpResponse:
    """For who reads at the old address: a button stops the change, or takes it back."""
    try:
        change = change_to_refuse(token)
        if request.method == "POST":
            refuse_change(change=change)
            return redirect("address_refuse", token)
        if change.is_final:
            raise ChangeOver
    except (BadToken, AddressChange.DoesNotExist, ChangeOver) as error:
        return link_trouble(request, LINK, error)
    return render(request, "subscriptions/address_refuse.html", {"change": change})


def _page(request: HttpRequest, subscriber: Subscriber, form: ChangeAddressForm, status: int = 200) -> HttpResponse:
    context = {"subscriber": subscriber, "form": form, "change": subscriber.address_changes.waiting().last()}
    return render(request, "subscriptions/change_address.html", context, status=status)
