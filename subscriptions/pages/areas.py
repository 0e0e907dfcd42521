"""The signed-in person's places: what local bulletins and alerts they hear about."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from subscriptions.areas import set_areas
from subscriptions.models import Subscriber
from subscriptions.pages.place_picker import PlacePicker
from subscriptions.pages.session import for_subscribers


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@for_subscribers
def me_areas(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Find places, tick them, save; none ticked means every place."""
    if request.method != "POST":
        return _page(request, subscriber, PlacePicker.showing(subscriber.areas.order_by("name")))
    picker = PlacePicker.sent(request.POST)
    if picker.searched:
        return _page(request, subscriber, picker)
    if picker.problem:
        return _page(request, subscriber, picker, status=422)
    set_areas(subscriber=subscriber, places=picker.chosen)
    if picker.chosen:
        messages.success(request, _("Your places are saved."))
    else:
        messages.success(request, _("You hear about every place now."))
    return redirect("me_areas")


def _page(request: HttpRequest, subscriber: Subscriber, picker: PlacePicker, status: int = 200) -> HttpResponse:
    context = {"subscriber": subscriber, "picker": picker}
    return render(request, "subscriptions/areas.html", context, status=status)
