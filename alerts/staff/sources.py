"""Where an agency's followers came from: for everybody who works there."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from alerts.staff.access import agency_of, staff_page
from subscriptions.source_report import report_sources


@require_safe
@staff_page
def sources(request: HttpRequest, slug: str) -> HttpResponse:
    agency = agency_of(request, slug)
    context = {"theme_agency": agency, "report": report_sources(agency)}
    return render(request, "staff/sources.html", context)
