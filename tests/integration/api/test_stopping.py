"""POST /api/v1/bulletins/{id}/pause, resume, cancel, withdraw and corrections."""

from http import HTTPStatus

import pytest

from agencies.models import Agency, AuditEntry
from agencies.models.api_key import Scope
from alerts.models import Bulletin, Dispatch
from tests.integration.api.requests import BULLETIN, Machine, errors
from tests.integration.staff.cast import a_key, a_topic, an_agency, an_alert, listeners

pytestmark = pytest.mark.django_db
RIGHT = {"title": "River level: Friday", "body": "It is **Friday**."}
VERBS = ("pause", "resume", "cancel", "withdraw", "corrections")


@pytest.fixture
def agency() -> Agency:
    return an_agency()


@pytest.fixture
def machine(agency: Agency) -> Machine:
    listeners([a_topic(agency)], people=2)
    return Machine(a_key(agency))


@pytest.fixture
def number(machine: Machine) -> int:
    return int(machine.post("bulletins", BULLETIN).json()["id"])


def test_pause_and_resume_can_be_said_twice(machine: Machine, number: int) -> None:
    for verb, state in (("pause", "paused"), ("pause", "paused"), ("resume", "sending"), ("resume", "sending")):
        answer = machine.post(f"bulletins/{number}/{verb}", {})
        assert answer.status_code == HTTPStatus.OK
        assert (answer.json()["id"], answer.json()["progress"]["state"]) == (number, state)
    assert [entry.verb for entry in AuditEntry.objects.filter(target="dispatch").order_by("pk")] == [
        "dispatch.paused",
        "dispatch.resumed",
    ]


def test_no_body_is_as_good_as_an_empty_one(machine: Machine, number: int) -> None:
    assert machine.post(f"bulletins/{number}/pause", b"").status_code == HTTPStatus.OK
    assert list(errors(machine.post(f"bulletins/{number}/resume", {"now": True}))) == ["now"]


def test_a_cancelled_dispatch_stays_cancelled(machine: Machine, number: int) -> None:
    for _ in range(2):
        answer = machine.post(f"bulletins/{number}/cancel", {"reason": "wrong figure"})
        assert answer.json()["progress"]["state"] == "cancelled"
        assert answer.json()["status"] == "published"
    refused = errors(machine.post(f"bulletins/{number}/resume", {}), HTTPStatus.CONFLICT)
    assert "for good" in refused["request"][0]


def test_a_withdrawal_takes_a_reason_and_drops_what_is_unsent(machine: Machine, number: int) -> None:
    assert "Say why" in errors(machine.post(f"bulletins/{number}/withdraw", {}))["reason"][0]
    answer = machine.post(f"bulletins/{number}/withdraw", {"reason": "The figure was wrong."}).json()
    assert (answer["status"], answer["withdrawal_reason"]) == ("withdrawn", "The figure was wrong.")
    assert answer["progress"]["state"] == "cancelled"
    assert machine.get(f"bulletins/{number}").json() == answer


def test_a_correction_is_published_and_linked_both_ways(machine: Machine, number: int) -> None:
    answer = machine.post(f"bulletins/{number}/corrections", RIGHT)
    assert answer.status_code == HTTPStatus.CREATED
    made = answer.json()
    assert (made["status"], made["topics"]) == ("published", ["floods"])
    assert machine.get(f"bulletins/{made['id']}").json()["corrects"] == number
    first = machine.get(f"bulletins/{number}").json()
    assert (first["corrected_by"], first["progress"]["state"]) == (made["id"], "cancelled")
    dispatch = Dispatch.objects.get(bulletin=made["id"])
    assert (dispatch.corrects, dispatch.only_told) == ([Dispatch.objects.get(bulletin=number).pk], True)


def test_a_correction_sent_again_with_its_key_is_made_once(machine: Machine, number: int) -> None:
    first, again = (machine.post(f"bulletins/{number}/corrections", RIGHT, key="k1") for _ in range(2))
    assert first.json() == again.json()
    assert again.headers["Idempotent-Replay"] == "true"
    assert Bulletin.objects.count() == 2
    other = machine.post(f"bulletins/{number}/corrections", RIGHT | {"title": "Else"}, key="k1")
    assert "Idempotency-Key" in errors(other, HTTPStatus.UNPROCESSABLE_ENTITY)


def test_a_correction_s_faults_are_named_as_a_bulletin_s(machine: Machine, number: int) -> None:
    wrong = {"variants": [{"language": "fr", "title": "", "body": "Bonjour"}]}
    assert list(errors(machine.post(f"bulletins/{number}/corrections", wrong))) == ["variants.0.title"]
    assert list(errors(machine.post(f"bulletins/{number}/corrections", RIGHT | {"topics": ["floods"]}))) == ["topics"]
    draft = machine.post(f"bulletins/{number}/corrections", RIGHT | {"publish": False}).json()
    assert draft["status"] == "draft"
    refused = errors(machine.post(f"bulletins/{draft['id']}/corrections", RIGHT), HTTPStatus.CONFLICT)
    assert "edit the draft" in refused["request"][0]
    refused = errors(machine.post(f"bulletins/{draft['id']}/pause", {}), HTTPStatus.CONFLICT)
    assert "not been published" in refused["request"][0]


@pytest.mark.parametrize("verb", VERBS)
def test_another_agency_s_bulletin_does_not_exist_and_a_key_needs_the_scope(
    machine: Machine, number: int, verb: str
) -> None:
    body = RIGHT if verb == "corrections" else {}
    city = an_agency("brook", "City of Brook")
    assert machine.post(f"bulletins/{number}/{verb}", "[]").status_code == HTTPStatus.BAD_REQUEST
    strange = Machine(a_key(city)).post(f"bulletins/{number}/{verb}", body)
    assert "request" in errors(strange, HTTPStatus.NOT_FOUND)
    listener = Machine(a_key(Agency.objects.get(slug="water"), Scope.ENDPOINTS))
    assert "bulletins" in errors(listener.post(f"bulletins/{number}/{verb}", body), HTTPStatus.FORBIDDEN)["request"][0]


@pytest.mark.parametrize("verb", VERBS)
def test_a_machine_neither_stops_nor_corrects_an_alert(machine: Machine, agency: Agency, verb: str) -> None:
    alert = an_alert(a_topic(agency, "coast"), None)
    answer = machine.post(f"bulletins/{alert.pk}/{verb}", RIGHT if verb == "corrections" else {})
    assert answer.status_code == HTTPStatus.CONFLICT
