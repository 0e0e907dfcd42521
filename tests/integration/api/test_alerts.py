"""POST and GET /api/v1/alerts: machines draft, people send."""

from datetime import UTC, datetime, timedelta
from http import HTTPStatus

import pytest
from django.utils import timezone

from agencies.models import Agency, Role
from agencies.models.api_key import Scope
from alerts.acts.alert_drafting import take_over_alert
from alerts.acts.alerting import approve_alert, content_hash
from alerts.acts.publishing import NotAllowed
from alerts.models import Alert, Dispatch
from tests.integration.api.messages import cap
from tests.integration.api.requests import Machine, an_alert, errors
from tests.integration.staff.cast import a_key, a_person, a_topic, an_agency

pytestmark = pytest.mark.django_db
CAP = "application/cap+xml"


@pytest.fixture
def agency() -> Agency:
    return an_agency()


@pytest.fixture
def machine(agency: Agency) -> Machine:
    a_topic(agency)
    return Machine(a_key(agency))


def test_an_alert_is_drafted_and_not_sent(machine: Machine) -> None:
    answer = machine.post("alerts", an_alert())
    assert answer.status_code == HTTPStatus.CREATED
    alert = Alert.objects.get(pk=answer.json()["id"])
    assert alert.bulletin.status == "draft"
    assert alert.areas == [{"description": "Lower town"}]
    assert alert.bulletin.variants.get().instruction == "Go to the first floor or higher now."
    assert not Dispatch.objects.exists()
    assert machine.get(f"alerts/{alert.pk}").json()["progress"] is None


def test_a_machines_alert_takes_two_people(agency: Agency, machine: Machine) -> None:
    alert = Alert.objects.get(pk=machine.post("alerts", an_alert()).json()["id"])
    operator = a_person(agency, Role.OPERATOR, Role.APPROVER, name="Olga Operator")
    approver = a_person(agency, Role.APPROVER, name="Piet Approver")
    with pytest.raises(NotAllowed, match="take this alert over"):
        approve_alert(alert=alert, approver=approver, seen_hash=content_hash(alert))
    with pytest.raises(NotAllowed, match="operator"):
        take_over_alert(alert=alert, operator=approver)
    take_over_alert(alert=alert, operator=operator)
    with pytest.raises(NotAllowed, match="second person"):
        approve_alert(alert=alert, approver=operator, seen_hash=content_hash(alert))
    approve_alert(alert=alert, approver=approver, seen_hash=content_hash(alert))
    assert Dispatch.objects.get().bulletin_id == alert.pk


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"headline": ""}, "headline"),
        ({"description": ""}, "description"),
        ({"event": ""}, "event"),
        ({"severity": "Dreadful"}, "severity"),
        ({"status": "Draft"}, "status"),
        ({"category": ["Weather"]}, "category.0"),
        ({"category": []}, "category"),
        ({"areas": []}, "areas"),
        ({"areas": [{"description": ""}]}, "areas.0.description"),
        ({"areas": [{"description": "x", "polygons": [[[1, 2], [3, 4]]]}]}, "areas.0"),
        ({"areas": [{"description": "x", "circles": [[1, 2, 10**400]]}]}, "areas.0.circles.0.2"),
        ({"areas": [{"description": "x", "circles": [[1, 2, 0]]}]}, "areas.0"),
        ({"expires": "2000-01-01T00:00:00Z"}, "expires"),
        ({"expires": "2000-01-01T00:00:00"}, "expires"),
        ({"expires": None}, "expires"),
        ({"topics": ["nowhere"]}, "topics"),
        ({"approve": True}, "approve"),
        ({"variants": [{"language": "fr", "headline": "x", "description": ""}]}, "variants.0.description"),
    ],
)
def test_a_refusal_names_the_field(machine: Machine, change: dict[str, object], field: str) -> None:
    assert list(errors(machine.post("alerts", an_alert(**change)))) == [field]
    assert not Alert.objects.exists()


def test_an_alert_may_not_stand_for_more_than_three_days(machine: Machine) -> None:
    late = (timezone.now() + timedelta(hours=73)).isoformat()
    assert "72 hours" in errors(machine.post("alerts", an_alert(expires=late)))["expires"][0]


def test_a_cap_message_becomes_a_draft_with_its_source_and_warnings(machine: Machine) -> None:
    data = cap(expires="")
    answer = machine.post("alerts?topic=floods", data, content_type=CAP)
    assert answer.status_code == HTTPStatus.CREATED, answer.content
    alert = Alert.objects.get()
    assert bytes(alert.source_xml) == data
    assert (alert.identifier, alert.sender) == ("SE-1", "warn@smhi.example")
    assert alert.sent == datetime(2026, 1, 31, 17, 30, tzinfo=UTC)
    assert any("ends" in warning for warning in answer.json()["warnings"])
    assert not Dispatch.objects.exists()


def test_the_same_cap_message_again_is_a_conflict_that_names_the_first(machine: Machine) -> None:
    made = machine.post("alerts?topic=floods", cap(), content_type=CAP).json()
    answer = machine.post("alerts?topic=floods", cap(), content_type=CAP)
    text = errors(answer, HTTPStatus.CONFLICT)["identifier"][0]
    assert "warn@smhi.example,SE-1,2026-01-31T18:30:00+01:00" in text
    assert f"alert {made['id']}" in text
    assert Alert.objects.count() == 1


def test_another_agencys_import_is_told_without_its_number(machine: Machine) -> None:
    machine.post("alerts?topic=floods", cap(), content_type=CAP)
    city = an_agency("brook", "City of Brook")
    a_topic(city, "roads")
    answer = Machine(a_key(city)).post("alerts?topic=roads", cap(), content_type=CAP)
    assert "another agency" in errors(answer, HTTPStatus.CONFLICT)["identifier"][0]


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("alerts", cap(), "topics"),
        ("alerts?topic=nowhere", cap(), "topics"),
        ("alerts?topic=floods", b"<alert/>", "request"),
        ("alerts?topic=floods", b"<!DOCTYPE x><x/>", "request"),
        ("alerts?topic=floods", cap(status="Real"), "request"),
        ("alerts?topic=floods", cap(identifier="x" * 201), "request"),
    ],
)
def test_a_cap_message_that_is_not_taken_says_why(machine: Machine, path: str, body: bytes, field: str) -> None:
    assert list(errors(machine.post(path, body, content_type=CAP))) == [field]


def test_the_scope_is_asked_for_and_other_agencies_alerts_do_not_exist(agency: Agency, machine: Machine) -> None:
    publisher = Machine(a_key(agency, Scope.BULLETINS))
    assert "alerts" in errors(publisher.post("alerts", an_alert()), HTTPStatus.FORBIDDEN)["request"][0]
    made = machine.post("alerts", an_alert()).json()["id"]
    stranger = Machine(a_key(an_agency("brook", "City of Brook")))
    assert "request" in errors(stranger.get(f"alerts/{made}"), HTTPStatus.NOT_FOUND)
