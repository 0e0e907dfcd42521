"""The operator's form: hazard, places, words in each language, until when, live or not."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from agencies.models import Agency
from alerts.acts.alert_drafting import AlertDetails
from alerts.acts.alerting import LONGEST
from alerts.acts.content import AREAS, VariantText
from alerts.geocoding import area_of
from alerts.models import Alert
from alerts.models.bulletin import EVENT_LENGTH
from alerts.places import areas_from_text
from alerts.staff.composer import TopicChoices
from alerts.staff.follow_up import FollowUp
from alerts.staff.texts import TextForm, Texts
from subscriptions.models import Topic
from subscriptions.pages.place_picker import PlacePicker

USUAL = timedelta(hours=6)  # until an alert ends, if nobody says otherwise
DATETIME_LOCAL = "%Y-%m-%dT%H:%M"
UNSAID = "Unknown"  # CAP has it for those who relay; who warns people must say


class AlertTextForm(TextForm):
    event = forms.CharField(
        label=gettext_lazy("What is it?"), max_length=EVENT_LENGTH, help_text=gettext_lazy("“Flash flood”")
    )
    headline = forms.CharField(label=gettext_lazy("Headline"), required=False, max_length=200)
    description = forms.CharField(
        label=gettext_lazy("What happens"), required=False, widget=forms.Textarea(attrs={"rows": 5})
    )
    instruction = forms.CharField(
        label=gettext_lazy("What people must do now"),
        required=False,
        help_text=gettext_lazy("Short orders, the most urgent first."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class DetailsForm(forms.Form):
    status = forms.ChoiceField(
        label=gettext_lazy("Live, exercise or test?"),
        choices=[
            (Alert.Status.ACTUAL, gettext_lazy("Live: a real alert to real people")),
            (Alert.Status.EXERCISE, gettext_lazy("Exercise: marked as one in every message")),
            (Alert.Status.TEST, gettext_lazy("Test: marked as one in every message")),
        ],
        widget=forms.RadioSelect,
    )
    topics = TopicChoices(
        Topic.objects.none(),
        label=gettext_lazy("Who is warned"),
        required=False,
        help_text=gettext_lazy("People who follow one of these topics get the alert at once, however often they read."),
        widget=forms.CheckboxSelectMultiple,
    )
    category = forms.ChoiceField(label=gettext_lazy("Kind of danger"))
    urgency = forms.ChoiceField(label=gettext_lazy("Urgency"))
    severity = forms.ChoiceField(label=gettext_lazy("Severity"))
    certainty = forms.ChoiceField(label=gettext_lazy("Certainty"))
    areas = forms.CharField(
        label=gettext_lazy("Other places, in words"),
        required=False,
        help_text=gettext_lazy(
            "One a line, named as people there name them. Who lives there is not known: "
            "an alert with such a place warns everybody on its topics, unless its outline is given."
        ),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    polygon = forms.CharField(
        label=gettext_lazy("Outline of the first of these on the map (optional)"),
        required=False,
        help_text=gettext_lazy(
            "At least three corners as latitude,longitude with a space between them: "
            "44.43,26.10 44.45,26.10 44.45,26.14"
        ),
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false", "class": "input--code"}),
    )
    expires = forms.DateTimeField(
        input_formats=[DATETIME_LOCAL, "%Y-%m-%d %H:%M"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=DATETIME_LOCAL),
    )
    nonce = forms.CharField(required=False, max_length=36, widget=forms.HiddenInput)

    def __init__(self, agency: Agency, data: Mapping[str, Any] | None = None, **options: Any) -> None:
        super().__init__(data, **options)
        zone = timezone.localtime().tzname()
        self.fields["expires"].label = _("Until when (%(zone)s)") % {"zone": zone}
        topics = self.fields["topics"]
        assert isinstance(topics, TopicChoices)  # noqa: S101  tells the type
        topics.queryset = Topic.objects.open_for(agency)
        for name, values in (
            ("category", Alert.Category),
            ("urgency", Alert.Urgency),
            ("severity", Alert.Severity),
            ("certainty", Alert.Certainty),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101  tells the type
            said = [(value, label) for value, label in values.choices if value != UNSAID]
            field.choices = [("", _("Choose one")), *said]

    def clean_expires(self) -> datetime:
        moment: datetime = self.cleaned_data["expires"]
        now = timezone.now()
        if not now < moment <= now + LONGEST:
            hours = LONGEST // timedelta(hours=1)
            said = ngettext(
                "Choose a time in the next %(hours)d hour.", "Choose a time in the next %(hours)d hours.", hours
            )
            raise forms.ValidationError(said % {"hours": hours})
        return moment

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        areas, problems = areas_from_text(values.get("areas", "").splitlines(), values.get("polygon", ""))
        values["places"] = areas
        if problems:
            self.add_error("polygon", problems)
        return values


class AlertForm:
    """One filling-in of the form for a new alert of the agency."""

    def __init__(
        self,
        agency: Agency,
        details: DetailsForm,
        texts: Texts[AlertTextForm],
        picker: PlacePicker,
        follow_up: FollowUp | None = None,
    ) -> None:
        self.agency = agency
        self.details = details
        self.texts = texts
        self.picker = picker
        self.follow_up = follow_up

    @classmethod
    def empty(cls, agency: Agency, follow_up: FollowUp | None = None) -> "AlertForm":
        ends = (timezone.now() + USUAL).astimezone(UTC).replace(second=0, microsecond=0)
        initial = {"nonce": str(uuid.uuid4()), "expires": ends} | (follow_up.initial() if follow_up else {})
        texts = follow_up.texts() if follow_up else [{"language": agency.default_language}]
        shown = Texts.showing(AlertTextForm, texts)
        picker = PlacePicker.showing((), AREAS)
        return cls(agency, DetailsForm(agency, initial=initial), shown, picker, follow_up)

    @classmethod
    def sent(cls, agency: Agency, data: QueryDict, follow_up: FollowUp | None = None) -> "AlertForm":
        texts = Texts.sent(AlertTextForm, data)
        return cls(agency, DetailsForm(agency, data), texts, PlacePicker.sent(data, AREAS), follow_up)

    def rearranged(self, data: QueryDict) -> "AlertForm":
        """With a language more or less (see Texts), or with the places that were looked for."""
        initial: dict[str, Any] = {name: data.get(name, "") for name in self.details.fields}
        details = DetailsForm(self.agency, initial=initial | {"topics": data.getlist("topics")})
        texts = self.texts.rearranged(data, self.agency.default_language)
        return AlertForm(self.agency, details, texts, self.picker, self.follow_up)

    def is_valid(self) -> bool:
        if self.picker.problem:
            self.details.add_error(None, self.picker.problem)
        elif not self.picker.chosen and not str(self.details["areas"].value() or "").strip():
            self.details.add_error("areas", _("Choose a place, or name one."))
        return self.details.is_valid() and self.texts.is_valid()

    @property
    def topics(self) -> list[Topic]:
        return list(self.details.cleaned_data.get("topics") or ())

    @property
    def variants(self) -> list[VariantText]:
        return [_text(part.cleaned_data) for part in self.texts.parts]

    @property
    def alert_details(self) -> AlertDetails:
        values = self.details.cleaned_data
        details = AlertDetails(
            category=[values["category"]],
            urgency=values["urgency"],
            severity=values["severity"],
            certainty=values["certainty"],
            areas=[*values["places"], *map(area_of, self.picker.chosen)],
            expires=values["expires"],
            status=values["status"],
        )
        return self.follow_up.details(details) if self.follow_up else details

    def take_errors(self, errors: Mapping[str, Sequence[str]]) -> None:
        """Show a service's errors where they belong."""
        names = {"title": "headline", "body": "description"}
        named = {".".join(names.get(word, word) for word in field.split(".")): errors[field] for field in errors}
        for name, texts in self.texts.take_errors(named).items():
            for text in texts:
                self.details.add_error(name if name in self.details.fields else None, text)

    @property
    def forms(self) -> list[forms.Form]:
        """All of it, for the error summary."""
        return [self.details, *self.texts.parts]

    @property
    def has_errors(self) -> bool:
        return any(form.errors for form in self.forms)


def _text(values: dict[str, Any]) -> VariantText:
    return VariantText(
        language=values["language"],
        title=values["headline"],
        body=values["description"].replace("\r\n", "\n"),
        instruction=values["instruction"].replace("\r\n", "\n"),
        event=values["event"],
    )
