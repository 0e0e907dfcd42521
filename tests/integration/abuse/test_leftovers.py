"""What a flood of made-up addresses leaves behind goes by itself, and takes nobody along who is real."""

from datetime import timedelta

from django.core.management import call_command
from django.utils import timezone

from subscriptions.changing_address import request_change
from subscriptions.ending import end
from subscriptions.forgetting import KEPT_FOR, LEFT_KEPT_FOR, SLICE, forget_left, forget_unconfirmed
from subscriptions.models import (
    AddressChange,
    ConsentRecord,
    Endpoint,
    Frequency,
    OutboxMessage,
    SignUp,
    Subscriber,
    Subscription,
)
from tests.integration.abuse import rows
from tests.integration.abuse.networks import addresses
from tests.integration.subscriptions.cast import CARLA, Town, a_subscriber, ask


def long_ago() -> None:
    before = timezone.now() - KEPT_FOR - timedelta(minutes=1)
    for model in (SignUp, Subscriber, OutboxMessage):
        model._default_manager.update(created_at=before)


def test_addresses_that_nobody_confirmed_are_forgotten_with_all_that_belonged_to_them(town: Town) -> None:
    before = rows.digest()
    for number, ip in zip(range(30), addresses(), strict=False):
        ask(town.floods, email=f"robot{number}@example.org", ip=ip)
    Subscriber.objects.bulk_create(
        Subscriber(email=f"{n}@example.org", address_key=bytes([n % 256, n // 256])) for n in range(SLICE + 5)
    )
    assert forget_unconfirmed() == 0
    long_ago()
    call_command("retention", verbosity=0)
    assert rows.digest() == before


def test_who_confirmed_left_waits_or_is_changing_stays(town: Town) -> None:
    carla = a_subscriber(floods=Frequency.IMMEDIATE)
    ask(town.roads)  # of somebody active: the wish goes, the person stays
    ask(town.floods, email="old@example.org")
    ask(town.floods, email="moves@example.org")
    a_subscriber("left@example.org")
    Subscriber.objects.filter(email="left@example.org").update(status=Subscriber.Status.ENDED)
    long_ago()
    ask(town.floods, email="new@example.org")
    ask(town.roads, email="old@example.org")  # once more
    request_change(subscriber=carla, email="moves@example.org", page="/me/address/", ip="192.0.2.1")
    former = Subscriber.objects.create(email="former@example.org", address_key=b"former")
    AddressChange.objects.create(subscriber=carla, former=former, requested_at=timezone.now())
    Subscriber.objects.filter(pk=former.pk).update(created_at=timezone.now() - KEPT_FOR * 2)
    assert forget_unconfirmed() == 3  # the first wishes, and no address
    emails = {"new@example.org", "old@example.org", "moves@example.org", "left@example.org", "former@example.org"}
    assert set(Subscriber.objects.values_list("email", flat=True)) == emails | {carla.email}
    assert SignUp.objects.count() == 2


def who_left(email: str, *, ago: timedelta) -> Subscriber:
    person = a_subscriber(email)
    Subscriber.objects.filter(pk=person.pk).update(
        status=Subscriber.Status.ENDED, ended_at=timezone.now() - ago, joined_to=None
    )
    return person


def test_who_left_everything_28_days_ago_is_erased_and_the_record_of_it_stays(town: Town) -> None:
    carla = a_subscriber(floods=Frequency.IMMEDIATE)
    end(subscriber_id=carla.pk, among=Subscription.objects.all(), way=ConsentRecord.Way.LINK)
    records = ConsentRecord.objects.count()
    call_command("retention", verbosity=0)
    carla.refresh_from_db()
    assert carla.email
    Subscriber.objects.update(ended_at=timezone.now() - LEFT_KEPT_FOR - timedelta(minutes=1))
    call_command("retention", verbosity=0)
    carla.refresh_from_db()
    assert (carla.email, Subscriber.objects.with_address(CARLA).exists()) == ("", False)
    assert ConsentRecord.objects.count() == records
    assert forget_left() == 0


def test_who_left_and_has_a_machine_asks_anew_came_back_or_was_joined_is_not_erased(town: Town) -> None:
    long_gone = LEFT_KEPT_FOR * 2
    with_machine = who_left("machine@example.org", ago=long_gone)
    Endpoint.objects.create(subscriber=with_machine, url="https://machine.example/", sealed_secret="-")
    who_left("anew@example.org", ago=long_gone)
    ask(town.floods, email="anew@example.org")
    joined = who_left("joined@example.org", ago=long_gone)
    Subscriber.objects.filter(pk=joined.pk).update(joined_to=a_subscriber(floods=Frequency.DAILY).pk)
    who_left("lately@example.org", ago=LEFT_KEPT_FOR - timedelta(hours=1))
    assert forget_left() == 0
    assert not Subscriber.objects.filter(email="").exists()
