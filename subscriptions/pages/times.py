"""When one's mail comes: time zone, hour and day of digests, quiet hours."""

from datetime import time
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.dates import WEEKDAYS
from django.utils.formats import time_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from subscriptions.models import Subscriber
from subscriptions.models.timetable import WEEKDAY
from subscriptions.pages.session import for_subscribers
from subscriptions.pages.zone_choices import city_of, zones_by_region
from subscriptions.reading_times import BadTimes, Quiet, set_times


class TimesForm(forms.Form):
    zone = forms.ChoiceField(
        label=gettext_lazy("Your time zone"),
        help_text=gettext_lazy("A large city near you, with the time that it is there now."),
        error_messages={"required": gettext_lazy("Choose one of the places in the list.")},
    )
    hour = forms.TypedChoiceField(
        label=gettext_lazy("Digests come at"),
        coerce=int,
        widget=forms.Select(attrs={"class": "input--short"}),
        error_messages={"required": gettext_lazy("Choose one of the hours in the list.")},
    )
    weekday = forms.TypedChoiceField(
        label=gettext_lazy("Weekly digests come on"),
        coerce=int,
        choices=list(WEEKDAYS.items()),
        widget=forms.Select(attrs={"class": "input--short"}),
        error_messages={"required": gettext_lazy("Choose one of the days in the list.")},
    )
    quiet_from = forms.TimeField(
        label=gettext_lazy("Quiet from"),
        help_text=gettext_lazy("Leave both empty for no quiet hours."),
        required=False,
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time", "class": "input--short"}),
        error_messages={"invalid": gettext_lazy("Write the time as hours and minutes, like 22:00.")},
    )
    quiet_until = forms.TimeField(
        label=gettext_lazy("Quiet until"),
        required=False,
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time", "class": "input--short"}),
        error_messages={"invalid": gettext_lazy("Write the time as hours and minutes, like 07:00.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["zone"].choices = list(zones_by_region())  # type: ignore[attr-defined]  # a ChoiceField
        hours = [(hour, time_format(time(hour), "TIME_FORMAT")) for hour in range(24)]
        self.fields["hour"].choices = hours  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Quiet hours have both ends or none."""
        values = super().clean() or self.cleaned_data
        if {"quiet_from", "quiet_until"} <= values.keys() and (values["quiet_from"] is None) != (
            values["quiet_until"] is None
        ):
            missing = "quiet_from" if values["quiet_from"] is None else "quiet_until"
            self.add_error(missing, _("Quiet hours need a beginning and another end. Or leave both empty."))
        return values

    @property
    def quiet(self) -> Quiet | None:
        begins, until = self.cleaned_data["quiet_from"], self.cleaned_data["quiet_until"]
        return Quiet(begins, until) if begins is not None and until is not None else None


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@for_subscribers
def me_times(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """The form; what can't be is explained beside the field."""
    form = TimesForm(request.POST) if request.method == "POST" else TimesForm(initial=times_of(subscriber))
    if form.is_bound and form.is_valid():
        values = form.cleaned_data
        try:
            set_times(
                subscriber_id=subscriber.pk,
                zone=values["zone"],
                hour=values["hour"],
                weekday=values["weekday"],
                quiet=form.quiet,
            )
        except BadTimes as error:
            form.add_error(error.field, str(error))
        else:
            messages.success(request, _("Your times are saved."))
            return redirect("me_times")
    context = {"form": form, "subscriber": subscriber}
    return render(request, "subscriptions/times.html", context, status=422 if form.errors else 200)


def times_of(subscriber: Subscriber) -> dict[str, Any]:
    """What holds for this person: chosen by them, or the platform's."""
    hour = subscriber.digest_hour if subscriber.digest_hour is not None else settings.DIGEST_HOUR
    weekday = subscriber.digest_weekday if subscriber.digest_weekday is not None else WEEKDAY
    return {
        "zone": subscriber.zone.key,
        "hour": hour,
        "weekday": weekday,
        "quiet_from": subscriber.quiet_from,
        "quiet_until": subscriber.quiet_until,
    }


def times_said(subscriber: Subscriber) -> dict[str, Any]:
    """The same in words, for the overview."""
    values = times_of(subscriber)
    return values | {
        "city": city_of(values["zone"]),
        "hour": time_format(time(values["hour"]), "TIME_FORMAT"),
        "weekday": WEEKDAYS[values["weekday"]],
    }
