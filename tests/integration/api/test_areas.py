"""Places in the API and in files, by their codes."""

from http import HTTPStatus
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from agencies.models import Agency, Role
from alerts.models import Bulletin, Dispatch
from subscriptions.models import Place
from tests.integration.api.requests import BULLETIN, Machine, an_alert, errors
from tests.integration.staff.cast import a_key, a_person, a_topic, an_agency
from tests.integration.subscriptions.cast import a_country

pytestmark = pytest.mark.django_db


@pytest.fixture
def places() -> dict[str, Place]:
    return a_country()


@pytest.fixture
def agency() -> Agency:
    agency = an_agency()
    a_topic(agency)
    return agency


@pytest.fixture
def machine(agency: Agency) -> Machine:
    return Machine(a_key(agency))


def codes(bulletin: Bulletin) -> set[str]:
    return set(bulletin.areas.values_list("code", flat=True))


def test_a_bulletin_about_places_is_published_for_them(machine: Machine, places: dict[str, Place]) -> None:
    answer = machine.post("bulletins", BULLETIN | {"areas": ["N-11", "S", "N-11"]})
    assert answer.status_code == HTTPStatus.CREATED
    assert answer.json()["areas"] == ["S", "N-11"]
    assert Dispatch.objects.get().areas == sorted([places["N-11"].pk, places["S"].pk])


def test_unknown_and_closed_codes_are_refused_each_by_name(machine: Machine, places: dict[str, Place]) -> None:
    Place.objects.filter(code="S-11").update(closed_at="2026-01-01T00:00:00Z")
    found = errors(machine.post("bulletins", BULLETIN | {"areas": ["N-11", "X-1", "X-2"]}))
    assert [text.partition("”")[0] for text in found["areas"]] == ["“X-1", "“X-2"]
    found = errors(machine.post("bulletins", BULLETIN | {"areas": ["S-11"]}))
    assert found["areas"] == ["The place “S-11” is no longer in the register; choose another."]
    assert not Bulletin.objects.exists()


def test_every_fault_of_a_request_comes_at_once(machine: Machine, places: dict[str, Place]) -> None:
    found = errors(machine.post("bulletins", BULLETIN | {"areas": ["X-1"], "topics": ["nothing"], "title": ""}))
    assert set(found) == {"areas", "topics", "title"}


def test_more_than_a_hundred_places_are_too_many(machine: Machine, places: dict[str, Place]) -> None:
    found = errors(machine.post("bulletins", BULLETIN | {"areas": [f"X-{n}" for n in range(101)]}))
    assert "at most 100 places" in found["areas"][0]


@pytest.mark.parametrize(
    ("geocodes", "reaches"),
    [
        ([{"name": "TEST", "value": "N-11"}], {"N-11"}),
        ([{"name": "test", "value": "N-11"}, {"name": "TEST", "value": "S"}], {"N-11", "S"}),
        ([{"name": "TEST", "value": "N-11"}, {"name": "TEST", "value": "N"}], {"N"}),  # the one lies in the other
        ([{"name": "TEST", "value": "N-11"}, {"name": "UGC", "value": "TXC453"}], {"N-11"}),  # another name for it
        ([{"name": "TEST", "value": "N-11"}, {"name": "TEST", "value": "N-99"}], set()),  # one is missing: everybody
        ([{"name": "UGC", "value": "TXC453"}], set()),
    ],
)
def test_an_alert_is_for_the_places_of_its_codes(
    machine: Machine, places: dict[str, Place], geocodes: list[dict[str, str]], reaches: set[str]
) -> None:
    answer = machine.post("alerts", an_alert(areas=[{"description": "Valley", "geocodes": geocodes}]))
    assert answer.status_code == HTTPStatus.CREATED
    assert codes(Bulletin.objects.get()) == reaches
    assert set(answer.json()["areas"]) == reaches


@pytest.fixture
def outlined(places: dict[str, Place]) -> None:
    """Milltown and Fellgate side by side, each a degree wide; the south lies far away."""
    for code, west in (("N-11", 10.0), ("N-12", 11.0), ("S", 50.0)):
        ring = [[west, 50.0], [west + 1, 50.0], [west + 1, 51.0], [west, 51.0], [west, 50.0]]
        Place.objects.filter(code=code).update(
            geometry={"type": "Polygon", "coordinates": [ring]}, bounds=[west, 50.0, west + 1, 51.0]
        )


def box(west: float, east: float, south: float = 50.2, north: float = 50.8) -> list[list[float]]:
    return [[south, west], [south, east], [north, east], [north, west], [south, west]]


@pytest.mark.usefixtures("outlined")
@pytest.mark.parametrize(
    ("area", "reaches"),
    [
        ({"polygons": [box(10.2, 10.8)]}, {"N-11"}),
        ({"polygons": [box(10.8, 11.2)]}, {"N-11", "N-12"}),
        ({"polygons": [box(49, 52, 49, 52)]}, {"S"}),  # covered whole, and all that lie in it
        ({"polygons": [box(50.2, 50.4)]}, {"S-11", "S-12"}),  # whose outlines nobody knows: they lie in one that is met
        ({"circles": [[50.5, 10.5, 5]]}, {"N-11"}),
        ({"circles": [[50.5, 10.99, 5]]}, {"N-11", "N-12"}),
        ({"polygons": [box(80, 81)]}, set()),  # the sea: everybody
        ({"polygons": [box(10.2, 10.8)], "geocodes": [{"name": "TEST", "value": "S-12"}]}, {"N-11", "S-12"}),
    ],
)
def test_an_alert_is_for_the_places_that_its_outlines_meet(
    machine: Machine, area: dict[str, object], reaches: set[str]
) -> None:
    answer = machine.post("alerts", an_alert(areas=[{"description": "Valley"} | area]))
    assert answer.status_code == HTTPStatus.CREATED, answer.content
    assert codes(Bulletin.objects.get()) == reaches


@pytest.mark.usefixtures("outlined")
def test_a_place_that_nobody_knows_the_outline_of_is_warned_with_every_outline(machine: Machine) -> None:
    Place.objects.create(code="Z", scheme="Z", name="Somewhere", kind="zone", path="/0/")
    machine.post("alerts", an_alert(areas=[{"description": "Valley", "polygons": [box(10.2, 10.8)]}]))
    assert codes(Bulletin.objects.get()) == {"N-11", "Z"}


def test_a_file_names_its_places(agency: Agency, places: dict[str, Place], tmp_path: Path) -> None:
    a_person(agency, Role.PUBLISHER)
    path = tmp_path / "river.md"
    text = "---\nagency: water\ntopics: [floods]\nlanguage: en\ntitle: River\nareas: [{codes}]\n---\nIt rises.\n"
    path.write_text(text.format(codes="N-11"))
    call_command("publish", str(path), "--as", "ana@water.example")
    assert codes(Bulletin.objects.get()) == {"N-11"}
    path.write_text(text.format(codes="X-99"))
    with pytest.raises(CommandError):
        call_command("publish", str(path), "--as", "ana@water.example")
    assert Bulletin.objects.count() == 1
