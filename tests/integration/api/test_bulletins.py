"""POST and GET /api/v1/bulletins."""

from http import HTTPStatus

import pytest

from agencies.models import Agency
from agencies.models.api_key import Scope
from alerts.models import Bulletin, Dispatch
from tests.integration.api.requests import BULLETIN, Machine, errors
from tests.integration.staff.cast import a_key, a_topic, an_agency, listeners

pytestmark = pytest.mark.django_db


@pytest.fixture
def agency() -> Agency:
    return an_agency()


@pytest.fixture
def machine(agency: Agency) -> Machine:
    a_topic(agency)
    return Machine(a_key(agency))


def test_a_bulletin_is_published_and_on_its_way(machine: Machine) -> None:
    answer = machine.post("bulletins", BULLETIN)
    assert answer.status_code == HTTPStatus.CREATED
    bulletin = Bulletin.objects.get(pk=answer.json()["id"])
    assert (bulletin.status, bulletin.title) == ("published", "River level rising")
    assert bulletin.variants.get().html == "<p>The <strong>Brook</strong> will reach 3 m on Friday.</p>"
    assert Dispatch.objects.get().bulletin == bulletin
    assert answer.json()["status"] == "published"
    assert answer.headers["Location"] == answer.json()["api_url"]


def test_publish_false_keeps_a_draft(machine: Machine) -> None:
    answer = machine.post("bulletins", BULLETIN | {"publish": False})
    assert answer.json()["status"] == "draft"
    assert Bulletin.objects.get().status == "draft"
    assert not Dispatch.objects.exists()


def test_variants_stand_beside_or_instead_of_the_flat_fields(machine: Machine) -> None:
    french = {"language": "fr", "title": "Crue", "body": "<p>Bonjour</p>", "body_format": "html"}
    beside = machine.post("bulletins", BULLETIN | {"variants": [french]})
    assert beside.json()["languages"] == ["en", "fr"]
    instead = machine.post("bulletins", {"topics": ["floods"], "variants": [french]})
    assert instead.json()["languages"] == ["fr"]


def test_a_fault_in_a_variant_is_named_by_its_place(machine: Machine) -> None:
    wrong = {"language": "fr", "title": "", "body": "Bonjour"}
    answer = machine.post("bulletins", BULLETIN | {"variants": [wrong]})
    assert list(errors(answer)) == ["variants.0.title"]
    answer = machine.post("bulletins", {"topics": ["floods"], "variants": [wrong]})
    assert list(errors(answer)) == ["variants.0.title"]


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"title": ""}, "title", "Write a title"),
        ({"title": "River\r\nBcc: all@example.org"}, "title", "one line"),
        ({"title": "x" * 201}, "title", "at most 200"),
        ({"title": "a\x00b"}, "title", "Null"),
        ({"title": "a\ud800b"}, "title", "Surrogate"),
        ({"title": ["River"]}, "title", "string"),
        ({"body": " "}, "body", "Write a text"),
        ({"body": "x" * 200_001}, "body", "at most 200000"),
        ({"body_format": "docx"}, "body_format", "docx"),
        ({"language": "en_GB!"}, "language", "en_GB!"),
        ({"topics": []}, "topics", "at least one"),
        ({"topics": "floods"}, "topics", "list"),
        ({"topics": ["floods-x"]}, "topics", "“floods-x” is not a topic of Ministry of Water."),
        ({"publish": "perhaps"}, "publish", "boolean"),
        ({"publsh": False}, "publsh", "no such field"),
        ({"variants": {"title": "x"}}, "variants", "list"),
    ],
)
def test_a_refusal_names_the_field(machine: Machine, change: dict[str, object], field: str, words: str) -> None:
    found = errors(machine.post("bulletins", BULLETIN | change))
    assert list(found) == [field]
    assert words in " ".join(found[field])
    assert not Bulletin.objects.exists()


def test_every_fault_is_told_at_once(machine: Machine) -> None:
    found = errors(machine.post("bulletins", {"title": "", "body": "", "topics": ["nowhere"]}))
    assert set(found) == {"title", "body", "topics"}


def test_another_agencys_topic_is_refused_by_name_unless_it_is_internal(machine: Machine) -> None:
    city = an_agency("brook", "City of Brook")
    a_topic(city, "roads")
    a_topic(city, "police-notes", is_public=False)
    found = errors(machine.post("bulletins", BULLETIN | {"topics": ["roads", "police-notes", "nowhere"]}))
    assert found["topics"] == [
        "“roads” is a topic of City of Brook; Ministry of Water publishes on its own topics only.",
        "“police-notes” is not a topic of Ministry of Water.",
        "“nowhere” is not a topic of Ministry of Water.",
    ]


def test_progress_is_counted_and_other_agencies_bulletins_do_not_exist(machine: Machine) -> None:
    listeners([a_topic(Agency.objects.get(), "snow")], people=2)
    made = machine.post("bulletins", BULLETIN | {"topics": ["snow"]}).json()
    answer = machine.get(f"bulletins/{made['id']}").json()
    assert answer["status"] == "published"
    assert answer["progress"]["state"] == "sending"
    assert answer["progress"]["sent"] == 0
    stranger = Machine(a_key(an_agency("brook", "City of Brook")))
    assert "request" in errors(stranger.get(f"bulletins/{made['id']}"), HTTPStatus.NOT_FOUND)
    assert "request" in errors(machine.get(f"bulletins/{10**30}"), HTTPStatus.NOT_FOUND)


def test_a_key_without_the_scope_is_turned_away(agency: Agency) -> None:
    listener = Machine(a_key(agency, Scope.ENDPOINTS))
    assert "bulletins" in errors(listener.post("bulletins", BULLETIN), HTTPStatus.FORBIDDEN)["request"][0]
    assert "Authorization" in errors(Machine("gnk_0_0").post("bulletins", {}), HTTPStatus.UNAUTHORIZED)
