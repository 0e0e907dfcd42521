"""Registers the room with Django."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import Error, Tags, register
from django.db import connections

NEEDED = 18  # of PostgreSQL: alerts.engine.records asks an UPDATE for the rows as they were (RETURNING old)


class AlertsConfig(AppConfig):
    name = "alerts"
    default_auto_field = "django.db.models.BigAutoField"


@register(Tags.database)
def can_record(*, databases: Sequence[str] | None = None, **_: Any) -> list[Error]:
    """What `migrate` says of a server with which nothing could be recorded, so that everything would be sent again."""
    found = {alias: connections[alias].pg_version // 10_000 for alias in databases or ()}  # type: ignore[attr-defined]
    return [
        Error(
            f"The database {alias} is PostgreSQL {version}, and {NEEDED} or later is needed.",
            hint="Upgrade the server that DATABASE_URL names (docs/operations.md).",
            id="alerts.E001",
        )
        for alias, version in found.items()
        if version < NEEDED
    ]
