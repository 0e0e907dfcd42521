"""Writing a bulletin: a new one, or a draft; two editors at once lose nothing of either."""

from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from agencies.models import AuditEntry, User
from alerts.acts.content import ContentRefused
from alerts.acts.correcting import create_correction, to_be_corrected
from alerts.acts.drafting import create_bulletin, edit_bulletin
from alerts.acts.once import KeyReused, once
from alerts.models import Bulletin
from alerts.refusals import NotPossible
from alerts.staff.access import DRAFTING, agencies_of, bulletin_of, by_the_clocks_of, person, staff_page
from alerts.staff.composer import Composer
from alerts.staff.preview import shown
from alerts.staff.texts import ADD, REMOVE


@dataclass(frozen=True, slots=True)
class Conflict:
    """What somebody else saved while this editor was writing."""

    bulletin: Bulletin
    by: User | None


@staff_page
def new_bulletin(request: HttpRequest) -> HttpResponse:
    """Choose the agency where there are several (`?agency=`), then write."""
    agencies = agencies_of(person(request), *DRAFTING)
    if not agencies.exists():
        raise PermissionDenied(_("Writing bulletins takes the role of author or publisher."))
    agency = agencies.filter(slug=request.GET.get("agency", "")).first()
    if agency is None and agencies.count() == 1:
        agency = agencies.get()
    if agency is None:
        return render(request, "staff/choose_agency.html", {"agencies": agencies, "alert": False})
    by_the_clocks_of(agency)
    return _new_draft(request, Composer.empty(agency))


@staff_page
def correct(request: HttpRequest, pk: int) -> HttpResponse:
    """A draft that corrects what was published, and begins with its texts."""
    first = bulletin_of(request, pk, *DRAFTING)
    try:
        first = to_be_corrected(first)
    except NotPossible as refused:
        messages.info(request, str(refused))
        return redirect("staff-bulletin", pk)
    return _new_draft(request, Composer.correcting(first))


@staff_page
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """A draft. Saving over a version that the editor has not seen is refused, and both texts are shown."""
    bulletin = bulletin_of(request, pk, *DRAFTING)
    if bulletin.status != Bulletin.Status.DRAFT:
        messages.info(request, _("This bulletin has been published and can no longer be edited."))
        return redirect("staff-bulletin", pk)
    composer, to_be_saved = _composer(request, Composer.of(bulletin))
    conflict = None
    if to_be_saved:
        try:
            conflict = _save(bulletin, composer, person(request))
            if conflict is None:
                return _saved(request, bulletin)
            composer = composer.seen_again(request.POST, conflict.bulletin)
        except ContentRefused as refused:
            composer.take_errors(refused.errors)
    return _page(request, composer, bulletin, conflict)


def _new_draft(request: HttpRequest, blank: Composer) -> HttpResponse:
    composer, to_be_saved = _composer(request, blank)
    if to_be_saved:
        try:
            return _saved(request, _create(composer, person(request), request.POST.urlencode()))
        except ContentRefused as refused:
            composer.take_errors(refused.errors)
    return _page(request, composer)


def _composer(request: HttpRequest, blank: Composer) -> tuple[Composer, bool]:
    """The form as sent, or as it begins; and whether the button asked to save it and it can be tried."""
    if request.method != "POST":
        return blank, False
    composer = Composer.sent(blank.agency, request.POST, blank.corrects)
    if {ADD, REMOVE} & set(request.POST) or composer.picker.searched:
        return composer.rearranged(request.POST), False
    return composer, "preview" not in request.POST and composer.is_valid()


def _create(composer: Composer, author: User, content: str) -> Bulletin:
    """One draft for one filling-in of the form, however often its button is pressed."""

    def make() -> Bulletin:
        if composer.corrects is not None:
            return create_correction(first=composer.corrects, variants=composer.variants, author=author)
        return create_bulletin(
            agency=composer.agency,
            topics=composer.topics,
            variants=composer.variants,
            author=author,
            areas=composer.areas,
            urgent=composer.urgent,
        )

    nonce = composer.head.cleaned_data["nonce"]
    try:
        key = f"form/{author.pk}/{nonce}" if nonce else ""
        return once(agency=composer.agency, key=key, content=content.encode(), make=make)[0]
    except KeyReused:  # went back, wrote something else, saved again: that is another draft
        return make()


@transaction.atomic
def _save(bulletin: Bulletin, composer: Composer, editor: User) -> Conflict | None:
    locked = Bulletin.objects.select_for_update(of=["self"]).select_related("agency").get(pk=bulletin.pk)
    if locked.edited_at != composer.seen:
        return Conflict(locked, last_editor(locked))
    edit_bulletin(
        bulletin=locked,
        topics=composer.topics,
        variants=composer.variants,
        editor=editor,
        areas=composer.areas,
        urgent=composer.urgent,
    )
    return None


def last_editor(bulletin: Bulletin) -> User | None:
    """Who saved it last, by the audit trail."""
    entries = AuditEntry.objects.filter(
        target="bulletin",
        target_id=bulletin.pk,
        verb__in=("bulletin.created", "bulletin.edited"),
        actor=AuditEntry.Actor.USER,
    )
    return User.objects.filter(pk__in=entries.values("actor_id")[:1]).first()


def _saved(request: HttpRequest, bulletin: Bulletin) -> HttpResponse:
    if "publish" in request.POST:
        return redirect("staff-publish", bulletin.pk)
    messages.success(request, _("The draft is saved."))
    return redirect("staff-bulletin", bulletin.pk)


def _page(
    request: HttpRequest, composer: Composer, bulletin: Bulletin | None = None, conflict: Conflict | None = None
) -> HttpResponse:
    corrects = composer.corrects
    here = reverse("staff-edit", args=[bulletin.pk]) if bulletin else reverse("staff-new-bulletin")
    action = here if bulletin else f"{here}?agency={composer.agency.slug}"
    context = {
        "agency": composer.agency,
        "theme_agency": composer.agency,
        "bulletin": bulletin,
        "composer": composer,
        "conflict": conflict,
        "action": reverse("staff-correct", args=[corrects.pk]) if corrects and not bulletin else action,
        "corrects": corrects,
        "shown": shown(request, composer) if composer.head.is_bound or bulletin or corrects else None,
    }
    return render(request, "staff/compose.html", context, status=409 if conflict else 200)
