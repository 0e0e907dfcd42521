"""A bulletin as the API takes it, and as the drafting service wants it."""

from dataclasses import dataclass
from typing import Any

from rest_framework import serializers

from agencies.models import Agency
from alerts.acts.content import VariantText
from alerts.api.fields import PlaceCodes, Slugs, StrictSerializer, Text
from alerts.models import BulletinVariant

FLAT = ("language", "title", "summary", "body", "body_format")
TEXTS = {*FLAT, "instruction", "event"}  # fields of one variant, in the words of the services


class VariantRequest(StrictSerializer):
    language = Text(help_text="BCP 47 tag such as “en” or “pt-BR”.")
    title = Text(help_text="One line, at most 200 characters: the mail's subject.")
    summary = Text(help_text="One line, at most 500 characters: for lists and feeds.")
    body = Text(help_text="At most 200,000 characters.")
    body_format = Text(default=BulletinVariant.Format.MARKDOWN, help_text="“markdown” (default) or “html”.")


class BulletinRequest(VariantRequest):
    """The fields of one language stand at the top; `variants` adds more languages, or holds them all."""

    language = Text(help_text="BCP 47 tag such as “en” or “pt-BR”; by default the agency's language.")
    topics = Slugs(help_text="Slugs of the agency's topics, as GET /api/v1/topics lists them; at most 20.")
    areas = PlaceCodes(
        help_text="Codes of the places that it is about: people who chose other places only do not get it. "
        "A place includes what lies in it. By default it is for everywhere."
    )
    urgent = serializers.BooleanField(
        default=False,
        help_text="True sends it at once, also to people who read once a day or week; it is in no digest of theirs.",
    )
    publish = serializers.BooleanField(default=True, help_text="False keeps a draft for the staff pages.")
    variants = VariantRequest(many=True, default=list)


@dataclass(frozen=True, slots=True)
class WantedBulletin:
    topics: list[str]
    publish: bool
    variants: list[VariantText]
    areas: list[str]
    places: list[str]  # where each variant stood in the request: "" (at the top) or "variants.0."
    urgent: bool = False

    def named(self, errors: dict[str, list[str]]) -> dict[str, list[str]]:
        """The drafting service's errors under the names that the request used."""
        return {place_of(field, self.places, {}): texts for field, texts in errors.items()}


def read_bulletin(data: dict[str, Any], agency: Agency) -> WantedBulletin:
    """What the request asks for. Raises REST framework's ValidationError for fields of the wrong type."""
    request = BulletinRequest(data=data)
    request.is_valid(raise_exception=True)
    valid = request.validated_data
    variants, places = read_texts(data, valid, agency)
    wanted = valid["topics"], valid["publish"], variants, valid["areas"], places
    return WantedBulletin(*wanted, urgent=valid["urgent"])


def read_texts(data: dict[str, Any], valid: dict[str, Any], agency: Agency) -> tuple[list[VariantText], list[str]]:
    """The variants of a request with flat fields, `variants` or both, and where each stood (see WantedBulletin)."""
    places = [f"variants.{number}." for number in range(len(valid["variants"]))]
    variants = [VariantText(**{field: variant[field] for field in FLAT}) for variant in valid["variants"]]
    if not variants or any(field in data for field in FLAT):
        flat = {field: valid[field] for field in FLAT}
        flat["language"] = flat["language"] if "language" in data else agency.default_language
        variants.insert(0, VariantText(**flat))
        places.insert(0, "")
    return variants, places


def place_of(field: str, places: list[str], names: dict[str, str]) -> str:
    """A service's "variants.1.title", or "title" where there is one variant, as the place in the request.

    `places` as in WantedBulletin; `names` renames fields ("title" → "headline").
    """
    words = field.split(".")
    if words[0] == "variants" and len(words) == 3:
        return places[int(words[1])] + names.get(words[2], words[2])
    name = names.get(field, field)
    return places[0] + name if field in TEXTS else name
