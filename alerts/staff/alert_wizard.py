"""Starting an alert in two steps: the form, then in words what would go to whom, and on to the approver."""

from collections.abc import Sequence
from datetime import timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from agencies.models import Agency, Role, User
from alerts.acts.alert_drafting import draft_alert
from alerts.acts.content import ContentRefused, check_content
from alerts.acts.once import KeyReused, once
from alerts.engine.counting import count_audience
from alerts.geocoding import locate
from alerts.models import Alert, Bulletin, BulletinVariant
from alerts.staff.access import agencies_of, by_the_clocks_of, person, staff_page
from alerts.staff.alert_form import AlertForm
from alerts.staff.follow_up import follow_up_of
from alerts.staff.texts import ADD, REMOVE
from subscriptions.pages.place_picker import FIND

RAPID = timedelta(hours=1)  # another alert about the same event within this is pointed out
BUTTONS = {"csrfmiddlewaretoken", "check", "send", "change", FIND, ADD, REMOVE}


@staff_page
def new_alert(request: HttpRequest) -> HttpResponse:
    """Choose the agency where there are several (`?agency=`), fill in, check, send to the approver.

    `?follows=` and `kind=` begin an update or a cancel of an alert that was sent.
    """
    agencies = agencies_of(person(request), Role.OPERATOR)
    if not agencies.exists():
        raise PermissionDenied(_("Starting an alert takes the role of emergency operator."))
    agency = agencies.filter(slug=request.GET.get("agency", "")).first()
    if agency is None and agencies.count() == 1:
        agency = agencies.get()
    if follow_up := follow_up_of(request):
        agency = follow_up.alert.bulletin.agency
    if agency is None:
        return render(request, "staff/choose_agency.html", {"agencies": agencies, "alert": True})
    by_the_clocks_of(agency)
    if request.method != "POST":
        return _page(request, AlertForm.empty(agency, follow_up))
    return _step(request, AlertForm.sent(agency, request.POST, follow_up))


def _step(request: HttpRequest, form: AlertForm) -> HttpResponse:
    if {ADD, REMOVE} & set(request.POST) or form.picker.searched:
        return _page(request, form.rearranged(request.POST))
    if "change" in request.POST or not form.is_valid():
        return _page(request, form)
    try:
        check_content(agency=form.agency, topics=form.topics, variants=form.variants)
        if "send" not in request.POST:
            return _check(request, form)
        alert = _draft(form, person(request), request.POST.urlencode())
    except ContentRefused as refused:
        form.take_errors(refused.errors)
        return _page(request, form)
    messages.success(request, _("The alert waits for an approver. Nothing has been sent yet."))
    return redirect("staff-alert", alert.pk)


def _page(request: HttpRequest, form: AlertForm) -> HttpResponse:
    return render(request, "staff/alert_form.html", _context(form))


def _check(request: HttpRequest, form: AlertForm) -> HttpResponse:
    details = form.alert_details
    located = locate(details.areas)
    context = _context(form) | {
        "details": details,
        "severity": Alert.Severity(details.severity).label,
        "urgency": Alert.Urgency(details.urgency).label,
        "certainty": Alert.Certainty(details.certainty).label,
        "live": details.status == Alert.Status.ACTUAL,
        "status": details.status,
        "variants": form.variants,
        "event": form.variants[0].event,
        "topics": form.topics,
        "located": located,
        "audience": count_audience(form.topics, located.places, every_emergency=details.status == Alert.Status.ACTUAL),
        "lasts": details.expires - timezone.now() if details.expires else None,
        "similar": [] if form.follow_up else similar_alerts(form.agency, [text.event for text in form.variants]),
        "approvers": approvers(form.agency).exclude(pk=person(request).pk),
        "fields": [
            (name, value) for name in request.POST if name not in BUTTONS for value in request.POST.getlist(name)
        ],
    }
    return render(request, "staff/alert_check.html", context)


def _context(form: AlertForm) -> dict[str, Any]:
    action = f"{reverse('staff-new-alert')}?agency={form.agency.slug}{form.follow_up.query if form.follow_up else ''}"
    return {
        "agency": form.agency,
        "theme_agency": form.agency,
        "form": form,
        "follow_up": form.follow_up,
        "action": action,
        "now": timezone.now(),
    }


def _draft(form: AlertForm, author: User, content: str) -> Alert:
    """One alert for one filling-in of the form, however often its button is pressed."""

    def make() -> Bulletin:
        alert = draft_alert(
            agency=form.agency,
            topics=form.topics,
            variants=form.variants,
            details=form.alert_details,
            author=author,
        )
        return alert.bulletin

    nonce = form.details.cleaned_data["nonce"]
    try:
        key = f"form/{author.pk}/{nonce}" if nonce else ""
        return once(agency=form.agency, key=key, content=content.encode(), make=make)[0].alert
    except KeyReused:  # went back, wrote something else, sent again: that is another alert
        return make().alert


def similar_alerts(agency: Agency, events: Sequence[str]) -> list[Alert]:
    """Alerts of the agency about the same event, in any language, that are waiting or went out within the hour."""
    same = reduce(or_, (Q(event__iexact=event) for event in events))
    recent = Alert.objects.filter(
        bulletin__agency=agency,
        bulletin__in=BulletinVariant.objects.filter(same).values("bulletin"),
        bulletin__created_at__gt=timezone.now() - RAPID,
    )
    return list(recent.select_related("bulletin__agency", "bulletin__created_by").order_by("-pk")[:5])


def approvers(agency: Agency) -> Any:
    """Who may approve at the agency."""
    return User.objects.filter(is_active=True, memberships__agency=agency, memberships__role=Role.APPROVER).distinct()
