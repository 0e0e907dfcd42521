"""A bulletin's page: what it says, who gets it, how far the sending is, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from agencies.models import Role
from alerts.acts.correcting import count_corrected
from alerts.engine.counting import AudienceCount, count_audience
from alerts.models import Bulletin, Dispatch
from alerts.reports import Progress, progress
from alerts.staff.access import DRAFTING, bulletin_of, person, staff_page
from alerts.staff.stopping import buttons
from subscriptions.models import Topic


@require_safe
@staff_page
def bulletin_page(request: HttpRequest, pk: int) -> HttpResponse:
    bulletin = bulletin_of(request, pk)
    topics = bulletin.ordered_topics()
    now = progress_of(bulletin)
    user, agency = person(request), bulletin.agency
    draft = bulletin.status == Bulletin.Status.DRAFT
    published = bulletin.status in {Bulletin.Status.PUBLISHED, Bulletin.Status.WITHDRAWN}
    context = {
        "bulletin": bulletin,
        "theme_agency": agency,
        "topics": topics,
        "areas": bulletin.ordered_areas(),
        "texts": bulletin.variants.order_by("pk"),
        "audience": _audience(bulletin, topics) if draft else None,
        "progress": now,
        "buttons": buttons(bulletin, user),
        "versions": versions(bulletin),
        "may_withdraw": bulletin.status == Bulletin.Status.PUBLISHED and user.may(Role.PUBLISHER, agency),
        "may_correct": published and any(user.may(role, agency) for role in DRAFTING),
        "may_edit": draft and any(user.may(role, agency) for role in DRAFTING),
        "may_publish": draft and user.may(Role.PUBLISHER, agency),
    }
    return render(request, "staff/bulletin.html", context)


@require_safe
@staff_page
def bulletin_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of the page that moves while the bulletin is being sent."""
    bulletin = bulletin_of(request, pk)
    return progress_part(request, {"bulletin": bulletin, "progress": progress_of(bulletin)})


def progress_part(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """The part that asks for itself every second. When somebody has stopped the sending, or it is over, the whole page
    is loaded again: its buttons are others then.
    """
    now, before = context["progress"], request.GET.get("state", "")
    if before and now is not None and now.state != before:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return render(request, "staff/_progress.html", context)


def _audience(draft: Bulletin, topics: Sequence[Topic]) -> AudienceCount:
    return count_corrected(draft.corrects) if draft.corrects else count_audience(topics, draft.ordered_areas())


@dataclass(frozen=True, slots=True)
class Versions:
    """What a bulletin corrects, and what corrects it."""

    corrects: Bulletin | None
    corrected_by: list[Bulletin]


def versions(bulletin: Bulletin) -> Versions:
    """For links both ways, drafts of corrections among them."""
    later = bulletin.corrections.select_related("agency").prefetch_related("variants").order_by("-pk")
    return Versions(bulletin.corrects, list(later))


def progress_of(bulletin: Bulletin) -> Progress | None:
    """How far the sending is; None for what has not been published."""
    dispatch = Dispatch.objects.filter(bulletin=bulletin).first()
    return progress(dispatch) if dispatch else None
