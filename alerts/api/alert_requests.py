"""An alert as the API takes it in JSON (values as in CAP 1.2 section 3.2), and as the service wants it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import ngettext
from rest_framework import serializers

from agencies.models import Agency
from alerts.acts.alert_drafting import AlertDetails
from alerts.acts.alerting import LONGEST
from alerts.acts.content import VariantText
from alerts.api.bulletin_requests import place_of
from alerts.api.fields import Numbers, Slugs, StrictSerializer, Text, Time
from alerts.models import Alert
from alerts.places import place_problems

NAMES = {"title": "headline", "body": "description"}  # the services' names, and those of CAP
SENDABLE = [Alert.Status.ACTUAL, Alert.Status.EXERCISE, Alert.Status.TEST]
RESPONSES = ["Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor", "Assess", "AllClear", "None"]


class GeocodeRequest(StrictSerializer):
    name = serializers.CharField(max_length=200)
    value = serializers.CharField(max_length=200)


class AreaRequest(StrictSerializer):
    description = serializers.CharField(max_length=500, help_text="Its name, for people.")
    polygons = serializers.ListField(
        child=serializers.ListField(child=Numbers(2), max_length=5_000),
        max_length=100,
        default=list,
        help_text="Each a closed list of [latitude, longitude], at least 4.",
    )
    circles = serializers.ListField(
        child=Numbers(3),
        max_length=100,
        default=list,
        help_text="Each [latitude, longitude, radius in km].",
    )
    geocodes = GeocodeRequest(many=True, default=list)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if problems := place_problems(attrs):
            raise serializers.ValidationError(problems)
        return attrs


class AlertText(StrictSerializer):
    language = Text(help_text="BCP 47 tag such as “en” or “pt-BR”.")
    headline = Text(help_text="One line, at most 200 characters.")
    description = Text(help_text="What happens and where. Plain text.")
    instruction = Text(help_text="What to do now. Plain text.")
    event = Text(help_text="What it is, in this language: “Flash flood”; by default the alert's own `event`.")


class AlertRequest(AlertText):
    """An alert in one language; the texts of further languages stand in `variants`."""

    language = Text(help_text="BCP 47 tag such as “en” or “pt-BR”; by default the agency's language.")
    topics = Slugs(help_text="Slugs of the agency's topics: their subscribers get the alert.")
    status = serializers.ChoiceField(SENDABLE, default=Alert.Status.ACTUAL)
    category = serializers.ListField(child=serializers.ChoiceField(Alert.Category.choices), max_length=12)
    event = Text(help_text="What it is: “Flash flood”. It may be left out where each text has its own.")
    urgency = serializers.ChoiceField(Alert.Urgency.choices)
    severity = serializers.ChoiceField(Alert.Severity.choices)
    certainty = serializers.ChoiceField(Alert.Certainty.choices)
    response_type = serializers.ListField(child=serializers.ChoiceField(RESPONSES), max_length=9, default=list)
    areas = AreaRequest(many=True)
    onset = Time(default=None, allow_null=True)
    effective = Time(default=None, allow_null=True)
    expires = Time(help_text="With its offset from UTC; at most 72 hours ahead.")
    variants = AlertText(many=True, default=list)

    def validate_expires(self, value: datetime) -> datetime:
        now = timezone.now()
        if not now < value <= now + LONGEST:
            hours = LONGEST // timedelta(hours=1)
            said = ngettext(
                "Give a time in the next %(hours)d hour.", "Give a time in the next %(hours)d hours.", hours
            )
            raise serializers.ValidationError(said % {"hours": hours})
        return value


@dataclass(frozen=True, slots=True)
class WantedAlert:
    topics: list[str]
    details: AlertDetails
    variants: list[VariantText]
    places: list[str]

    def named(self, errors: dict[str, list[str]]) -> dict[str, list[str]]:
        """The services' errors under the names that the request used."""
        return {place_of(field, self.places, NAMES): texts for field, texts in errors.items()}


def read_alert(data: dict[str, Any], agency: Agency) -> WantedAlert:
    """What the request asks for. Raises REST framework's ValidationError."""
    request = AlertRequest(data=data)
    request.is_valid(raise_exception=True)
    valid = request.validated_data
    texts = [_text(text) for text in valid["variants"]]
    places = [f"variants.{number}." for number in range(len(texts))]
    if not texts or any(field in data for field in ("language", "headline", "description", "instruction")):
        texts.insert(0, _text(valid | ({} if "language" in data else {"language": agency.default_language})))
        places.insert(0, "")
    details = AlertDetails(
        event=valid["event"],
        category=valid["category"],
        urgency=valid["urgency"],
        severity=valid["severity"],
        certainty=valid["certainty"],
        areas=[{name: value for name, value in area.items() if value} for area in valid["areas"]],
        expires=valid["expires"],
        status=valid["status"],
        response_type=valid["response_type"],
        effective=valid["effective"],
        onset=valid["onset"],
    )
    return WantedAlert(valid["topics"], details, texts, places)


def _text(text: dict[str, Any]) -> VariantText:
    return VariantText(
        language=text["language"],
        title=text["headline"],
        body=text["description"],
        instruction=text["instruction"],
        event=text["event"],
    )
