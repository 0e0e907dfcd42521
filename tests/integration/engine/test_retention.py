"""Old months of deliveries are dropped whole, and only when nothing of them is under way."""

from datetime import UTC, date, datetime
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command

from alerts.lanes import Lane
from alerts.models import Delivery, Dispatch
from alerts.partitions import ensure_month, old_partitions
from govnotify.lib.database import query
from subscriptions.models import Frequency

pytestmark = pytest.mark.django_db(transaction=True)
OLD, KEPT = date(2025, 9, 1), date(2025, 10, 1)
NOW = "2026-11-15T12:00:00Z"  # thirteen months before: October 2025


@pytest.fixture(autouse=True)
def _months():
    drop_old_months()  # of tests that travelled in time
    for month in (OLD, KEPT):
        ensure_month(month)
    yield
    drop_old_months()


def drop_old_months() -> None:
    for name, *_ in query(
        "SELECT relname FROM pg_class WHERE relname ~ '^alerts_.*_20[0-9]{2}_[01][0-9]$' AND relkind = 'r'", {}
    ):
        if name[-7:] <= f"{KEPT:%Y_%m}":
            query(f"DROP TABLE {name}", {})


def a_digest_run(month: date, state: Dispatch.State) -> Dispatch:
    """With one delivery in its month."""
    moment = datetime(month.year, month.month, 1, 6, tzinfo=UTC)
    run = Dispatch.objects.create(
        period=Frequency.DAILY, lane=Lane.DIGEST, month=month, since=moment, cut_off=moment, state=state
    )
    Delivery.objects.create(
        month=month, dispatch_id=run.pk, recipient_kind=1, recipient_id=1, channel=1, lane=Lane.DIGEST,
        topics=[1], status=Delivery.Status.SENT, attempts=1,
    )  # fmt: skip
    return run


@time_machine.travel(NOW, tick=False)
def retention(**options: bool) -> list[str]:
    said = StringIO()
    call_command("retention", stdout=said, **options)
    return said.getvalue().splitlines()


def test_months_older_than_the_kept_ones_are_dropped_and_the_others_stay():
    for month in (OLD, KEPT):
        a_digest_run(month, Dispatch.State.DONE)

    assert retention() == ["alerts_delivery_2025_09 dropped", "alerts_digestitem_2025_09 dropped"]
    assert list(Delivery.objects.values_list("month", flat=True)) == [KEPT]
    assert retention() == []


@pytest.mark.parametrize("state", [Dispatch.State.SENDING, Dispatch.State.PAUSED])
def test_a_month_with_an_unfinished_dispatch_stays(state):
    a_digest_run(OLD, state)

    assert [line.split()[1] for line in retention()] == ["stays:", "stays:"]
    assert Delivery.objects.get().month == OLD


def test_a_dry_run_only_says_what_it_would_do():
    a_digest_run(OLD, Dispatch.State.CANCELLED)

    assert "alerts_delivery_2025_09 would be dropped" in retention(dry_run=True)
    assert Delivery.objects.exists()


def test_a_drop_that_was_interrupted_is_finished_by_the_next():
    """What an interrupted DETACH CONCURRENTLY leaves: a partition that is marked and still there."""
    query("UPDATE pg_inherits SET inhdetachpending = true WHERE inhrelid = 'alerts_delivery_2025_09'::regclass", {})
    assert [one.is_half_detached for one in old_partitions(date(2026, 11, 15), keep=13)] == [True, False]

    assert len(retention()) == 2
    assert query("SELECT to_regclass('alerts_delivery_2025_09')", {}) == [(None,)]
