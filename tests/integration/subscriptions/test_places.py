"""The register of places: what an import takes, what it refuses, and what is found in it."""

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from agencies.models import AuditEntry
from subscriptions.models import Place
from tests.integration.subscriptions.cast import a_subscriber

pytestmark = pytest.mark.django_db

COUNTRY = """code,name,kind,parent,geocodes,name:fr,name:ar
TM,Tarnmark,country,,,,
TM-04,Elder Valley,county,TM,EMMA_ID=TM004,Val-d'Elder,
TM-0412,Aldermouth,municipality,TM-04,SAME=048453,Aldembouche,ألدرماوث
TM-0413,Mill Town,municipality,TM-04,,,
TM-05,High Fells,county,TM,,,
"""
SQUARE = {"type": "Polygon", "coordinates": [[[1, 1], [2, 1], [2, 2], [1, 2], [1, 1]]]}


def take(path: Path, *options: str, text: str | bytes = COUNTRY) -> str:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    said = io.StringIO()
    call_command("import_places", str(path), "--scheme", "TM-LAU", *options, stdout=said)
    return said.getvalue()


def refused(path: Path, text: str | bytes, *options: str) -> str:
    before = list(Place.objects.order_by("pk").values())
    with pytest.raises(CommandError) as error:
        take(path, *options, text=text)
    assert list(Place.objects.order_by("pk").values()) == before, "a refused file changes nothing"
    return str(error.value)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "places.csv"


def names(found) -> list[str]:
    return [place.name for place in found]


def test_an_import_makes_a_tree_with_names_in_several_languages(file: Path) -> None:
    assert "5 added, 0 changed, 0 as they were, 0 closed" in take(file)
    town = Place.objects.get(code="TM-0412")
    country, county = Place.objects.get(code="TM"), Place.objects.get(code="TM-04")
    assert town.parent == county
    assert town.path == f"/{country.pk}/{county.pk}/{town.pk}/"
    assert town.geocodes == ["TM-LAU=TM-0412", "SAME=048453"]
    with translation.override("fr"):
        assert town.local_name == "Aldembouche"
    assert AuditEntry.objects.get().verb == "places.imported"


def test_the_same_file_again_changes_nothing_and_a_changed_one_only_what_changed(file: Path) -> None:
    take(file)
    ids = dict(Place.objects.values_list("code", "pk"))
    assert "0 added, 0 changed, 5 as they were" in take(file)
    moved = COUNTRY.replace("Mill Town,municipality,TM-04", "Milltown,municipality,TM-05")
    assert "0 added, 1 changed, 4 as they were" in take(file, text=moved)
    assert dict(Place.objects.values_list("code", "pk")) == ids
    assert Place.objects.get(code="TM-0413").path == f"/{ids['TM']}/{ids['TM-05']}/{ids['TM-0413']}/"


def test_a_county_that_moves_takes_what_lies_in_it_along(file: Path) -> None:
    take(file)
    take(file, text=COUNTRY.replace("Elder Valley,county,TM,", "Elder Valley,county,TM-05,"))
    fells, town = Place.objects.get(code="TM-05"), Place.objects.get(code="TM-0412")
    assert town.path.startswith(fells.path)


def test_a_dry_run_counts_and_changes_nothing(file: Path) -> None:
    assert "5 would be added" in take(file, "--dry-run")
    assert not Place.objects.exists()


def test_replacing_closes_what_is_gone_and_never_deletes_it(file: Path) -> None:
    take(file)
    carla = a_subscriber()
    carla.areas.add(Place.objects.get(code="TM-0413"))
    without = "".join(line for line in COUNTRY.splitlines(keepends=True) if "TM-0413" not in line)
    assert "0 closed" in take(file, text=without), "only --replace closes"
    said = take(file, "--replace", text=without)
    assert "1 closed" in said
    assert "1 people and 0 browsers had chosen a place that is closed" in said
    gone = Place.objects.get(code="TM-0413")
    assert gone.closed_at is not None
    assert gone.path == Place.objects.get(code="TM-04").path, "it counts as what it lay in"
    assert list(carla.areas.all()) == [gone]
    take(file)
    assert Place.objects.get(code="TM-0413").closed_at is None


def test_replacing_leaves_the_places_of_another_scheme_alone(file: Path) -> None:
    take(file)
    zones = "code,name,kind,scheme\nZ1,Coast,zone,WZ\n"
    assert "1 added" in take(file, "--replace", text=zones)
    assert Place.objects.open().count() == 6


def test_places_come_from_geojson_with_their_outlines(file: Path) -> None:
    take(file)
    features = [
        {"type": "Feature", "geometry": SQUARE, "properties": {"code": "TM-0412", "name": "Aldermouth",
         "kind": "municipality", "parent": "TM-04", "population": 180_000}},
        {"type": "Feature", "geometry": None, "properties": {"code": "TM-0414", "name": "Combe",
         "kind": "locality", "parent": "TM-0412", "name:uk": "Комб"}},
    ]  # fmt: skip
    assert "1 added, 1 changed" in take(file, text=json.dumps({"type": "FeatureCollection", "features": features}))
    town = Place.objects.get(code="TM-0412")
    assert (town.geometry, town.bounds) == (SQUARE, [1.0, 1.0, 2.0, 2.0])
    take(file)
    town.refresh_from_db()
    assert town.geometry == SQUARE, "a file without outlines leaves those that are there"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("TM-06,Fens,county,TM-99,,,", "line 7 (“TM-06”): its parent “TM-99” is no place: add it to the file"),
        ("TM-04,Elder Vale,county,TM,,,", "line 7: the code “TM-04” stands in line 3 already: keep one"),
        ("TM-06,Fens,shire,TM,,,", "line 7 (“TM-06”): kind “shire” is none of country, region"),
        ("TM-06,,county,TM,,,", "line 7 (“TM-06”): no name"),
        (",Fens,county,TM,,,", "line 7: no code"),
        ("TM 06,Fens,county,TM,,,", "“TM 06” is no code"),
        ("TM-06,Fens,county,TM-06,,,", "it lies in itself"),
        ("TM-06,Fens,county,TM,SAME 04,,", "geocodes “SAME”: write SCHEME=code"),
        ("TM-06,Fens,county,TM,,", "line 7: 6 columns, the first line has 7"),
        ('TM-06,"Fens,county,TM,,,', "line 7: no CSV"),
        (f"TM-06,{'x' * 201},county,TM,,,", "one line of at most 200 characters"),
    ],
)
def test_a_wrong_line_refuses_the_file_and_is_named(file: Path, line: str, says: str) -> None:
    assert says in refused(file, COUNTRY + line + "\n")


