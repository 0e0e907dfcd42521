"""Our schema by itself: the element tables of CAP 1.2, section 3.2."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from lxml import etree

from alerts.cap import schema
from tests.unit.cap.builders import FLOOD_XML

MANDATORY = {
    *["identifier", "sender", "sent", "status", "msgType", "scope"],
    *[
        "event",
        "urgency",
        "severity",
        "certainty",
        "areaDesc",
        "resourceDesc",
        "mimeType",
        "valueName",
        "value",
    ],
}
REPEATABLE = {
    *["code", "info", "category", "responseType", "eventCode", "parameter", "resource", "area"],
    *["polygon", "circle", "geocode"],
}
NAMES = sorted({etree.QName(element).localname for element in etree.fromstring(FLOOD_XML.encode()).iter()} - {"alert"})


@pytest.mark.parametrize("name", NAMES)
def test_an_element_can_be_left_out_unless_it_is_mandatory(name: str) -> None:
    root, element = _flood_and(name)
    parent = element.getparent()
    assert parent is not None
    parent.remove(element)
    assert bool(schema.violations(root)) is (name in MANDATORY)


@pytest.mark.parametrize("name", NAMES)
def test_an_element_can_be_repeated_only_if_the_standard_says_so(name: str) -> None:
    root, element = _flood_and(name)
    element.addnext(_flood_and(name)[1])
    assert bool(schema.violations(root)) is (name not in REPEATABLE)


@pytest.mark.parametrize("name", NAMES)
def test_no_element_has_attributes_or_foreign_children(name: str) -> None:
    root, element = _flood_and(name)
    element.set("lang", "en")
    assert schema.violations(root)
    root, element = _flood_and(name)
    etree.SubElement(element, "{http://other.example}x")
    assert schema.violations(root)


@pytest.mark.parametrize("name", NAMES)
def test_elements_have_an_order(name: str) -> None:
    root, element = _flood_and(name)
    parent = element.getparent()
    assert parent is not None
    first = parent[0]
    if first is not element and first.tag != element.tag:
        parent.insert(0, element)
        assert schema.violations(root)


@pytest.mark.parametrize("name", ["sent", "effective", "onset", "expires"])
@pytest.mark.parametrize("time", ["2026-02-03T14:30:00Z", "2026-02-03T14:30:00", "2026-02-30T14:30:00+01:00", ""])
def test_a_time_needs_a_numeric_offset(name: str, time: str) -> None:
    root, element = _flood_and(name)
    element.text = time
    assert schema.violations(root)


@pytest.mark.parametrize("name", ["status", "msgType", "scope", "category", "responseType", "urgency", "severity"])
@pytest.mark.parametrize("value", ["", "Perhaps", " Unknown"])
def test_an_enumerated_value_is_one_of_its_list(name: str, value: str) -> None:
    root, element = _flood_and(name)
    element.text = value
    assert schema.violations(root)


def test_signatures_may_follow_and_nothing_else_may() -> None:
    root = etree.fromstring(FLOOD_XML.encode())
    for _ in range(2):
        etree.SubElement(root, "{http://www.w3.org/2000/09/xmldsig#}Signature")
    assert schema.violations(root) == []
    etree.SubElement(root, "{http://other.example}Signature")
    assert schema.violations(root)


def test_threads_get_the_reasons_of_their_own_message() -> None:
    wrong: list[str] = []

    def check(name: str) -> None:
        root, element = _flood_and(name)
        element.set("spoilt", "yes")
        for _ in range(200):
            wrong.extend(reason for reason in schema.violations(root) if f"element {name}:" not in reason)

    threads = [threading.Thread(target=check, args=(name,)) for name in ("sender", "event", "areaDesc", "web")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_the_schema_is_loaded_when_it_is_first_needed_and_only_then() -> None:
    program = """
from alerts.cap import reading, schema
from tests.unit.cap.builders import flood_xml
print(schema._schema.cache_info().currsize)
reading.read(flood_xml()), reading.read(flood_xml())
print(schema._schema.cache_info().misses)
"""
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run(  # noqa: S603 -- our own interpreter and program
        [sys.executable, "-c", program], cwd=root, capture_output=True, check=True, text=True
    )
    assert done.stdout.split() == ["0", "1"]


def _flood_and(name: str) -> tuple[etree._Element, etree._Element]:
    root = etree.fromstring(FLOOD_XML.encode())
    return root, next(root.iter(f"{{{schema.NAMESPACE}}}{name}"))
