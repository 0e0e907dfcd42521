"""Autovacuum comes to the tables that change all the time by what has changed, however large they have grown."""

from datetime import date
from importlib import import_module
from pathlib import Path

import pytest

from alerts.partitions import ensure_month
from govnotify.lib.database import query

pytestmark = pytest.mark.django_db
MANUAL = Path(__file__).parents[3] / "docs/scaling.md"
OPTIONS = "SELECT reloptions FROM pg_class WHERE relname = %(table)s"


def options(table: str) -> dict[str, str]:
    [(found,)] = query(OPTIONS, {"table": table})
    return dict(option.split("=") for option in found or [])


@pytest.mark.parametrize(
    ("table", "called"),
    [
        ("alerts_turn", "turns"),
        ("alerts_batch", "batches, the outbox"),
        ("subscriptions_outboxmessage", "batches, the outbox"),
        ("alerts_delivery_2031_05", "a month of deliveries"),
    ],
)
def test_a_visit_comes_when_the_manual_says_and_not_after_a_fifth_of_the_table(table: str, called: str):
    ensure_month(date(2031, 5, 1))
    of = options(table)
    rows, share = int(of["autovacuum_vacuum_threshold"]), float(of["autovacuum_vacuum_scale_factor"])
    said = f"{rows:,} and {100 * share:g} %" if share else f"{rows:,}"
    assert f"| {called} | {said} |" in MANUAL.read_text()


def test_the_months_before_the_settings_have_them_too():
    ensure_month(date(2031, 5, 1))
    query("ALTER TABLE alerts_delivery_2031_05 RESET (autovacuum_vacuum_scale_factor)", {})
    assert "autovacuum_vacuum_scale_factor" not in options("alerts_delivery_2031_05")
    migration = import_module("alerts.migrations.0018_autovacuum")
    query(migration.MONTHS.format(change=migration.SET), {})
    assert options("alerts_delivery_2031_05")["autovacuum_vacuum_scale_factor"] == "0.02"
