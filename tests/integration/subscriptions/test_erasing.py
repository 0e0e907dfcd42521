"""Erasing, table by table: nothing of the address stays, wherever it may have got to."""

from datetime import time, timedelta

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.db import connection
from django.db.models import ForeignKey, Model
from django.utils import timezone

from alerts.models import Delivery, DigestItem, Dispatch
from alerts.partitions import ensure_month
from subscriptions.changing_address import request_change
from subscriptions.erasing import erase
from subscriptions.models import (
    AddressChange,
    ConsentRecord,
    Endpoint,
    Frequency,
    OutboxMessage,
    Place,
    ReadingTime,
    SignInLink,
    SignUp,
    Subscriber,
    SubscriberArea,
    Subscription,
    Suppression,
)
from subscriptions.moving_address import confirm_change
from subscriptions.pausing import pause
from subscriptions.reading_times import Quiet, set_times
from subscriptions.signing_in import request_sign_in
from subscriptions.suppressing import suppress
from tests.integration.subscriptions.cast import Town, a_subscriber, ask, signed_in

OLD, NEW, NEWEST = "carla@old.example.org", "carla@new.example.org", "carla@newest.example.org"
# Tables that name a person by id: each must have a row in the test's world, and is walked with all the others.
OF_PEOPLE = {
    AddressChange, ConsentRecord, Delivery, DigestItem, Endpoint, OutboxMessage, ReadingTime, SignInLink, SignUp,
    SubscriberArea, Subscription,
}  # fmt: skip
KEPT = {"subscriptions_suppression"}  # a keyed hash, which protects the person


def names_people(model: type[Model]) -> bool:
    fields = model._meta.get_fields()
    return any(
        (isinstance(field, ForeignKey) and field.related_model is Subscriber)
        or field.name in {"subscriber_id", "recipient_id"}
        for field in fields
    )


def tables() -> list[str]:
    """All of them, partitions by themselves."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
        return [name for (name,) in cursor.fetchall()]


def holding(*needles: str) -> dict[str, int]:
    """Tables in which a row has one of these somewhere in it, and how many."""
    found = {}
    with connection.cursor() as cursor:
        for table in tables():
            cursor.execute(
                f'SELECT count(*) FROM "{table}" t WHERE t::text ILIKE ANY(%s)',  # noqa: S608  a table's own name
                [[f"%{needle}%" for needle in needles]],
            )
            [(count,)] = cursor.fetchall()
            if count and table not in KEPT:
                found[table] = count
    return found


@pytest.fixture
def carla(town: Town) -> Subscriber:
    """With something of hers in every table, two addresses behind her and a third asked for."""
    carla = a_subscriber(OLD, floods=Frequency.DAILY)
    for new in (NEW, NEWEST):
        carla.refresh_from_db()
        change = request_change(subscriber=carla, email=new, page="/me/address/", ip="192.0.2.1")
        if new == NEW:
            confirm_change(change=change)
    carla.refresh_from_db()
    request_sign_in(email=NEW, ip="192.0.2.1")
    ask(town.roads, email=NEW)
    pause(subscriber_id=carla.pk, until=timezone.now().date() + timedelta(days=300))
    set_times(subscriber_id=carla.pk, zone="Asia/Kathmandu", hour=6, weekday=2, quiet=Quiet(time(22), time(7)))
    suppress(address_keys=[bytes(carla.address_key)], reason="complaint", code="5.1.1")
    Endpoint.objects.create(subscriber=carla, url=f"https://hooks.example/?for={NEW}", sealed_secret="-")
    place = Place.objects.create(code="B", scheme="X", name="Brook", kind=Place.Kind.COUNTRY)
    SubscriberArea.objects.create(subscriber=carla, place=place)
    month = timezone.now().date().replace(day=1)
    ensure_month(month)
    run = Dispatch.objects.create(
        period="daily", lane=4, month=month, since=timezone.now(), cut_off=timezone.now(), state=Dispatch.State.DONE
    )
    Delivery.objects.create(
        month=month, dispatch_id=run.pk, recipient_kind=1, recipient_id=carla.pk, channel=1, lane=4,
        topics=[town.floods.pk], status=Delivery.Status.SENT, attempts=1,
    )  # fmt: skip
    DigestItem.objects.create(
        month=month, dispatch_id=run.pk, recipient_id=carla.pk, bulletin_id=1, topics=[town.floods.pk]
    )
    return carla


def test_every_table_that_names_people_is_known_here(carla: Subscriber) -> None:
    others = set(apps.get_models()) - {Subscriber}  # which names whom one was joined to
    assert {model for model in others if names_people(model)} == OF_PEOPLE
    assert [model for model in OF_PEOPLE if not model._default_manager.exists()] == []


def test_nothing_is_left_of_where_they_are_and_when_they_read(carla: Subscriber) -> None:
    erase(subscribers=Subscriber.objects.filter(pk=carla.pk))
    carla.refresh_from_db()
    chosen = carla.time_zone, carla.digest_hour, carla.digest_weekday, carla.quiet_from, carla.quiet_until
    assert chosen == (None,) * 5
    assert not ReadingTime.objects.exists()


def test_no_table_holds_the_address_or_its_key_any_more(carla: Subscriber) -> None:
    everyone = Subscriber.objects.all()
    keys = [bytes(one.address_key).hex() for one in everyone]
    signed_in(carla).get("/me/")
    assert {"subscriptions_subscriber", "subscriptions_addresschange"} <= set(holding(OLD, NEW, NEWEST))
    assert len(keys) == 3
    erase(subscribers=Subscriber.objects.filter(pk=carla.pk))
    assert holding(OLD, NEW, NEWEST, *keys) == {}
    for session in Session.objects.all():
        assert "@" not in str(session.get_decoded())


def test_what_stays_can_only_be_counted(carla: Subscriber) -> None:
    erase(subscribers=Subscriber.objects.filter(pk=carla.pk))
    for model in OF_PEOPLE - {ConsentRecord, Delivery, DigestItem, Subscription}:
        assert not model._default_manager.exists(), model
    assert Delivery.objects.filter(recipient_id=carla.pk).count() == 1
    assert Suppression.objects.count() == 1
    carla.refresh_from_db()
    assert (carla.paused_until, carla.status, carla.email) == (None, "ended", "")


def test_others_stay_as_they_are(carla: Subscriber, town: Town) -> None:
    other = a_subscriber("other@example.org", floods=Frequency.DAILY)
    ask(town.roads, email="waits@example.org")
    erase(subscribers=Subscriber.objects.filter(pk=carla.pk))
    assert set(Subscriber.objects.exclude(email="").values_list("email", flat=True)) == {
        "other@example.org",
        "waits@example.org",
    }
    assert other.subscriptions.current().count() == 1


def test_everybody_at_once_is_erased_too(carla: Subscriber) -> None:
    assert erase(subscribers=Subscriber.objects.all()) >= 1
    assert holding(OLD, NEW, NEWEST) == {}
