"""Privacy and accessibility: what is true of the whole platform, and before it what an agency says of itself."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from agencies.models import Agency
from channels.markup import to_safe_html
from govnotify.lib.public import PAGE, public
from govnotify.lib.service import operator_address, operator_name
from subscriptions.confirming import LINK_WORKS_FOR
from subscriptions.forgetting import LEFT_KEPT_FOR


@require_safe
@public(PAGE)
def privacy(request: HttpRequest, slug: str = "") -> HttpResponse:
    """What is held on people, why, for how long, and what they can do about it."""
    agency = _agency(slug)
    own = agency.privacy_statement if agency else ""
    facts = {"keep_months": settings.KEEP_MONTHS, "link_days": LINK_WORKS_FOR.days, "left_days": LEFT_KEPT_FOR.days}
    return render(request, "alerts/privacy.html", _context(agency, own) | facts)


@require_safe
@public(PAGE)
def accessibility(request: HttpRequest, slug: str = "") -> HttpResponse:
    """How accessible pages and mails are, how that is known, and whom to tell about a barrier."""
    agency = _agency(slug)
    own = agency.accessibility_statement if agency else ""
    return render(request, "alerts/accessibility.html", _context(agency, own))


def _agency(slug: str) -> Agency | None:
    return get_object_or_404(Agency, slug=slug) if slug else None


def _context(agency: Agency | None, own: str) -> dict[str, object]:
    """`responsible` is who answers for it: the agency for its mail, else the body that runs the platform."""
    return {
        "theme_agency": agency,
        "own_words": to_safe_html(own, "markdown"),
        "responsible": agency.local_name if agency else operator_name(),
        "responsible_address": agency.postal_address if agency else operator_address(),
        "contact": agency.reply_address if agency else settings.SERVICE_CONTACT,
    }
