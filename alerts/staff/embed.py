"""The sign-up form for an agency's own web site: what to copy, and which sites may show it in a frame."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from agencies.audit import Actor
from agencies.embedding import set_embed_sites
from agencies.models import Agency, Role
from agencies.models.sites import https_origin
from alerts.staff.access import agency_of, person, require, staff_page
from subscriptions.models import Topic
from subscriptions.pages.embed_form import some_of

OF_SITES = (Role.ADMINISTRATOR,)


class SitesForm(forms.Form):
    sites = forms.CharField(
        label=gettext_lazy("Sites that may show the form in a frame"),
        help_text=gettext_lazy("One a line, like https://www.example.org. Nobody else can put the form into a frame."),
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "dir": "ltr"}),
        required=False,
        max_length=6_000,
    )

    def clean_sites(self) -> list[str]:
        lines = [line.strip() for line in self.cleaned_data["sites"].splitlines()]
        return [https_origin(line) for line in lines if line]


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
def embed_code(request: HttpRequest, slug: str) -> HttpResponse:
    """`?topics=slug,slug` or several `topic` choose what the form offers; all, without."""
    agency = agency_of(request, slug)
    form = SitesForm(initial={"sites": "\n".join(agency.embed_sites)})
    if request.method == "POST":
        require(person(request), agency, OF_SITES)
        form = SitesForm(request.POST)
        if _saved(request, agency, form):
            return redirect("staff-embed", slug)
    status = 422 if form.errors else 200
    return render(request, "staff/embed.html", _context(request, agency) | {"form": form}, status=status)


def _saved(request: HttpRequest, agency: Agency, form: SitesForm) -> bool:
    if not form.is_valid():
        return False
    try:
        set_embed_sites(agency=agency, sites=form.cleaned_data["sites"], actor=Actor.of(person(request)))
    except ValidationError as error:
        form.add_error("sites", error)
        return False
    messages.success(request, _("Saved. It holds at once."))
    return True


def _context(request: HttpRequest, agency: Agency) -> dict[str, Any]:
    offered = list(Topic.objects.public().filter(agency=agency))
    chosen = some_of(offered, ",".join(request.GET.getlist("topic")))
    page = settings.SITE_URL + reverse("embed", args=[agency.slug])
    slugs = ",".join(topic.slug for topic in chosen)
    query = urlencode({"topics": slugs}, doseq=False) if len(chosen) < len(offered) else ""
    return {
        "theme_agency": agency,
        "offered": offered,
        "chosen": chosen,
        "frame_url": f"{page}?{query}" if query else page,
        "form_url": settings.SITE_URL + reverse("embed_subscribe", args=[agency.slug]),
        "height": 720 + 52 * (len(chosen) if len(chosen) > 1 else 0),  # pixels; one line for each topic to tick
        "may_set_sites": any(person(request).may(role, agency) for role in OF_SITES),
    }
