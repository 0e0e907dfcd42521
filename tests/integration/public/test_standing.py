"""Current emergencies are found without a product of tables, also by plans that statistics of no rows have made."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from alerts.models import Alert
from govnotify.lib.database import query
from tests.integration.subscriptions import cast

pytestmark = pytest.mark.django_db

STANDING = 30
OVER = 30
TABLES = ("alerts_alert", "alerts_bulletin", "alerts_bulletintopic", "subscriptions_topic")
PAGES_READ = 30_000  # of 8 kB, by one statement: what it takes to read each table once for each alert that stands


@pytest.fixture
def unforeseen() -> None:
    """Alerts in tables that were large and empty when statistics were made, as after a restore that failed."""
    floods = cast.a_town().floods
    yesterday = timezone.now() - timedelta(days=1)
    for number in range(STANDING):
        cast.an_alert(floods, title=f"Flood {number}")
    for number in range(OVER):
        cast.an_alert(floods, title=f"Past flood {number}", expires=yesterday)
    query("UPDATE pg_class SET reltuples = 0, relpages = 100 WHERE relname = ANY(%(tables)s)", {"tables": [*TABLES]})


def pages_read(statement: str) -> int:
    """How many pages of tables and indexes it reads, each as often as it does."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}")
        [(found,)] = cursor.fetchall()
    plan = (found if isinstance(found, list) else json.loads(found))[0]["Plan"]
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


@pytest.mark.usefixtures("unforeseen")
@pytest.mark.parametrize("page", ["/", "/alerts/"])
def test_emergencies_are_found_alert_by_alert(client: Client, page: str) -> None:
    assert Alert.objects.count() == STANDING + OVER
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(page)
    assert "Flood" in answer.text
    read = {
        entry["sql"]: pages_read(entry["sql"]) for entry in asked.captured_queries if "alerts_alert" in entry["sql"]
    }
    assert read
    assert {statement: pages for statement, pages in read.items() if pages > PAGES_READ} == {}
