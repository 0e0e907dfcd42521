"""The same request sent again makes nothing new, also when both come at once."""

import threading
from collections import Counter
from http import HTTPStatus

import pytest
from django.db import connection

from alerts.models import Alert, Bulletin, Dispatch
from tests.integration.api.requests import BULLETIN, Machine, an_alert, errors
from tests.integration.staff.cast import a_key, a_topic, an_agency


def a_machine() -> Machine:
    agency = an_agency()
    a_topic(agency)
    return Machine(a_key(agency))


@pytest.mark.django_db
def test_the_same_request_gets_the_same_answer_and_makes_one_bulletin() -> None:
    machine = a_machine()
    first = machine.post("bulletins", BULLETIN, key="monday-1")
    again = machine.post("bulletins", dict(reversed(BULLETIN.items())), key="monday-1")
    assert (first.status_code, again.status_code) == (HTTPStatus.CREATED, HTTPStatus.CREATED)
    assert first.content == again.content
    assert "Idempotent-Replay" not in first.headers
    assert again.headers["Idempotent-Replay"] == "true"
    assert Bulletin.objects.count() == Dispatch.objects.count() == 1


@pytest.mark.django_db
def test_another_request_with_the_key_is_refused_and_named() -> None:
    machine = a_machine()
    made = machine.post("bulletins", BULLETIN, key="monday-1").json()
    other = machine.post("bulletins", BULLETIN | {"title": "Other"}, key="monday-1")
    text = errors(other, HTTPStatus.UNPROCESSABLE_ENTITY)["Idempotency-Key"][0]
    assert "“monday-1”" in text
    assert f"bulletin {made['id']}" in text
    as_alert = machine.post("bulletins", BULLETIN | {"publish": False}, key="monday-1")
    assert as_alert.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert Bulletin.objects.count() == 1


@pytest.mark.django_db
def test_a_refused_request_leaves_its_key_free() -> None:
    machine = a_machine()
    errors(machine.post("bulletins", BULLETIN | {"title": ""}, key="k"))
    assert machine.post("bulletins", BULLETIN, key="k").status_code == HTTPStatus.CREATED


@pytest.mark.django_db
def test_keys_of_two_agencies_have_nothing_to_do_with_each_other() -> None:
    machine = a_machine()
    city = an_agency("brook", "City of Brook")
    a_topic(city, "roads")
    assert machine.post("bulletins", BULLETIN, key="k").status_code == HTTPStatus.CREATED
    other = Machine(a_key(city)).post("bulletins", BULLETIN | {"topics": ["roads"]}, key="k")
    assert other.status_code == HTTPStatus.CREATED
    assert "Idempotent-Replay" not in other.headers


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "x" * 256, "caf\u00e9"])
def test_an_unusable_key_is_refused(key: str) -> None:
    assert "Idempotency-Key" in errors(a_machine().post("bulletins", BULLETIN, key=key))


@pytest.mark.django_db
def test_a_drafted_alert_is_replayed_too() -> None:
    machine = a_machine()
    alert = an_alert()
    first, again = machine.post("alerts", alert, key="k"), machine.post("alerts", alert, key="k")
    assert first.content == again.content
    assert again.headers["Idempotent-Replay"] == "true"
    assert Alert.objects.count() == 1
    assert machine.post("bulletins", alert, key="k").status_code == HTTPStatus.BAD_REQUEST


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("together", [2, 6])
def test_requests_at_the_same_moment_make_one_bulletin(together: int) -> None:
    machine = a_machine()
    start = threading.Barrier(together)
    answers = []

    def send() -> None:
        start.wait()
        try:
            answers.append(machine.post("bulletins", BULLETIN, key="storm"))
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(together)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {answer.status_code for answer in answers} == {HTTPStatus.CREATED}
    assert len({answer.content for answer in answers}) == 1
    replays = Counter(answer.headers.get("Idempotent-Replay") for answer in answers)
    assert replays == {None: 1, "true": together - 1}
    assert Bulletin.objects.count() == Dispatch.objects.count() == 1
