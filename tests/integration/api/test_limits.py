"""What the API does with bodies, routes and rates that it does not want: it answers in JSON and stays well."""

import io
from http import HTTPStatus

import pytest
from django.core.cache import cache
from django.test import Client
from django.test.client import FakePayload
from pytest_django import Settings

from agencies.api_keys import ApiKeyThrottle
from agencies.models import Agency
from alerts.models import Bulletin
from tests.integration.api.requests import BULLETIN, Machine, errors
from tests.integration.staff.cast import a_key, a_topic, an_agency

pytestmark = pytest.mark.django_db
TEN_MB = 10_000_000


@pytest.fixture
def agency() -> Agency:
    return an_agency()


@pytest.fixture
def machine(agency: Agency) -> Machine:
    a_topic(agency)
    return Machine(a_key(agency))


class CountedPayload(FakePayload):
    """A body that knows how much of it was read."""

    def __init__(self) -> None:
        super().__init__(b"x")
        self.bytes_read = 0

    def read(self, size: int = -1) -> bytes:
        self.bytes_read += size
        return b"x" * size


def test_a_huge_body_is_refused_unread(agency: Agency) -> None:
    payload = CountedPayload()
    answer = Client().request(
        **{
            "PATH_INFO": "/api/v1/bulletins",
            "REQUEST_METHOD": "POST",
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(TEN_MB),
            "HTTP_AUTHORIZATION": f"Bearer {a_key(agency)}",
            "wsgi.input": payload,
        }
    )
    assert "too large" in errors(answer, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)["request"][0]
    assert payload.bytes_read == 0


def test_a_huge_cap_message_is_refused(machine: Machine) -> None:
    answer = machine.post("alerts?topic=floods", b" " * TEN_MB, content_type="application/cap+xml")
    assert "too large" in errors(answer, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)["request"][0]


@pytest.mark.parametrize(
    "body",
    ["{", "[" * 100_000, "\xff", '{"title": NaN}', "[]", "null", "", "1" * 10_000, b"\x80", "{'title': 1}"],
)
def test_what_is_no_json_object_is_refused(machine: Machine, body: str | bytes) -> None:
    found = errors(machine.post("bulletins", body))
    assert set(found) == {"request"} or "title" in found  # an empty body is an empty request
    assert not Bulletin.objects.exists()


def test_another_content_type_is_refused(machine: Machine) -> None:
    for content_type in ("text/plain", "application/x-www-form-urlencoded", "application/cap+xml"):
        answer = machine.post("bulletins", "title=x", content_type=content_type)
        assert "Content-Type" in errors(answer, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)


def test_unknown_routes_and_methods_are_answered_in_json(machine: Machine) -> None:
    for path in ("nothing", "bulletins/", "bulletins/abc"):
        assert "/developers/" in errors(machine.get(path), HTTPStatus.NOT_FOUND)["request"][0]
    assert "request" in errors(machine.delete("bulletins"), HTTPStatus.METHOD_NOT_ALLOWED)
    assert "request" in errors(machine.get("alerts"), HTTPStatus.METHOD_NOT_ALLOWED)


def test_without_a_key_the_way_to_send_one_is_told() -> None:
    answer = Client().post("/api/v1/bulletins", BULLETIN, content_type="application/json")
    assert "Bearer gnk_…" in errors(answer, HTTPStatus.UNAUTHORIZED)["Authorization"][0]
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_too_many_requests_are_told_when_to_come_back(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.clear()
    monkeypatch.setattr(ApiKeyThrottle, "rate", "2/min", raising=False)
    assert [machine.get("topics").status_code for _ in range(2)] == [HTTPStatus.OK] * 2
    answer = machine.get("topics")
    assert "seconds" in errors(answer, HTTPStatus.TOO_MANY_REQUESTS)["request"][0]
    assert 1 <= int(answer.headers["Retry-After"]) <= 60


def test_the_cache_gone_requests_are_let_in(machine: Machine, settings: Settings) -> None:
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",
            "OPTIONS": {"socket_connect_timeout": 1},
        }
    }
    assert machine.post("bulletins", BULLETIN).status_code == HTTPStatus.CREATED


def test_a_fault_of_our_own_is_a_logged_json_answer(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the river is in the cellar")

    monkeypatch.setattr("alerts.api.bulletins.submit_bulletin", broken)
    found = errors(machine.post("bulletins", BULLETIN), HTTPStatus.INTERNAL_SERVER_ERROR)
    assert "our side" in found["request"][0]
    assert "the river is in the cellar" in caplog.text
    assert "cellar" not in str(found)


def test_the_stream_without_a_length_is_bounded_too() -> None:
    from subscriptions.api.bodies import read_bounded  # noqa: PLC0415
    from subscriptions.api.problems import TooLarge  # noqa: PLC0415

    with pytest.raises(TooLarge):
        read_bounded(io.BytesIO(b"x" * 11), 10)
    assert read_bounded(io.BytesIO(b"x" * 10), 10) == b"x" * 10
