"""Old months of deliveries are dropped whole, by housekeeping, when nothing of them is under way and nobody reads."""

from datetime import UTC, date, datetime, timedelta
from io import StringIO

import psycopg
import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.db.models import F

from alerts.engine.recovery import keep_house
from alerts.lanes import Lane
from alerts.models import Chore, Delivery, Dispatch
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


@time_machine.travel(NOW, tick=False)
def a_minute_of_housekeeping() -> None:
    Chore.objects.update(done_at=F("done_at") - timedelta(minutes=1, seconds=1))
    keep_house()


def old_months() -> list[str]:
    return [one.name for one in old_partitions(date(2026, 11, 15), keep=13)]


def another_session() -> psycopg.Connection:
    """Of a reader such as pg_dump, which holds what it has read until it is done."""
    return psycopg.connect(**connection.get_connection_params() | {"cursor_factory": psycopg.Cursor})


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


def test_a_partition_that_somebody_began_to_detach_is_dropped_too():
    """What an interrupted DETACH CONCURRENTLY leaves: a partition that is marked and still there."""
    query("UPDATE pg_inherits SET inhdetachpending = true WHERE inhrelid = 'alerts_delivery_2025_09'::regclass", {})
    assert len(retention()) == 2
    assert query("SELECT to_regclass('alerts_delivery_2025_09')", {}) == [(None,)]


def test_housekeeping_drops_one_a_minute():
    a_digest_run(OLD, Dispatch.State.DONE)

    a_minute_of_housekeeping()
    assert old_months() == ["alerts_digestitem_2025_09"]
    with time_machine.travel(NOW, tick=False):
        keep_house()  # again within the minute
    assert old_months() == ["alerts_digestitem_2025_09"]
    a_minute_of_housekeeping()
    assert old_months() == []


def test_a_month_with_an_unfinished_dispatch_holds_up_no_other():
    older = date(2025, 8, 1)
    ensure_month(older)
    a_digest_run(older, Dispatch.State.PAUSED)

    a_minute_of_housekeeping()
    assert [name for name in old_months() if "delivery" in name] == ["alerts_delivery_2025_08"]


@pytest.mark.parametrize("read", ["alerts_delivery", "alerts_delivery_2025_09"])
def test_a_reader_of_the_month_delays_its_drop_and_nobody_waits_for_it(read):
    a_digest_run(OLD, Dispatch.State.DONE)
    run = a_digest_run(KEPT, Dispatch.State.DONE)

    with another_session() as reader:
        reader.execute(f"TABLE {read}")
        a_minute_of_housekeeping()
        assert len(old_months()) == 2
        with another_session() as lane:
            lane.execute("SET lock_timeout = '5s'")  # who had to wait for the reader would wait for ever
            lane.execute("UPDATE alerts_delivery SET attempts = 2 WHERE dispatch_id = %s", [run.pk])
        assert retention()[0].startswith("alerts_delivery_2025_09 stays: somebody reads")  # and drops the other
    assert Delivery.objects.get(month=KEPT).attempts == 2

    a_minute_of_housekeeping()
    assert old_months() == []


def test_after_a_drop_the_session_waits_for_locks_as_before():
    with another_session() as reader:
        reader.execute("SELECT count(*) FROM alerts_delivery")
        a_minute_of_housekeeping()
        assert query("SHOW lock_timeout", {}) == [("0",)]
