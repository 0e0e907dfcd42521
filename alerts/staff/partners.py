"""Topics of other agencies that an agency's followers are told of first: found by words, added, ordered, taken out."""

from collections.abc import Callable, Mapping

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from agencies.audit import Actor
from agencies.models import Agency, Role
from alerts.finding.search import topics_about
from alerts.staff.access import agency_of, person, staff_page
from subscriptions import partnering
from subscriptions.models import Topic

FOUND = 20
LONGEST = 100  # characters of a search


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
def partners(request: HttpRequest, slug: str) -> HttpResponse:
    """A button's name says what to do, its value with which topic (by id)."""
    agency = agency_of(request, slug, Role.ADMINISTRATOR)
    if request.method == "POST":
        for name, act in _ACTS.items():
            if (topic := request.POST.get(name, "")).isdecimal():
                act(request, agency, int(topic[:18]))
        return redirect("staff-partners", slug)
    words = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST]
    pins = list(agency.partner_pins.select_related("topic__agency"))
    context = {
        "theme_agency": agency,
        "pins": pins,
        "words": words,
        "found": _found(agency, words, [pin.topic_id for pin in pins]) if words else [],
        "most": partnering.MOST,
    }
    return render(request, "staff/partners.html", context)


def _found(agency: Agency, words: str, pinned: list[int]) -> list[Topic]:
    others = topics_about(words).exclude(agency=agency).exclude(pk__in=pinned)
    return list(others.select_related("agency")[:FOUND])


def _add(request: HttpRequest, agency: Agency, topic_id: int) -> None:
    topic = get_object_or_404(Topic.objects.public(), pk=topic_id)
    try:
        partnering.pin(agency=agency, topic=topic, actor=Actor.of(person(request)))
    except partnering.PinRefused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("“%s” is suggested to your followers from now on.") % topic.local_name)


def _remove(request: HttpRequest, agency: Agency, topic_id: int) -> None:
    partnering.unpin(agency=agency, topic_id=topic_id, actor=Actor.of(person(request)))
    messages.success(request, _("It is no longer one of your partners' topics."))


def _move_up(request: HttpRequest, agency: Agency, topic_id: int) -> None:
    partnering.move_up(agency=agency, topic_id=topic_id, actor=Actor.of(person(request)))


_ACTS: Mapping[str, Callable[[HttpRequest, Agency, int], None]] = {"add": _add, "remove": _remove, "up": _move_up}
