"""Each rule beyond the schema: what breaks it, and what comes close and does not."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone

import pytest

from alerts.cap import checks
from alerts.cap.message import CapMessage, MsgType, Point, Reference, Resource, Scope, ValuePair
from alerts.cap.sentences import OUR_OWN, SENTENCES, said
from tests.unit.cap.builders import SENT, flood, flood_in, flood_info, flood_with, milltown

SQUARE = milltown().polygons[0]
BOW_TIE = ((0.0, 0.0), (1.0, 1.0), (1.0, 0.0), (0.0, 1.0), (0.0, 0.0))
LATER = SENT + timedelta(minutes=1)
PUT_RIGHT = {"reference-time", "resource-size"}  # what reading finds
# A few faults cannot be had alone.
ALSO = {
    "polygon-points": {"polygon-self-intersecting"},
    "polygon-range": {"polygon-open"},
    "reference-to-itself": {"reference-later"},
}


def reference(identifier: str = "x", sender: str = "s", sent: datetime = SENT) -> tuple[Reference, ...]:
    return (Reference(sender, identifier, sent),)


def offset(**units: int) -> timezone:
    return timezone(timedelta(**units))


def with_resource(**changes: object) -> CapMessage:
    given = {"resource_desc": "Map", "mime_type": "image/png", **changes}
    return flood_with(resources=(Resource(**given),))  # type: ignore[arg-type]  # each test gives the right types


def zigzag(points: int) -> tuple[Point, ...]:
    """A valid outline with a thousand teeth."""
    teeth = [(10.0 + n % 2, n * 1e-4) for n in range(points - 3)]
    return (*teeth, (20.0, teeth[-1][1]), (20.0, 0.0), teeth[0])


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("mandatory-empty", flood(identifier="")),
        ("mandatory-empty", flood(sender="")),
        ("mandatory-empty", flood_with(event=" ")),
        ("mandatory-empty", flood_in(area_desc="")),
        ("identifier-characters", flood(identifier="a b")),
        ("identifier-characters", flood(identifier="a,b")),
        ("identifier-characters", flood(identifier="a<b")),
        ("identifier-characters", flood(identifier="a&b")),
        ("identifier-characters", flood(identifier="a\u00a0b")),
        ("sender-characters", flood(sender="Rivers Agency")),
        ("sender-characters", flood(sender="a,b")),
        ("restriction-without-scope", flood(restriction="staff only")),
        ("restriction-without-scope", flood(restriction="x", scope=Scope.PRIVATE, addresses="a@b.example")),
        ("restriction-missing", flood(scope=Scope.RESTRICTED)),
        ("addresses-without-scope", flood(addresses="a@b.example")),
        ("addresses-missing", flood(scope=Scope.PRIVATE)),
        ("references-missing", flood(references=())),
        ("references-missing", flood(references=(), msg_type=MsgType.CANCEL)),
        ("references-missing", flood(references=(), msg_type=MsgType.ACK)),
        ("references-missing", flood(references=(), msg_type=MsgType.ERROR)),
        ("reference-unreadable", flood(unreadable_references=("a,b",))),
        ("reference-characters", flood(references=reference(identifier=""))),
        ("reference-characters", flood(references=reference(sender="a b"))),
        ("reference-characters", flood(references=reference(identifier="a,b"))),
        ("reference-to-itself", flood(references=(flood().identity,))),
        ("reference-to-itself", flood(references=(*reference(), flood(sent=SENT.astimezone(UTC)).identity))),
        ("reference-later", flood(references=reference(sent=LATER))),
        ("info-missing", flood(infos=())),
        ("info-missing", flood(infos=(), msg_type=MsgType.ALERT)),
        ("language-tag", flood_with(language="engl1sh")),
        ("language-tag", flood_with(language="en_GB")),
        ("expires-missing", flood_with(expires=None)),
        ("expires-before-effective", flood_with(expires=SENT, onset=None)),
        ("expires-before-effective", flood_with(expires=SENT, onset=None, effective=None)),
        ("expires-before-onset", flood_with(expires=LATER, onset=LATER)),
        ("html-in-text", flood(note="<p>Hello</p>")),
        ("html-in-text", flood_with(description="one<br />two")),
        ("html-in-text", flood_with(description="one</p>two")),
        ("html-in-text", flood_with(headline='<a href="x">go</a>')),
        ("html-in-text", flood_with(instruction="stay&nbsp;in")),
        ("html-in-text", flood_with(event="Flood &#8211; now")),
        ("html-in-text", flood_with(contact="<!-- x")),
        ("html-in-text", flood_in(area_desc="<b>Milltown</b>")),
        ("web-not-absolute", flood_with(web="/alerts/42")),
        ("web-not-absolute", flood_with(web="https://rivers.example/a b")),
        ("resource-uri-space", with_resource(uri="a map.png")),
        ("resource-size-range", with_resource(size=-1)),
        ("area-missing", flood_with(areas=())),
        ("area-only-described", flood_in(polygons=(), circles=(), geocodes=())),
        ("area-unreadable", flood_in(unreadable=("polygon: here and there",))),
        ("polygon-points", flood_in(polygons=(((0.0, 0.0), (1.0, 1.0), (0.0, 0.0)),))),
        ("polygon-open", flood_in(polygons=(SQUARE[:4],))),
        ("polygon-range", flood_in(polygons=(((91.0, 0.0), (80.0, 0.0), (80.0, 1.0), (91.0, 0.0)),))),
        ("polygon-range", flood_in(polygons=(((1.0, 181.0), (0.0, 179.0), (0.0, 170.0), (1.0, 181.0)),))),
        ("polygon-range", flood_in(polygons=(((float("nan"), 0.0), *SQUARE, (float("nan"), 0.0)),))),
        ("polygon-self-intersecting", flood_in(polygons=(SQUARE, BOW_TIE))),
        ("polygon-self-intersecting", flood_in(polygons=(((5.0, 5.0),) * 4,))),
        ("polygon-too-detailed", flood_in(polygons=(zigzag(5001),))),
        ("polygon-too-detailed", flood_in(polygons=(zigzag(4800),) * 5)),
        ("circle-range", flood_in(circles=((-91.0, 0.0, 5.0),))),
        ("circle-radius", flood_in(circles=((1.0, 1.0, 0.0),))),
        ("circle-radius", flood_in(circles=((1.0, 1.0, -2.0),))),
        ("circle-radius", flood_in(circles=((1.0, 1.0, float("inf")),))),
        ("ceiling-without-altitude", flood_in(altitude=None)),
        ("height-not-finite", flood_in(altitude=float("inf"))),
    ],
)
def test_a_broken_rule_is_named_coming_in_and_forbids_going_out(code: str, message: CapMessage) -> None:
    assert code in codes(checks.warnings(message))
    assert code in codes(checks.breaches(message))
    assert codes(checks.warnings(message)) <= {code, *ALSO.get(code, ())}


@pytest.mark.parametrize(
    "message",
    [
        flood(),
        flood(msg_type=MsgType.ALERT, references=()),
        flood(msg_type=MsgType.CANCEL, infos=()),
        flood(scope=Scope.RESTRICTED, restriction="fire brigades"),
        flood(scope=Scope.PRIVATE, addresses="a@b.example"),
        flood(restriction=" ", addresses="\n"),
        flood(references=reference(sent=SENT)),
        flood(identifier="urn:oid:2.49.0.1.124.6bddbc91.2012", sender="http://a.example/b?c=d;e"),
        flood_with(language="zh-Hant-TW"),
        flood_with(language="x-mill"),
        flood_with(effective=None),
        flood_with(description="if 5 < 6 and 7 > 3 & so on; AT&T; a<b and c>d; <3; \\<o/"),
        flood_with(web=""),
        with_resource(uri="map.png", size=0),
        flood_in(polygons=(), circles=()),
        flood_in(geocodes=(), circles=()),
        flood_in(ceiling=None),
        flood_in(altitude=None, ceiling=None),
        flood_in(polygons=(((90.0, -180.0), (90.0, 180.0), (-90.0, 180.0), (-90.0, -180.0), (90.0, -180.0)),)),
        flood_in(polygons=(((-17.0, 179.0), (-17.0, -179.0), (-18.0, -179.0), (-18.0, 179.0), (-17.0, 179.0)),)),
        flood_in(polygons=(tuple(reversed(SQUARE)),)),
        flood_in(polygons=(zigzag(4800),) * 4),
        flood_in(circles=((90.0, 180.0, 20_000.0),)),
    ],
)
def test_what_breaks_no_rule_passes_both_ways(message: CapMessage) -> None:
    assert checks.warnings(message) == []
    assert checks.breaches(message) == []


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("language-repeated", flood(infos=(flood_info(), flood_info(language="EN")))),
        ("characters-not-xml", flood_with(headline="a\x0bb")),
        ("characters-not-xml", flood_with(parameters=(ValuePair("x", "\ufffe"),))),
        ("characters-not-xml", flood(codes=("\ud800",))),
        ("time-without-offset", flood_with(onset=datetime(2026, 2, 3, 18))),
        ("time-fraction", flood(sent=SENT.replace(microsecond=1))),
        (
            "time-fraction",
            flood(references=reference(sent=SENT.replace(microsecond=999_999) - timedelta(days=1))),
        ),
        ("time-offset-range", flood(sent=SENT.astimezone(offset(hours=15)))),
        ("time-offset-range", flood(sent=SENT.astimezone(offset(seconds=30)))),
        ("time-range", flood_with(expires=datetime(9999, 12, 31, 23, tzinfo=offset(hours=-5)))),
    ],
)
def test_what_others_may_do_we_do_not(code: str, message: CapMessage) -> None:
    assert codes(checks.breaches(message)) == {code}


def test_two_languages_need_two_infos_and_get_them() -> None:
    assert checks.breaches(flood(infos=(flood_info(), flood_info(language="de")))) == []


def test_texts_name_the_place_in_the_message() -> None:
    message = flood(infos=(flood_info(), flood_info(language="de", areas=(milltown(), milltown(polygons=(BOW_TIE,))))))
    assert [warning.text for warning in checks.warnings(message)] == [
        "info 2, area 2 “Milltown”, polygon 1 crosses or touches itself: draw it as one simple outline"
    ]


def test_texts_show_what_others_wrote_in_one_short_printable_line() -> None:
    (warning,) = checks.warnings(flood(identifier="a,\n\x1b[31m" + "b" * 10_000))
    assert warning.text.startswith("identifier “a, �[31mbbb")
    assert "\n" not in warning.text
    assert len(warning.text) < 200


def test_no_code_means_two_rules_and_each_has_its_sentence() -> None:
    rules = [rule.code for rule in (*checks.RULES, *checks.OUTGOING_ONLY, *checks.TIME_FORM)]
    assert sorted(rules) == sorted(SENTENCES.keys() - PUT_RIGHT | OUR_OWN.keys())


def test_what_is_found_can_be_kept_and_said_again() -> None:
    [warning] = checks.warnings(flood_with(expires=SENT, onset=None))
    assert said(warning.code, json.loads(json.dumps(warning.values))) == warning.text
    assert warning.text == (
        "info 1 (“en”): expires 2026-02-03T14:30:00+01:00 is not after effective 2026-02-03T14:30:00+01:00"
    )


@pytest.mark.parametrize(
    ("where", "written"),
    [
        ([["note"]], "note"),
        ([["info", "1", ""], ["event"]], "info 1: event"),
        ([["info", "1", "“en”"], ["area", "2", ""], ["areaDesc"]], "info 1 (“en”), area 2: areaDesc"),
    ],
)
def test_a_place_is_named_from_the_outside_in(where: list[list[str]], written: str) -> None:
    assert said("mandatory-empty", {"where": where}) == f"{written} is empty: fill it in"


def codes(found: Iterable[checks.CapWarning]) -> set[str]:
    return {warning.code for warning in found}
