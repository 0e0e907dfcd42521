"""/api/v1/topics and /api/v1/endpoints."""

from http import HTTPStatus

import pytest

from agencies.models import Agency, AuditEntry
from agencies.models.api_key import Scope
from channels.webhook.signing import check_secret
from subscriptions.models import Endpoint, Source, Subscription
from tests.integration.api.requests import Machine, errors
from tests.integration.staff.cast import a_key, a_topic, an_agency

pytestmark = pytest.mark.django_db
WANTED = {"url": "https://hooks.water.example/bulletins", "topics": ["floods"]}


@pytest.fixture
def agency() -> Agency:
    return an_agency()


@pytest.fixture
def machine(agency: Agency) -> Machine:
    a_topic(agency)
    return Machine(a_key(agency))


@pytest.fixture
def city() -> Agency:
    city = an_agency("brook", "City of Brook")
    a_topic(city, "roads")
    a_topic(city, "police-notes", is_public=False)
    return city


def test_topics_are_the_agencys_own_and_of_others_the_public_ones(
    machine: Machine, agency: Agency, city: Agency
) -> None:
    a_topic(agency, "duty", is_public=False)
    assert [topic["slug"] for topic in machine.get("topics").json()] == ["duty", "floods"]
    assert [topic["slug"] for topic in machine.get("topics?agency=brook").json()] == ["roads"]
    assert "request" in errors(machine.get("topics?agency=nowhere"), HTTPStatus.NOT_FOUND)


def test_what_an_endpoint_listens_to_came_by_the_api(machine: Machine) -> None:
    machine.post("endpoints", WANTED)
    source = Subscription.objects.select_related("source").get().source
    assert source
    assert source.kind == Source.Kind.API


def test_an_endpoint_is_registered_and_its_secret_shown_once(machine: Machine, city: Agency) -> None:
    answer = machine.post("endpoints", WANTED | {"topics": ["floods", "roads"]})
    assert answer.status_code == HTTPStatus.CREATED
    made = answer.json()
    check_secret(made["secret"])
    assert (made["status"], made["topics"]) == ("pending", ["floods", "roads"])
    (listed,) = machine.get("endpoints").json()
    assert "secret" not in listed
    assert machine.get(f"endpoints/{made['id']}").json() == listed
    assert AuditEntry.objects.filter(verb="endpoint.registered", target_id=made["id"]).exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"url": "http://hooks.water.example/"}, "url"),
        ({"url": "https://127.0.0.1/"}, "url"),
        ({"url": "https://user:secret@hooks.water.example/"}, "url"),
        ({"url": "x" * 2_001}, "url"),
        ({"url": None}, "url"),
        ({"topics": []}, "topics"),
        ({"topics": ["nowhere"]}, "topics"),
        ({"topics": ["police-notes"]}, "topics"),
        ({"topics": "floods"}, "topics"),
    ],
)
def test_a_refusal_names_the_field(machine: Machine, city: Agency, change: dict[str, object], field: str) -> None:
    assert list(errors(machine.post("endpoints", WANTED | change))) == [field]
    assert not Endpoint.objects.exists()


def test_the_same_address_twice_and_the_eleventh_are_refused(machine: Machine) -> None:
    for number in range(10):
        assert machine.post("endpoints", WANTED | {"url": f"https://h.example/{number}"}).status_code == 201
    assert "before" in errors(machine.post("endpoints", WANTED | {"url": "https://h.example/3"}))["url"][0]
    assert "the most" in errors(machine.post("endpoints", WANTED))["url"][0]


def test_an_endpoint_is_asked_again_and_removed(machine: Machine) -> None:
    made = machine.post("endpoints", WANTED).json()
    Endpoint.objects.update(status=Endpoint.Status.FAILED, note="It answered 500.")
    again = machine.post(f"endpoints/{made['id']}/challenge", {})
    assert (again.status_code, again.json()["status"]) == (HTTPStatus.ACCEPTED, "pending")
    assert machine.delete(f"endpoints/{made['id']}/challenge").status_code == HTTPStatus.METHOD_NOT_ALLOWED
    assert machine.delete(f"endpoints/{made['id']}").status_code == HTTPStatus.NO_CONTENT
    assert "request" in errors(machine.get(f"endpoints/{made['id']}"), HTTPStatus.NOT_FOUND)
    assert AuditEntry.objects.filter(verb="endpoint.removed", target_id=made["id"]).exists()


def test_other_agencies_endpoints_do_not_exist_and_the_scope_is_asked_for(
    machine: Machine, agency: Agency, city: Agency
) -> None:
    made = machine.post("endpoints", WANTED).json()
    stranger = Machine(a_key(city))
    assert stranger.get("endpoints").json() == []
    for answer in (
        stranger.get(f"endpoints/{made['id']}"),
        stranger.delete(f"endpoints/{made['id']}"),
        stranger.post(f"endpoints/{made['id']}/challenge", {}),
    ):
        assert "request" in errors(answer, HTTPStatus.NOT_FOUND)
    publisher = Machine(a_key(agency, Scope.BULLETINS))
    assert "endpoints" in errors(publisher.post("endpoints", WANTED), HTTPStatus.FORBIDDEN)["request"][0]
