"""Taking a break from one's own page, and ending it."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from subscriptions.models import Subscriber
from subscriptions.pages.session import for_subscribers
from subscriptions.pausing import LONGEST, BadPause, pause, resume


class PauseForm(forms.Form):
    """The first day on which mail comes again; the browser's own calendar where it has one."""

    until = forms.DateField(
        label=gettext_lazy("Pause until"),
        help_text=gettext_lazy("Mail comes again from this day on. At most a year ahead."),
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "class": "input--short"}),
        error_messages={
            "required": gettext_lazy("Choose the day on which your mail comes again."),
            "invalid": gettext_lazy("Write the day as year, month and day, like 2027-03-31."),
        },
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        today = timezone.localdate()
        self.fields["until"].widget.attrs |= {
            "min": (today + timedelta(days=1)).isoformat(),
            "max": (today + LONGEST).isoformat(),
        }


@require_POST
@for_subscribers
def me_pause(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """A day that can't be is explained on a page with the form alone."""
    form = PauseForm(request.POST)
    if form.is_valid():
        try:
            pause(subscriber_id=subscriber.pk, until=form.cleaned_data["until"])
        except BadPause as error:
            form.add_error("until", str(error))
        else:
            messages.success(request, said(form.cleaned_data["until"]))
            return redirect("me")
    return render(request, "subscriptions/pause.html", {"form": form, "subscriber": subscriber}, status=422)


@require_POST
@for_subscribers
def me_resume(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    resume(subscriber=subscriber)
    messages.success(request, _("The break is over: your mail comes again from now on."))
    return redirect("me")


def said(until: date) -> str:
    """The sentence by which a break is confirmed."""
    day = date_format(until, "DATE_FORMAT")
    return _("Your mail is paused. It comes again on %(day)s; emergency alerts come all the same.") % {"day": day}
