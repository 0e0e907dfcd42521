"""Who may open which staff page: signed in with a second factor, not idle, and inside the wall of their agencies."""

import time
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _

from agencies.models import Agency, Membership, Role, User
from alerts.models import Alert, Bulletin
from govnotify.lib.listing import any_of

P = ParamSpec("P")
Page = Callable[Concatenate[HttpRequest, P], HttpResponse]

DRAFTING = (Role.AUTHOR, Role.PUBLISHER)
DRAFTERS = {*DRAFTING, Role.ADMINISTRATOR}
WITH_SECOND_FACTOR = {Role.PUBLISHER, Role.OPERATOR, Role.APPROVER, Role.ADMINISTRATOR}
IDLE_SECONDS = 30 * 60  # of operators and approvers; then they sign in again
SEEN = "staff-seen-at"
SEEN_STEP = 60  # the session is written at most once a minute


def staff_page(view: Page[P]) -> Page[P]:
    """For members of staff only. What their role does not cover is answered with 403 and the role that it takes."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        response = _turned_away(request)
        if response is None:
            try:
                with timezone.override(None):  # until the page has found its agency
                    response = view(request, *args, **kwargs)
            except PermissionDenied as denied:
                response = render(request, "staff/not_allowed.html", {"reason": str(denied)}, status=403)
        add_never_cache_headers(response)
        return response

    return guarded


def person(request: HttpRequest) -> User:
    """Who is signed in, on a page behind `staff_page`."""
    return cast("User", request.user)


def agencies_of(user: User, *roles: Role) -> QuerySet[Agency]:
    """The person's agencies; where roles are given, those in which one of them is held or included in another."""
    wanted = {*roles, Role.ADMINISTRATOR} if roles and not set(roles) & Role.emergency() else set(roles)
    return Membership.objects.filter(user=user).agencies(*wanted)


def agency_of(request: HttpRequest, slug: str, *roles: Role) -> Agency:
    """One of the person's agencies, else 404; PermissionDenied where none of the roles is held."""
    agency = get_object_or_404(agencies_of(person(request)), slug=slug)
    by_the_clocks_of(agency)
    require(person(request), agency, roles)
    return agency


def bulletin_of(request: HttpRequest, pk: int, *roles: Role) -> Bulletin:
    """A routine bulletin of the person's agencies, else 404; PermissionDenied where none of the roles is held."""
    mine = Bulletin.objects.of(agencies_of(person(request))).routine()
    bulletin = get_object_or_404(mine.select_related("agency", "created_by", "published_by"), pk=pk)
    by_the_clocks_of(bulletin.agency)
    require(person(request), bulletin.agency, roles)
    return bulletin


def alert_of(request: HttpRequest, pk: int, *roles: Role) -> Alert:
    """An alert of the person's agencies, else 404; PermissionDenied where none of the roles is held."""
    mine = Alert.objects.filter(bulletin__in=Bulletin.objects.of(agencies_of(person(request))))
    related = ("bulletin__agency", "bulletin__created_by", "bulletin__published_by")
    alert = get_object_or_404(mine.select_related(*related), pk=pk)
    by_the_clocks_of(alert.bulletin.agency)
    require(person(request), alert.bulletin.agency, roles)
    return alert


def by_the_clocks_of(*agencies: Agency) -> None:
    """Show and read the times of this page by the agency's clocks; by the platform's, where several differ."""
    zones = {agency.zone for agency in agencies}
    timezone.activate(zones.pop()) if len(zones) == 1 else timezone.deactivate()


def require(user: User, agency: Agency, roles: Iterable[Role]) -> None:
    """PermissionDenied unless the person holds one of the roles at the agency, or none is asked for."""
    roles = tuple(roles)
    if roles and not any(user.may(role, agency) for role in roles):
        names = any_of([str(role.label) for role in roles])
        raise PermissionDenied(_("This takes the role %(role)s at %(agency)s.") % {"role": names, "agency": agency})


def _turned_away(request: HttpRequest) -> HttpResponse | None:
    if not request.user.is_authenticated:
        return _to_sign_in(request)
    roles = set(Membership.objects.filter(user=person(request)).values_list("role", flat=True))
    # For the navigation, which sends nobody to a page that turns them away.
    vars(request).update(may_draft=bool(roles & DRAFTERS), may_operate=Role.OPERATOR in roles)
    if _lacks_second_factor(person(request), roles):
        messages.warning(request, _("Your role needs a second factor. Set up an authenticator app to go on."))
        return redirect("mfa_activate_totp")
    if roles & Role.emergency() and _is_idle(request):
        logout(request)
        messages.info(request, _("You were signed out after 30 minutes without a click."))
        return _to_sign_in(request)
    return None


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    """The whole page goes there, also where only a part of it was asked for."""
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(headers={"HX-Refresh": "true"})
    return redirect_to_login(request.get_full_path())


def _lacks_second_factor(user: User, roles: set[str]) -> bool:
    return bool(user.is_platform_admin or roles & WITH_SECOND_FACTOR) and not is_mfa_enabled(user)


def _is_idle(request: HttpRequest) -> bool:
    """Whether the person has not asked for a page for too long; what a page asks for by itself is no click."""
    now = int(time.time())
    seen = request.session.get(SEEN, now)
    if now - seen > IDLE_SECONDS:
        return True
    by_itself = request.headers.get("HX-Request") == "true" and request.method == "GET"
    if not by_itself and (SEEN not in request.session or now - seen > SEEN_STEP):
        request.session[SEEN] = now
    return False
