"""Sign-in links: once, for half an hour, and no telling who is known."""

from datetime import timedelta

import pytest
from django.utils import timezone
from time_machine import TimeMachineFixture

from channels.address import BadAddress
from channels.tokens import BadToken, ExpiredToken
from subscriptions.confirming import confirmation_token
from subscriptions.ending import end
from subscriptions.limits import RateLimited
from subscriptions.models import ConsentRecord, Frequency, OutboxMessage, SignInLink, SignUp, Subscription
from subscriptions.signing_in import link_of, open_link, request_sign_in, sign_in_token
from tests.integration.subscriptions.cast import CARLA, Town, a_subscriber


def test_a_subscriber_is_mailed_a_link(town: Town) -> None:
    carla = a_subscriber(floods=Frequency.DAILY)
    request_sign_in(email="CARLA@example.org", ip="192.0.2.1")
    message = OutboxMessage.objects.get()
    assert (message.kind, message.subscriber) == ("signin", carla)
    assert message.subject_id == SignInLink.objects.get().pk


def test_nobody_else_is_mailed_anything(town: Town) -> None:
    carla = a_subscriber(floods=Frequency.DAILY)
    end(subscriber_id=carla.pk, among=Subscription.objects.all(), way=ConsentRecord.Way.LINK)
    request_sign_in(email=CARLA, ip="192.0.2.1")
    request_sign_in(email="stranger@example.org", ip="192.0.2.1")
    assert not OutboxMessage.objects.exists()


def test_no_address_is_no_address(town: Town) -> None:
    with pytest.raises(BadAddress):
        request_sign_in(email="carla", ip="192.0.2.1")


@pytest.mark.parametrize("email", [CARLA, "stranger@example.org"])
def test_an_address_is_not_flooded_with_links_and_the_limit_tells_nothing(town: Town, email: str) -> None:
    a_subscriber()
    for visitor in range(5):
        request_sign_in(email=email, ip=f"192.0.2.{visitor}")
    with pytest.raises(RateLimited):
        request_sign_in(email=email, ip="192.0.2.99")


def test_a_link_opens_once(town: Town) -> None:
    carla = a_subscriber()
    token = sign_in_token(SignInLink.objects.create(subscriber=carla))
    assert link_of(token).subscriber == carla
    assert open_link(token=token) == carla
    with pytest.raises(ExpiredToken):
        open_link(token=token)


def test_a_link_opens_for_half_an_hour(town: Town, time_machine: TimeMachineFixture) -> None:
    token = sign_in_token(SignInLink.objects.create(subscriber=a_subscriber()))
    time_machine.move_to(timezone.now() + timedelta(minutes=31))
    with pytest.raises(ExpiredToken):
        open_link(token=token)


def test_a_confirmation_link_does_not_sign_anybody_in(town: Town) -> None:
    carla = a_subscriber()
    SignInLink.objects.create(subscriber=carla)
    request = SignUp.objects.create(subscriber=carla, choices={}, language="en", page="/")
    with pytest.raises(BadToken):
        open_link(token=confirmation_token(request))
