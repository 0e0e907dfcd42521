"""Taking a published bulletin back: a page that says what that means, and asks why."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agencies.models import Role
from alerts.acts.content import ContentRefused
from alerts.acts.withdrawing import withdraw_bulletin
from alerts.models import Bulletin, Dispatch
from alerts.models.bulletin import REASON_LENGTH
from alerts.refusals import NotPossible
from alerts.reports import progress
from alerts.staff.access import bulletin_of, person, staff_page


class WithdrawForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Why?"),
        help_text=gettext_lazy("One or two sentences. Everybody who opens its page reads them."),
        max_length=REASON_LENGTH,
        required=False,  # the service judges it, for all ways in
        widget=forms.Textarea(attrs={"rows": 3}),
    )


@staff_page
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    bulletin = bulletin_of(request, pk, Role.PUBLISHER)
    if bulletin.status != Bulletin.Status.PUBLISHED:
        messages.info(request, _("Only what is published can be withdrawn."))
        return redirect("staff-bulletin", pk)
    form = WithdrawForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            withdraw_bulletin(bulletin=bulletin, by=person(request), reason=form.cleaned_data["reason"])
        except ContentRefused as refused:
            for texts in refused.errors.values():
                form.add_error("reason", list(texts))
        except NotPossible as refused:
            messages.error(request, str(refused))
            return redirect("staff-bulletin", pk)
        else:
            messages.success(request, _("Withdrawn. Its page says so, and what was unsent is dropped."))
            return redirect("staff-bulletin", pk)
    dispatch = Dispatch.objects.filter(bulletin=bulletin).first()
    context = {
        "bulletin": bulletin,
        "theme_agency": bulletin.agency,
        "form": form,
        "progress": progress(dispatch) if dispatch else None,
    }
    return render(request, "staff/withdraw.html", context)
