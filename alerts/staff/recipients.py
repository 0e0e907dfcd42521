"""Who got it and who did not: counts for everybody at the agency, the whole list as a file for who answers for it."""

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from agencies.audit import Actor, record
from agencies.models import Role, User
from alerts.models import Bulletin
from alerts.recipients import count_recipients, csv_lines
from alerts.staff.access import alert_of, bulletin_of, person, require, staff_page
from alerts.staff.bulletin import progress_of
from alerts.staff.stopping import page_of

# Ids say nothing to anybody outside; addresses are personal data, for the agency's administrator alone.
OF_BULLETINS = (Role.PUBLISHER,)
OF_ALERTS = (Role.OPERATOR, Role.APPROVER, Role.ADMINISTRATOR)
OF_ADDRESSES = (Role.ADMINISTRATOR,)


@require_safe
@staff_page
def of_bulletin(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, bulletin_of(request, pk), OF_BULLETINS)


@require_safe
@staff_page
def of_alert(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, alert_of(request, pk).bulletin, OF_ALERTS)


@require_POST
@staff_page
def bulletin_csv(request: HttpRequest, pk: int) -> HttpResponse:
    """The list of everybody. A POST, because it leaves an entry in the audit trail."""
    return _csv(request, bulletin_of(request, pk, *OF_BULLETINS))


@require_POST
@staff_page
def alert_csv(request: HttpRequest, pk: int) -> HttpResponse:
    return _csv(request, alert_of(request, pk, *OF_ALERTS).bulletin)


def _page(request: HttpRequest, bulletin: Bulletin, downloaders: tuple[Role, ...]) -> HttpResponse:
    user = person(request)
    context = {
        "bulletin": bulletin,
        "theme_agency": bulletin.agency,
        "counts": count_recipients(bulletin),
        "progress": progress_of(bulletin),
        "back": page_of(bulletin),
        "may_download": _holds_one(user, bulletin, downloaders),
        "may_see_addresses": _holds_one(user, bulletin, OF_ADDRESSES),
    }
    return render(request, "staff/recipients.html", context)


def _csv(request: HttpRequest, bulletin: Bulletin) -> HttpResponse:
    addresses = "addresses" in request.POST
    user = person(request)
    if addresses:
        require(user, bulletin.agency, OF_ADDRESSES)
    record(
        actor=Actor.of(user),
        verb="bulletin.list-downloaded",
        target=bulletin,
        agency=bulletin.agency,
        after={"personal_data": addresses},
    )
    response = StreamingHttpResponse(csv_lines(bulletin, addresses=addresses), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="recipients-{bulletin.pk}.csv"'
    return response  # type: ignore[return-value]  # the stubs know no common ancestor of the two


def _holds_one(user: User, bulletin: Bulletin, roles: tuple[Role, ...]) -> bool:
    return any(user.may(role, bulletin.agency) for role in roles)
