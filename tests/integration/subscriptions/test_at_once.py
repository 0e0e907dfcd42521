"""The same thing twice at the same moment, over two connections to the database."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from channels.tokens import ExpiredToken
from subscriptions.confirming import confirm, fingerprint
from subscriptions.endpoints import MOST, EndpointRefused, register_endpoint
from subscriptions.models import ConsentRecord, Endpoint, OutboxMessage, SignInLink, SignUp, Subscriber
from subscriptions.signing_in import open_link, sign_in_token
from tests.integration.subscriptions import cast

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*acts: Callable[[], object]) -> list[BaseException | None]:
    """Do all of them in threads of their own; what each raised."""

    def one(act: Callable[[], object]) -> None:
        try:
            act()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [done.exception() for done in [pool.submit(one, act) for act in acts]]


def test_two_forms_sent_at_once_make_one_subscriber_one_sign_up_and_one_mail() -> None:
    town = cast.a_town()
    faults = at_once(*[lambda topic=topic: cast.ask(topic) for topic in (town.floods, town.drought, town.roads)])
    assert faults == [None, None, None]
    assert (Subscriber.objects.count(), OutboxMessage.objects.count()) == (1, 1)
    assert len(SignUp.objects.get().choices) == 3


def test_a_button_pressed_twice_at_once_confirms_once() -> None:
    cast.ask(cast.a_town().floods)
    request = SignUp.objects.get()
    press = lambda: confirm(sign_up=request, seen=fingerprint(request))  # noqa: E731  the act, twice
    assert at_once(press, press) == [None, None]
    assert ConsentRecord.objects.count() == 1


def test_a_sign_in_link_opened_twice_at_once_opens_once() -> None:
    cast.a_town()
    token = sign_in_token(SignInLink.objects.create(subscriber=cast.a_subscriber()))
    faults = at_once(lambda: open_link(token=token), lambda: open_link(token=token))
    assert [type(fault) for fault in faults if fault] == [ExpiredToken]


def test_the_last_free_place_for_an_endpoint_is_given_once() -> None:
    town = cast.a_town()
    carla = cast.a_subscriber()
    for number in range(MOST - 1):
        Endpoint.objects.create(subscriber=carla, url=f"https://hooks.example.org/{number}", sealed_secret="-")

    def register(name: str) -> object:
        return register_endpoint(owner=carla, url=f"https://hooks.example.org/{name}", topics=[town.floods])

    faults = at_once(lambda: register("a"), lambda: register("b"))
    assert [type(fault) for fault in faults if fault] == [EndpointRefused]
    assert Endpoint.objects.count() == MOST
