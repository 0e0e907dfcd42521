"""`/staff/`: what waits for this person, what is on its way, what became of the last ones."""

from dataclasses import dataclass

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from agencies.models import Agency, Role
from alerts.models import Alert, Bulletin, Dispatch
from alerts.reports import Progress, progress_by_dispatch
from alerts.staff.access import DRAFTING, agencies_of, by_the_clocks_of, person, staff_page

SHOWN = 10  # of each list


@dataclass(frozen=True, slots=True)
class Sending:
    bulletin: Bulletin
    progress: Progress


@require_safe
@staff_page
def dashboard(request: HttpRequest) -> HttpResponse:
    user = person(request)
    mine = agencies_of(user)
    by_the_clocks_of(*mine)
    drafts = _drafts(Bulletin.objects.of(agencies_of(user, *DRAFTING)))
    context = {
        "agencies": mine,
        "my_drafts": drafts.filter(created_by=user)[:SHOWN],
        "other_drafts": drafts.exclude(created_by=user)[:SHOWN],
        "waiting": _waiting(Bulletin.objects.of(mine))[:SHOWN],
        "administers": set(agencies_of(user, Role.ADMINISTRATOR)),
        "approves_at": set(agencies_of(user, Role.APPROVER)),
        "sending": _dispatches(mine, Dispatch.objects.under_way()),
        "results": _dispatches(mine, Dispatch.objects.exclude(finished_at=None)),
        "may_draft": agencies_of(user, *DRAFTING).exists(),
        "may_operate": agencies_of(user, Role.OPERATOR).exists(),
    }
    return render(request, "staff/dashboard.html", context)


def _drafts(bulletins: QuerySet[Bulletin]) -> QuerySet[Bulletin]:
    drafts = bulletins.filter(status=Bulletin.Status.DRAFT, alert=None)
    return drafts.select_related("agency", "created_by").prefetch_related("variants").order_by("-edited_at")


def _waiting(bulletins: QuerySet[Bulletin]) -> QuerySet[Alert]:
    waiting = Alert.objects.filter(bulletin__in=bulletins.filter(status=Bulletin.Status.DRAFT))
    related = waiting.select_related("bulletin__agency", "bulletin__created_by")
    return related.prefetch_related("bulletin__variants").order_by("-pk")


def _dispatches(agencies: QuerySet[Agency], dispatches: QuerySet[Dispatch]) -> list[Sending]:
    """Those that were published last, by an index; ids need not be in that order."""
    ids = [agency.pk for agency in agencies]
    newest = dispatches.filter(agency__in=ids, bulletin__isnull=False).order_by("-cut_off", "-pk")[:SHOWN]
    shown = newest.select_related("bulletin__agency", "bulletin__alert").prefetch_related("bulletin__variants")
    now = progress_by_dispatch(shown)
    return [Sending(one.bulletin, now[one.pk]) for one in shown if one.bulletin and one.pk in now]
