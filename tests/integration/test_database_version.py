"""A server on which nothing could be recorded is refused before anything is sent."""

import pytest
from django.core.checks import Tags, run_checks
from django.db import connection

pytestmark = pytest.mark.django_db


def complaints() -> list[str]:
    return [fault.msg for fault in run_checks(tags=[Tags.database], databases=["default"]) if fault.id == "alerts.E001"]


def test_an_older_postgresql_is_named_with_what_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not complaints()
    monkeypatch.setattr(connection, "pg_version", 170006)
    assert complaints() == ["The database default is PostgreSQL 17, and 18 or later is needed."]
