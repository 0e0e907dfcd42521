"""The CAP 1.2 schema, loaded once per process, and its verdicts as reasons that a sender can act on."""

import functools
import re
import threading
from pathlib import Path
from typing import Any

from lxml import etree

from alerts.cap.wording import bounded, one_line

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
REASONS = 20

_XSD = Path(__file__).with_name("cap12.xsd")
# An lxml schema keeps the last errors in itself: without the lock one thread would read another's.
_LOCK = threading.Lock()

_ELEMENT = re.compile(r"Element '(?:\{[^}]*\})?([^']*)'(?:, attribute '[^']*')?: ")
_NAMESPACE = re.compile(r"\{(?:urn|http)[^}\s]*\}")
_LONG_VALUE = re.compile(r"'([^']{60})[^']*(?:'|$)")
_TIMES = {"sent", "effective", "onset", "expires"}
_WRITE_TIME = "Write it as 2026-01-31T18:30:00+01:00, in whole seconds and with a numeric offset, never Z."
_BY_TYPE = {
    "SCHEMAV_ELEMENT_CONTENT": "Send every mandatory element, in the order of CAP 1.2 section 3.2.",
    "SCHEMAV_CVC_ENUMERATION_VALID": "Use one of these values, spelled exactly so.",
    "SCHEMAV_CVC_COMPLEX_TYPE_2_3": "Remove the text between the elements.",
    "SCHEMAV_CVC_COMPLEX_TYPE_3_2_1": "Remove the attribute.",
    "SCHEMAV_CVC_TYPE_3_1_1": "Remove the attribute.",
    "SCHEMAV_CVC_TYPE_3_1_2": "Put only text in it; write < as &lt;.",
}
_OTHERWISE = "Correct it by CAP 1.2 section 3.2."


def violations(alert: etree._Element) -> list[str]:
    """Why `alert` is no valid CAP 1.2, each reason with element and line; empty when it is valid."""
    with _LOCK:
        schema = _schema()
        if schema.validate(alert):
            return []
        entries = list(schema.error_log)
    first_by_place: dict[tuple[int, str], Any] = {}
    for entry in entries:
        first_by_place.setdefault((entry.line, entry.path), entry)
    return bounded([_reason(entry) for entry in first_by_place.values()], REASONS)


@functools.cache
def _schema() -> Any:  # lxml-stubs: an error log cannot be iterated
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    return etree.XMLSchema(etree.parse(str(_XSD), parser))


def _reason(entry: Any) -> str:
    match = _ELEMENT.match(entry.message)
    element = one_line(match[1]) if match else "alert"
    fault = _NAMESPACE.sub("", entry.message[match.end() :] if match else entry.message)
    fault = _LONG_VALUE.sub(r"'\1…'", fault).replace("[facet 'enumeration'] ", "")
    if element in _TIMES and entry.type_name in {
        "SCHEMAV_CVC_PATTERN_VALID",
        "SCHEMAV_CVC_DATATYPE_VALID_1_2_1",
    }:
        fault, way_out = "This is no CAP time.", _WRITE_TIME
    else:
        way_out = _BY_TYPE.get(entry.type_name, _OTHERWISE)
    where = f"line {entry.line}, element {element}" if entry.line else f"element {element}"
    return f"{where}: {one_line(fault, 400)} {way_out}"