def test_every_fault_is_told_at_once(file: Path) -> None:
    said = refused(file, COUNTRY + "TM-06,Fens,shire,TM,,,\nTM-07,,county,TM,,,\n")
    assert "line 7" in said
    assert "line 8" in said


def test_places_that_lie_in_each_other_are_refused_also_through_what_is_there_already(file: Path) -> None:
    circle = "code,name,kind,parent\nA,A,county,B\nB,B,county,A\n"
    assert "line 2: places lie in each other in a circle: “A” in “B” in “A”" in refused(file, circle)
    take(file)
    assert "in a circle" in refused(file, "code,name,kind,parent\nTM,Tarnmark,country,TM-0412\n")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("code,name,kind,parnet\n", "line 1: the column “parnet” is not known: did you mean parent?"),
        ("code,name\n", "line 1: no column kind"),
        ("code,name,kind,code\n", "“code” stands there twice"),
        ("code,name,kind\n", "has no places"),
        ("", "no column code"),
        ("code,name,kind\nA,Straße,county\n".encode("latin-1"), "line 2: not UTF-8: save the file in the encoding"),
        ('{"type": "FeatureCollection"', "no JSON: "),
        ('{"type": "Feature"}', "it must be a"),
        ('{"type": "FeatureCollection", "features": [{"type": "Feature"}]}', 'feature 1: no Feature with "properties"'),
    ],
)  # fmt: skip
def test_a_file_that_is_no_list_of_places_is_refused_with_the_way_out(file: Path, text: str | bytes, says: str) -> None:
    assert says in refused(file, text)


@pytest.mark.parametrize(
    ("geometry", "says"),
    [
        ({"type": "Point", "coordinates": [1, 1]}, "geometry “Point”: write a Polygon or a MultiPolygon"),
        ({"type": "Polygon", "coordinates": [[[1, 1], [2, 1], [2, 2], [1, 2]]]}, "a ring is not closed"),
        ({"type": "Polygon", "coordinates": [[[1, 1], [2, 2], [2, 1], [1, 2], [1, 1]]]}, "Self-intersection"),
        ({"type": "Polygon", "coordinates": [[[1, 91], [2, 1], [2, 2], [1, 91]]]}, "[longitude, latitude] in degrees"),
        ({"type": "Polygon", "coordinates": "here"}, "coordinates can't be read"),
        ({"type": "Polygon", "coordinates": []}, "geometry: "),
    ],
)
def test_an_outline_that_can_not_be_drawn_is_refused(file: Path, geometry: object, says: str) -> None:
    feature = {"type": "Feature", "geometry": geometry, "properties": {"code": "A", "name": "A", "kind": "county"}}
    said = refused(file, json.dumps({"type": "FeatureCollection", "features": [feature]}))
    assert "feature 1 (“A”): " in said
    assert says in said


def test_a_misspelled_property_is_refused_before_it_flattens_the_tree(file: Path) -> None:
    feature = {"type": "Feature", "geometry": None, "properties": {"code": "A", "name": "A", "parrent": "B"}}
    said = refused(file, json.dumps({"type": "FeatureCollection", "features": [feature]}))
    assert "“parrent” is not known: did you mean parent?" in said


def test_closing_a_place_with_open_ones_in_it_is_refused(file: Path) -> None:
    take(file)
    take(file, text="code,name,kind,scheme,parent\nZ1,Coast,zone,WZ,TM-04\n")
    without = "".join(line for line in COUNTRY.splitlines(keepends=True) if "TM-04" not in line)
    assert "“Z1” would stay open in “TM-04”" in refused(file, without, "--replace")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("ald", ["Aldermouth"]),
        ("ALDEMBOÙCHE", ["Aldermouth"]),
        ("ألدر", ["Aldermouth"]),
        ("town mill", ["Mill Town"]),
        ("tm-0413", ["Mill Town"]),
        ("elder", ["Elder Valley"]),
        ("mouth", []),
    ],
)
def test_a_place_is_found_by_the_beginning_of_a_word_of_any_of_its_names(
    file: Path, words: str, found: list[str]
) -> None:
    take(file)
    assert names(Place.objects.open().search(words)) == found


def test_what_is_in_a_place_and_around_it_is_reached_from_it(file: Path) -> None:
    take(file)
    county = Place.objects.get(code="TM-04")
    assert set(names(Place.objects.reached_from([county]))) == {"Tarnmark", "Elder Valley", "Aldermouth", "Mill Town"}
    town = Place.objects.get(code="TM-0412")
    assert set(names(Place.objects.reached_from([town]))) == {"Tarnmark", "Elder Valley", "Aldermouth"}
