"""The last page before a bulletin goes out: in words, who gets what."""

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from agencies.models import Role
from alerts.acts.content import ContentRefused
from alerts.acts.correcting import count_corrected
from alerts.acts.publishing import AlreadyPublished, publish_bulletin
from alerts.engine.counting import count_audience
from alerts.models import Bulletin
from alerts.staff.access import bulletin_of, person, staff_page


class PublishForm(forms.Form):
    seen = forms.CharField(required=False, widget=forms.HiddenInput)


@staff_page
def publish(request: HttpRequest, pk: int) -> HttpResponse:
    """Publishes what the person has seen: a draft that was edited meanwhile is shown again first."""
    bulletin = bulletin_of(request, pk, Role.PUBLISHER)
    if bulletin.status != Bulletin.Status.DRAFT:
        messages.info(request, str(AlreadyPublished(bulletin)))
        return redirect("staff-bulletin", pk)
    form = PublishForm(request.POST or None, initial={"seen": bulletin.edited_at.isoformat()})
    if request.method == "POST" and form.is_valid():
        try:
            published = _publish(request, bulletin, form.cleaned_data["seen"])
        except AlreadyPublished as already:
            messages.info(request, str(already))
            return redirect("staff-bulletin", pk)
        except ContentRefused as refused:
            for texts in refused.errors.values():
                form.add_error(None, list(texts))
        else:
            if published:
                messages.success(request, _("Published. It is on its way."))
                return redirect("staff-bulletin", pk)
            messages.warning(request, _("Somebody has just changed this draft. Read it again, then publish it."))
            return redirect("staff-publish", pk)
    topics, areas = bulletin.ordered_topics(), bulletin.ordered_areas()
    context = {
        "bulletin": bulletin,
        "theme_agency": bulletin.agency,
        "topics": topics,
        "areas": areas,
        "texts": bulletin.variants.order_by("pk"),
        "audience": count_corrected(bulletin.corrects) if bulletin.corrects else count_audience(topics, areas),
        "form": form,
    }
    return render(request, "staff/publish.html", context)


@transaction.atomic
def _publish(request: HttpRequest, bulletin: Bulletin, seen: str) -> bool:
    # Without select_related: after waiting for the lock, joined rows would be those from before the wait.
    locked = Bulletin.objects.select_for_update().get(pk=bulletin.pk)
    if locked.status != Bulletin.Status.DRAFT:
        raise AlreadyPublished(locked)
    if locked.edited_at.isoformat() != seen:
        return False
    publish_bulletin(bulletin=locked, publisher=person(request))
    return True
