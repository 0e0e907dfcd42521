"""What the requests of the API have in common: texts left as they came, fields that must be known."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from subscriptions.models.place import CODE_LENGTH


class Text(serializers.CharField):
    """A text that may be missing or empty: the services judge it, so that web, files and API agree."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"default": "", "allow_blank": True, "trim_whitespace": False, **options})


class Time(serializers.DateTimeField):
    """A time with its offset: one without would be somebody's local time, and nobody could say whose."""

    def enforce_timezone(self, value: datetime) -> datetime:
        if value.tzinfo is None:
            raise serializers.ValidationError(_("Write it with its offset: 2026-01-31T18:30:00+01:00."))
        return super().enforce_timezone(value).replace(microsecond=0)


class Number(serializers.FloatField):
    def to_internal_value(self, data: Any) -> float:
        try:
            return super().to_internal_value(data)
        except OverflowError:  # an integer of 400 digits is good JSON
            self.fail("invalid")


class Numbers(serializers.ListField):
    """A list of exactly `length` numbers."""

    def __init__(self, length: int, **options: Any) -> None:
        super().__init__(child=Number(), min_length=length, max_length=length, **options)


class Slugs(serializers.ListField):
    """Slugs of topics."""

    def __init__(self, **options: Any) -> None:
        child = serializers.CharField(max_length=80)
        super().__init__(**{"child": child, "default": list, "max_length": 100, **options})


class PlaceCodes(serializers.ListField):
    """Codes of places."""

    def __init__(self, **options: Any) -> None:
        child = serializers.CharField(max_length=CODE_LENGTH)
        super().__init__(**{"child": child, "default": list, "max_length": 1_000, **options})


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses fields that it does not know: a misspelled “publish” must not send a draft to everybody."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and (unknown := sorted(set(data) - set(self.fields))):
            known = ", ".join(self.fields)
            raise serializers.ValidationError(
                {str(name)[:80]: [_("There is no such field here; known are: %s.") % known] for name in unknown[:20]}
            )
        return super().to_internal_value(data)
