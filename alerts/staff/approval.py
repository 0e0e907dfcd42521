"""The second person's page: everything about the alert, a fresh sign-in, and for a live one a typed word."""

from typing import Any

from allauth.account.decorators import reauthentication_required
from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agencies.models import Role
from alerts.acts.alerting import ContentChanged, Unsendable, approve_alert, content_hash
from alerts.acts.content import ContentRefused
from alerts.acts.publishing import AlreadyPublished, NotAllowed
from alerts.engine.counting import count_audience
from alerts.models import Alert, Bulletin
from alerts.staff.access import alert_of, person, staff_page
from alerts.staff.alert import located_of, why_unsendable

WORD = "SEND"  # the same in every language, so that nobody looks for it


class ApprovalForm(forms.Form):
    seen_hash = forms.CharField(widget=forms.HiddenInput)
    word = forms.CharField(
        label=gettext_lazy("Type SEND"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "class": "input--short"}),
        required=False,
        help_text=gettext_lazy("In capital letters. The alert goes out when you press the button."),
    )

    def __init__(self, *args: Any, live: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        self._live = live
        if not live:
            del self.fields["word"]

    def clean_word(self) -> str:
        word: str = self.cleaned_data["word"].strip()
        if word != WORD:
            raise forms.ValidationError(_("Type the word %s in capital letters to send a live alert.") % WORD)
        return word


@staff_page
def approve(request: HttpRequest, pk: int) -> HttpResponse:
    """Nothing on this page is taken from the form but the yes: the hash ties it to what was shown."""
    alert = alert_of(request, pk, Role.APPROVER)
    bulletin = alert.bulletin
    if bulletin.status != Bulletin.Status.DRAFT:
        messages.info(request, str(AlreadyPublished(bulletin)))
        return redirect("staff-alert", pk)
    if bulletin.created_by in (None, person(request)):
        return redirect("staff-alert", pk)  # which says why and who can
    response: HttpResponse = _approve(request, alert)
    return response


@reauthentication_required  # type: ignore[untyped-decorator]  # allauth carries no types
def _approve(request: HttpRequest, alert: Alert) -> HttpResponse:
    bulletin, pk = alert.bulletin, alert.pk
    live = alert.status == Alert.Status.ACTUAL
    form = ApprovalForm(request.POST or None, live=live, initial={"seen_hash": content_hash(alert)})
    if request.method == "POST" and form.is_valid():
        try:
            approve_alert(alert=alert, approver=person(request), seen_hash=form.cleaned_data["seen_hash"])
        except ContentChanged as changed:
            messages.warning(request, str(changed))
            return redirect("staff-approve", pk)
        except (AlreadyPublished, NotAllowed, Unsendable, ContentRefused) as refused:
            messages.error(request, str(refused))
            return redirect("staff-alert", pk)
        messages.success(request, _("Approved. The alert is on its way."))
        return redirect("staff-alert", pk)
    located = located_of(alert)
    context = {
        "alert": alert,
        "bulletin": bulletin,
        "theme_agency": bulletin.agency,
        "form": form,
        "live": live,
        "status": alert.status,
        "topics": bulletin.ordered_topics(),
        "texts": bulletin.variants.order_by("pk"),
        "located": located,
        "audience": count_audience(bulletin.ordered_topics(), located.places, every_emergency=live),
        "lasts": alert.expires - timezone.now() if alert.expires else None,
        "unsendable": why_unsendable(alert),
        "word": WORD,
    }
    return render(request, "staff/approve.html", context)
