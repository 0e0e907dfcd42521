"""A bulletin's page: what it says, who gets it, how far the sending is, and what became of it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from agencies.models import Role
from alerts.audience import count_audience
from alerts.models import Bulletin, Dispatch
from alerts.reports import Progress, progress
from alerts.staff.access import DRAFTING, bulletin_of, person, staff_page


@require_safe
@staff_page
def bulletin_page(request: HttpRequest, pk: int) -> HttpResponse:
    bulletin = bulletin_of(request, pk)
    topics = bulletin.ordered_topics()
    now = progress_of(bulletin)
    user, agency = person(request), bulletin.agency
    draft = bulletin.status == Bulletin.Status.DRAFT
    context = {
        "bulletin": bulletin,
        "theme_agency": agency,
        "topics": topics,
        "texts": bulletin.variants.order_by("pk"),
        "audience": count_audience(topics) if draft else None,
        "progress": now,
        "may_edit": draft and any(user.may(role, agency) for role in DRAFTING),
        "may_publish": draft and user.may(Role.PUBLISHER, agency),
    }
    return render(request, "staff/bulletin.html", context)


@require_safe
@staff_page
def bulletin_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of the page that moves while the bulletin is being sent."""
    bulletin = bulletin_of(request, pk)
    return render(request, "staff/_progress.html", {"bulletin": bulletin, "progress": progress_of(bulletin)})


def progress_of(bulletin: Bulletin) -> Progress | None:
    """How far the sending is; None for what has not been published."""
    dispatch = Dispatch.objects.filter(bulletin=bulletin).first()
    return progress(dispatch) if dispatch else None
