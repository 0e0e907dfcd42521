"""The agencies and topics of agencies.toml, and the subjects of categories.toml."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from agencies.models import Agency
from subscriptions.models import Category, Topic

ROUTINE_TOPIC = "national-announcements"  # everybody follows it
EMERGENCY_TOPIC = "danger-to-life"
FLOOD_TOPICS = (EMERGENCY_TOPIC, "river-elder-floods")  # of the main job's alert
_FOLDER = Path(__file__).parent


def make_agencies() -> dict[str, Agency]:
    """The agencies by slug, with their topics."""
    made: dict[str, Agency] = {}
    subjects = {category.slug: category for category in _categories(_told("categories"), None)}
    for told in _told("agencies"):
        agency = made[told["slug"]] = Agency.objects.create(
            slug=told["slug"],
            name=told["name"],
            kind=told["kind"],
            description=told["description"],
            from_address=f"news@{told['domain']}",
            reply_address=f"office@{told['domain']}",
            postal_address=told["postal_address"],
            default_language=told["language"],
            colour=told["colour"],
            translations=_translations(told),
        )
        Topic.objects.bulk_create(_topic(agency, topic, subjects) for topic in told["topics"])
    return made


def _categories(told: list[dict[str, Any]], parent: Category | None) -> Iterator[Category]:
    for position, one in enumerate(told):
        category = Category.objects.create(
            slug=one["slug"], name=one["name"], parent=parent, position=position, translations=_translations(one)
        )
        yield category
        yield from _categories(one.get("inside", []), category)


def _topic(agency: Agency, told: dict[str, Any], subjects: dict[str, Category]) -> Topic:
    return Topic(
        agency=agency,
        slug=told["slug"],
        name=told["name"],
        description=told["description"],
        category=subjects[told["category"]],
        is_public=told.get("public", True),
        translations=_translations(told),
    )


def _translations(told: dict[str, Any]) -> dict[str, dict[str, str]]:
    """By language, as the model has them, from what the file has by kind of text."""
    names, descriptions = told.get("names", {}), told.get("descriptions", {})
    return {
        language: {"name": name} | ({"description": descriptions[language]} if language in descriptions else {})
        for language, name in names.items()
    }


def _told(file: str) -> list[dict[str, Any]]:
    """What the file of that name lists."""
    told: list[dict[str, Any]] = tomllib.loads((_FOLDER / f"{file}.toml").read_text())[file]
    return told
