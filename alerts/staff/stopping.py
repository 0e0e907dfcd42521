"""Stopping what is on its way: pause and go on with one press, stop for good after a page that says what it means."""

from collections.abc import Callable
from dataclasses import dataclass

from allauth.account.decorators import reauthentication_required
from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from agencies.models import Role, User
from alerts.acts.stopping import cancel_dispatch, may_resume, may_stop, pause_dispatch, resume_dispatch
from alerts.models import Bulletin, Dispatch
from alerts.models.bulletin import REASON_LENGTH
from alerts.refusals import NotAllowed, NotPossible
from alerts.reports import progress
from alerts.staff.access import alert_of, bulletin_of, person, staff_page

STOPPERS = (Role.OPERATOR, Role.APPROVER)  # of alerts
State = Dispatch.State


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Why? (optional)"),
        help_text=gettext_lazy("For your colleagues: it is kept in the audit trail."),
        max_length=REASON_LENGTH,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


@dataclass(frozen=True, slots=True)
class Buttons:
    """Where each button leads; "" where the person has none."""

    pause: str = ""
    resume: str = ""
    stop: str = ""
    asks_first: bool = False  # sending an alert on is a page of its own


def buttons(bulletin: Bulletin, user: User) -> Buttons:
    """What the person may do about the sending as it stands."""
    dispatch = Dispatch.objects.under_way().filter(bulletin=bulletin).select_related("agency", "approval").first()
    if dispatch is None:
        return Buttons()
    name = "staff-alert" if bulletin.is_alert else "staff-bulletin"
    stops, resumes = _is_allowed(may_stop, dispatch, user), _is_allowed(may_resume, dispatch, user)
    paused = dispatch.state == State.PAUSED
    return Buttons(
        pause=reverse(f"{name}-pause", args=[bulletin.pk]) if stops and not paused else "",
        resume=reverse(f"{name}-resume", args=[bulletin.pk]) if resumes and paused else "",
        stop=reverse(f"{name}-stop", args=[bulletin.pk]) if stops else "",
        asks_first=bulletin.is_alert,
    )


@require_POST
@staff_page
def pause_bulletin(request: HttpRequest, pk: int) -> HttpResponse:
    return _pause(request, bulletin_of(request, pk, Role.PUBLISHER))


@require_POST
@staff_page
def pause_alert(request: HttpRequest, pk: int) -> HttpResponse:
    return _pause(request, alert_of(request, pk, *STOPPERS).bulletin)


@require_POST
@staff_page
def resume_bulletin(request: HttpRequest, pk: int) -> HttpResponse:
    bulletin = bulletin_of(request, pk, Role.PUBLISHER)
    return _act(request, bulletin, lambda dispatch: resume_dispatch(dispatch=dispatch, by=person(request)), _going_on())


@staff_page
def resume_alert(request: HttpRequest, pk: int) -> HttpResponse:
    """The second person's yes once more, after a fresh sign-in: what was paused may have been wrong."""
    bulletin = alert_of(request, pk, Role.APPROVER).bulletin
    dispatch = Dispatch.objects.filter(bulletin=bulletin, state=State.PAUSED).first()
    if dispatch is None or not _is_allowed(may_resume, dispatch, person(request)):
        return redirect("staff-alert", pk)  # which says how it stands
    response: HttpResponse = _resume_alert(request, bulletin, dispatch)
    return response


@reauthentication_required  # type: ignore[untyped-decorator]  # allauth carries no types
def _resume_alert(request: HttpRequest, bulletin: Bulletin, dispatch: Dispatch) -> HttpResponse:
    if request.method == "POST":
        by = person(request)
        return _act(request, bulletin, lambda one: resume_dispatch(dispatch=one, by=by), _going_on())
    context = _context(bulletin, dispatch) | {"texts": bulletin.variants.order_by("pk")}
    return render(request, "staff/resume.html", context)


@staff_page
def stop_bulletin(request: HttpRequest, pk: int) -> HttpResponse:
    return _stop(request, bulletin_of(request, pk, Role.PUBLISHER))


@staff_page
def stop_alert(request: HttpRequest, pk: int) -> HttpResponse:
    return _stop(request, alert_of(request, pk, *STOPPERS).bulletin)


def _pause(request: HttpRequest, bulletin: Bulletin) -> HttpResponse:
    said = _("Paused. What the mail servers have in hand is still counted; nothing more is handed over.")
    return _act(request, bulletin, lambda dispatch: pause_dispatch(dispatch=dispatch, by=person(request)), said)


def _stop(request: HttpRequest, bulletin: Bulletin) -> HttpResponse:
    dispatch = Dispatch.objects.under_way().filter(bulletin=bulletin).first()
    if dispatch is None:
        messages.info(request, _("There is nothing of it under way that could be stopped."))
        return redirect(page_of(bulletin))
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        by, reason = person(request), form.cleaned_data["reason"]
        said = _("Stopped for good. Who got it and who did not stands under “Who got it”.")
        return _act(request, bulletin, lambda one: cancel_dispatch(dispatch=one, by=by, reason=reason), said)
    return render(request, "staff/stop.html", _context(bulletin, dispatch) | {"form": form})


def page_of(bulletin: Bulletin) -> str:
    """The bulletin's or alert's own staff page."""
    return reverse("staff-alert" if bulletin.is_alert else "staff-bulletin", args=[bulletin.pk])


def _act(request: HttpRequest, bulletin: Bulletin, act: Callable[[Dispatch], Dispatch], success: str) -> HttpResponse:
    dispatch = Dispatch.objects.filter(bulletin=bulletin).first()
    if dispatch is None:
        messages.info(request, _("It has not been sent, so there is nothing to stop."))
        return redirect(page_of(bulletin))
    try:
        act(dispatch)
    except (NotAllowed, NotPossible) as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, success)
    return redirect(page_of(bulletin))


def _going_on() -> str:
    return _("It is being sent again, from where it stopped.")


def _context(bulletin: Bulletin, dispatch: Dispatch) -> dict[str, object]:
    alert = bulletin.alert if bulletin.is_alert else None
    return {
        "bulletin": bulletin,
        "alert": alert,
        "status": alert.status if alert else "",
        "theme_agency": bulletin.agency,
        "progress": progress(dispatch),
        "back": page_of(bulletin),
    }


def _is_allowed(check: Callable[[Dispatch, User], None], dispatch: Dispatch, user: User) -> bool:
    try:
        check(dispatch, user)
    except NotAllowed:
        return False
    return True
