"""An alert's page: while it waits for its approver, and while it is on its way."""

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from agencies.models import Role
from alerts.acts import alert_drafting
from alerts.acts.alerting import Unsendable, check_sendable
from alerts.acts.content import ContentRefused, VariantText
from alerts.acts.drafting import edit_bulletin
from alerts.acts.publishing import NotAllowed
from alerts.engine.counting import count_audience
from alerts.geocoding import Located, locate
from alerts.models import Alert, Bulletin
from alerts.staff.access import alert_of, person, staff_page
from alerts.staff.alert_wizard import approvers
from alerts.staff.bulletin import progress_of, progress_part
from alerts.staff.composer import TopicsForm
from alerts.staff.stopping import buttons


@require_safe
@staff_page
def alert_page(request: HttpRequest, pk: int) -> HttpResponse:
    alert = alert_of(request, pk)
    bulletin = alert.bulletin
    user, agency = person(request), bulletin.agency
    draft = bulletin.status == Bulletin.Status.DRAFT
    operator, approver = user.may(Role.OPERATOR, agency), user.may(Role.APPROVER, agency)
    located = located_of(alert) if draft else Located([], [])
    context = {
        "alert": alert,
        "bulletin": bulletin,
        "theme_agency": agency,
        "live": alert.status == Alert.Status.ACTUAL,
        "status": alert.status,
        "topics": bulletin.ordered_topics(),
        "texts": bulletin.variants.order_by("pk"),
        "located": located,
        "audience": count_audience(
            bulletin.ordered_topics(), located.places, every_emergency=alert.status == Alert.Status.ACTUAL
        )
        if draft
        else None,
        "progress": progress_of(bulletin),
        "buttons": buttons(bulletin, user),
        "approval": alert.approvals.select_related("author", "approver").last(),
        "waiting": draft,
        "unsendable": why_unsendable(alert) if draft else "",
        "approvers": approvers(agency).exclude(pk=bulletin.created_by_id),
        "may_approve": draft and approver and bulletin.created_by not in (None, user),
        "is_own": draft and approver and bulletin.created_by == user,
        "may_take_over": draft and operator and bulletin.created_by is None,
        "may_change_topics": draft and operator,
        "may_follow_up": not draft and operator and alert.msg_type != Alert.MsgType.CANCEL,
    }
    return render(request, "staff/alert.html", context)


@require_safe
@staff_page
def alert_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of the page that moves while the alert is being sent."""
    alert = alert_of(request, pk)
    context = {"alert": alert, "bulletin": alert.bulletin, "progress": progress_of(alert.bulletin)}
    return progress_part(request, context)


@require_safe
@staff_page
def source(request: HttpRequest, pk: int) -> HttpResponse:
    """An imported message exactly as it came, to be saved and not shown: nobody vouches for what is in it."""
    alert = alert_of(request, pk)
    if not alert.source_xml:
        raise Http404
    headers = {"Content-Disposition": f'attachment; filename="alert-{alert.pk}.xml"'}
    return HttpResponse(bytes(alert.source_xml), content_type="application/cap+xml", headers=headers)


@staff_page
def topics(request: HttpRequest, pk: int) -> HttpResponse:
    """Who is warned by a draft; what an approver has seen is void after a change."""
    alert = alert_of(request, pk, Role.OPERATOR)
    bulletin = alert.bulletin
    if bulletin.status != Bulletin.Status.DRAFT:
        messages.info(request, _("This alert has been sent, so that its audience stays as it was."))
        return redirect("staff-alert", pk)
    chosen = bulletin.ordered_topics()
    form = TopicsForm(bulletin.agency, request.POST or None, initial={"topics": chosen})
    if request.method == "POST" and form.is_valid():
        if "count" in request.POST:
            chosen = list(form.cleaned_data["topics"])
        else:
            try:
                _change_topics(alert, form, request)
            except ContentRefused as refused:
                for texts in refused.errors.values():
                    form.add_error("topics", list(texts))
            else:
                messages.success(request, _("Changed. An approver must look at it again."))
                return redirect("staff-alert", pk)
    context = {
        "alert": alert,
        "theme_agency": bulletin.agency,
        "form": form,
        "audience": count_audience(chosen, bulletin.ordered_areas()),
        "status": alert.status,
        "live": alert.status == Alert.Status.ACTUAL,
    }
    return render(request, "staff/alert_topics.html", context)


@require_POST
@staff_page
def take_over_alert(request: HttpRequest, pk: int) -> HttpResponse:
    """The person answers for an alert that a machine drafted."""
    alert = alert_of(request, pk, Role.OPERATOR)
    try:
        alert_drafting.take_over_alert(alert=alert, operator=person(request))
    except NotAllowed as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("You answer for this alert now. A second person must approve it."))
    return redirect("staff-alert", pk)


def why_unsendable(alert: Alert) -> str:
    """The reason that keeps the alert from being sent now; "" when nothing does."""
    try:
        check_sendable(alert)
    except Unsendable as reason:
        return str(reason)
    return ""


def located_of(alert: Alert) -> Located:
    """The places whose people the alert is for; where there are none, why it is for everybody on its topics."""
    places = alert.bulletin.ordered_areas()
    return Located(places, [] if places else locate(alert.areas).reasons)


@transaction.atomic
def _change_topics(alert: Alert, form: TopicsForm, request: HttpRequest) -> None:
    texts = [
        VariantText(one.language, one.title, one.body, one.body_format, one.summary, one.instruction)
        for one in alert.bulletin.variants.order_by("pk")
    ]
    chosen = list(form.cleaned_data["topics"])
    edit_bulletin(bulletin=alert.bulletin, topics=chosen, variants=texts, editor=person(request))
