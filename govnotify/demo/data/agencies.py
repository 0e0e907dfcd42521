"""The agencies and topics of agencies.toml."""

import tomllib
from pathlib import Path
from typing import Any

from agencies.models import Agency
from subscriptions.models import Topic

ROUTINE_TOPIC = "national-announcements"  # everybody follows it
EMERGENCY_TOPIC = "danger-to-life"
_FILE = Path(__file__).parent / "agencies.toml"


def make_agencies() -> dict[str, Agency]:
    """The agencies by slug, with their topics."""
    made = {}
    for told in tomllib.loads(_FILE.read_text())["agencies"]:
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
        )
        Topic.objects.bulk_create(_topic(agency, topic) for topic in told["topics"])
    return made


def _topic(agency: Agency, told: dict[str, Any]) -> Topic:
    return Topic(
        agency=agency,
        slug=told["slug"],
        name=told["name"],
        description=told["description"],
        category=told["category"],
        is_public=told.get("public", True),
    )
