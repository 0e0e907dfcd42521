"""Addresses that nobody needs any more go by themselves: housekeeping forgets a slice of each kind once a minute."""

from datetime import timedelta

import psycopg
import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from alerts.engine.recovery import keep_house
from alerts.models import Chore
from govnotify.lib.database import query
from subscriptions import forgetting, moving_address
from subscriptions.changing_address import request_change
from subscriptions.models import AddressChange, Frequency, SignUp, Subscriber
from tests.integration.subscriptions.cast import CARLA, Town, a_subscriber, ask

LONG_AGO = timedelta(days=60)


def a_minute_later() -> None:
    Chore.objects.update(done_at=F("done_at") - timedelta(minutes=1, seconds=1))
    keep_house()


def robots(count: int) -> None:
    """Addresses with a sign-up each, which nobody confirmed."""
    rows = Subscriber.objects.bulk_create(
        Subscriber(email=f"{n}@robots.example", address_key=f"robot {n}".encode()) for n in range(count)
    )
    asked = SignUp.objects.bulk_create(SignUp(subscriber=row, choices={}, language="en", page="/") for row in rows)
    Subscriber.objects.filter(pk__in=[row.pk for row in rows]).update(created_at=timezone.now() - LONG_AGO)
    SignUp.objects.filter(pk__in=[row.pk for row in asked]).update(created_at=timezone.now() - LONG_AGO)


def who_left(count: int) -> None:
    Subscriber.objects.bulk_create(
        Subscriber(
            email=f"{n}@left.example",
            address_key=f"left {n}".encode(),
            status=Subscriber.Status.ENDED,
            ended_at=timezone.now() - LONG_AGO,
        )
        for n in range(count)
    )


def a_change_that_nobody_confirmed() -> None:
    carla = a_subscriber(floods=Frequency.IMMEDIATE)
    request_change(subscriber=carla, email="wished@example.org", page="/me/address/", ip="192.0.2.1")
    AddressChange.objects.update(requested_at=timezone.now() - LONG_AGO)
    carla.outbox.all().delete()


def addresses(ending: str) -> int:
    return Subscriber.objects.filter(email__endswith=ending).count()


def test_housekeeping_forgets_each_kind_of_address(town: Town) -> None:
    robots(1)
    who_left(1)
    a_change_that_nobody_confirmed()
    ask(town.roads, email="new@example.org")
    keep_house()
    assert set(Subscriber.objects.values_list("email", flat=True)) == {"", CARLA, "new@example.org"}
    assert not AddressChange.objects.exclude(new_email="").exists()


@pytest.mark.django_db
def test_it_does_so_once_a_minute_however_many_keep_house() -> None:
    keep_house()
    robots(1)
    keep_house()
    assert addresses("robots.example") == 1
    a_minute_later()
    assert addresses("robots.example") == 0


def test_what_is_more_than_a_slice_goes_on_with_the_next_minutes(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forgetting, "SLICE", 3)
    monkeypatch.setattr(moving_address, "FORGOTTEN_AT_ONCE", 3)
    robots(7)
    who_left(7)
    left = []
    for _ in range(3):
        a_minute_later()
        left.append((addresses("robots.example"), addresses("left.example")))
    assert left == [(4, 4), (1, 1), (0, 0)]


def test_those_who_stay_for_a_reason_are_in_nobodys_way(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest are asked first: had they to be passed by each time, no slice would come to the others."""
    monkeypatch.setattr(forgetting, "SLICE", 1)
    carla = a_subscriber(floods=Frequency.IMMEDIATE)
    former = Subscriber.objects.create(email="former@example.org", address_key=b"former")
    AddressChange.objects.create(subscriber=carla, former=former, requested_at=timezone.now())
    ask(town.floods, email="again@example.org")
    robots(1)
    Subscriber.objects.filter(email__in=["former@example.org", "again@example.org"]).update(
        created_at=timezone.now() - LONG_AGO * 2
    )
    keep_house()
    assert (addresses("robots.example"), addresses("former@example.org"), addresses("again@example.org")) == (0, 1, 1)


@pytest.mark.django_db(transaction=True)
def test_who_is_being_changed_at_this_moment_is_passed_by() -> None:
    robots(2)
    who_left(2)
    first = Subscriber.objects.order_by("pk").values_list("pk", flat=True)
    held = [first.filter(email__endswith=ending)[0] for ending in ("robots.example", "left.example")]
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": psycopg.Cursor}) as other:
        other.execute("SELECT 1 FROM subscriptions_subscriber WHERE id = ANY(%s) FOR UPDATE", [held])
        keep_house()
        assert set(Subscriber.objects.exclude(email="").values_list("pk", flat=True)) == set(held)
    a_minute_later()
    assert not Subscriber.objects.exclude(email="").exists()


@pytest.mark.django_db(transaction=True)
def test_a_lock_that_somebody_keeps_delays_one_kind_and_not_housekeeping() -> None:
    robots(1)
    who_left(1)
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": psycopg.Cursor}) as other:
        other.execute("LOCK TABLE subscriptions_signup IN SHARE MODE")
        keep_house()
        assert (addresses("robots.example"), addresses("left.example")) == (1, 1)
    a_minute_later()
    assert (addresses("robots.example"), addresses("left.example")) == (0, 0)


def test_finding_them_reads_nobody_else(town: Town) -> None:
    """However many subscribers there are: those who may be due are asked by an index of their own."""
    Subscriber.objects.bulk_create(
        Subscriber(email=f"{n}@stays.example", address_key=f"stays {n}".encode(), status="active") for n in range(3_000)
    )
    SignUp.objects.bulk_create(
        SignUp(subscriber=row, choices={}, language="en", page="/", confirmed_at=timezone.now())
        for row in Subscriber.objects.filter(email__endswith="stays.example")
    )
    query("ANALYZE subscriptions_subscriber, subscriptions_signup, subscriptions_addresschange", {})
    with CaptureQueriesContext(connection) as asked:
        for forget in (forgetting.forget_unconfirmed, forgetting.forget_left, moving_address.forget_former_addresses):
            forget()
    slices = [one["sql"] for one in asked if "ORDER BY" in one["sql"]]
    plans = [plan(statement) for statement in slices]
    assert len(plans) == 4
    assert [found for found in plans if "Seq Scan on subscriptions_subscriber" in found] == []
    for index in ("sign_up_waiting", "subscriber_pending", "subscriber_left"):
        assert any(index in found for found in plans), plans


def plan(statement: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {statement}")
        return "\n".join(line for (line,) in cursor.fetchall())
