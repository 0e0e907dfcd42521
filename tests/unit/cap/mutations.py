"""Seeded damage to CAP documents: what senders, editors and attackers do to elements and values."""

import copy
import random
from collections.abc import Callable

from lxml import etree

from alerts.cap.schema import NAMESPACE
from tests.unit.cap.builders import FLOOD_XML

XMLDSIG = "http://www.w3.org/2000/09/xmldsig#"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
PREFIXES = {"xs": "http://www.w3.org/2001/XMLSchema", "xsi": XSI, "c": NAMESPACE}

NAMES = [etree.QName(element).localname for element in etree.fromstring(FLOOD_XML.encode()).iter()] + [
    "Alert",
    "x",
]
TEXTS = [
    *[
        "",
        " ",
        "Actual",
        "actual",
        "Public ",
        "None",
        "AllClear",
        "CBRNE",
        "Unknown",
        "Draft",
        "text",
        "é",
        "en",
        "e n",
    ],
    *[
        "en_GB",
        "x-y",
        "a" * 9,
        "1",
        "-1",
        "+1",
        "1.5",
        "1e3",
        ".5",
        "5.",
        "NaN",
        "9" * 30,
        " 7 ",
        "http://[bad",
        "a b",
    ],
    *[
        "2026-02-03T14:30:00+01:00",
        "2026-02-03T14:30:00Z",
        "2026-02-03T14:30:00",
        "2026-02-03T14:30:00,01:00",
    ],
    *["2026-02-30T14:30:00+01:00", "2026-02-03T24:00:00+01:00", "2026-02-03T14:30:00.5+01:00"],
    *["2026-02-03T14:30:60+01:00", "2026-02-03T14:30:00+14:01", "2026-02-03T14:30:00-14:00"],
    *["0000-01-01T00:00:00+00:00", "-2026-02-03T14:30:00+01:00", "12026-02-03T14:30:00+01:00"],
    *[
        "\n2026-02-03T14:30:00+01:00\t",
        "2026-02-03 14:30:00+01:00",
        "\uff12026-02-03T14:30:00+01:00",
        "50,14 1",
    ],
]
ATTRIBUTES = [
    *[("lang", "en"), ("{http://www.w3.org/XML/1998/namespace}lang", "en"), ("{http://other.example}a", "b")],
    *[(f"{{{XSI}}}nil", "true"), (f"{{{XSI}}}nil", "false"), (f"{{{XSI}}}schemaLocation", "a b")],
    *[(f"{{{XSI}}}type", f"xs:{name}") for name in ("string", "token", "language", "dateTime", "int", "anyType")],
    *[(f"{{{XSI}}}type", f"c:{name}") for name in ("alert", "info", "pair", "value", "envelope", "no-such")],
]
SPACES = [NAMESPACE, XMLDSIG, "http://other.example", "urn:oasis:names:tc:emergency:cap:1.1", ""]


def prepared(document: bytes) -> etree._Element:
    """`document` with long texts cut (no rule of the schema is about length) and all prefixes in scope."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    original = etree.fromstring(document, parser)
    root = etree.Element(original.tag, nsmap={**original.nsmap, **PREFIXES})  # type: ignore[dict-item]  # lxml-stubs forget the default namespace
    root.text = original.text
    root.extend(list(original))
    for element in root.iter():
        if element.text and len(element.text) > 300:
            element.text = element.text[:300]
    return root


def mutated(root: etree._Element, chance: random.Random) -> etree._Element:
    """A copy of `root` damaged once to three times."""
    damaged = copy.deepcopy(root)
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        elements = [element for element in damaged.iter() if isinstance(element.tag, str)]
        chance.choice(DAMAGES)(chance.choice(elements), chance)
    return damaged


def _drop(element: etree._Element, chance: random.Random) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _duplicate(element: etree._Element, chance: random.Random) -> None:
    if element.getparent() is not None:
        element.addnext(copy.deepcopy(element))


def _move(element: etree._Element, chance: random.Random) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.insert(chance.randrange(len(parent)), element)


def _rename(element: etree._Element, chance: random.Random) -> None:
    element.tag = chance.choice(NAMES) if chance.random() < 0.1 else f"{{{NAMESPACE}}}{chance.choice(NAMES)}"


def _change_namespace(element: etree._Element, chance: random.Random) -> None:
    space, name = chance.choice(SPACES), etree.QName(element).localname
    element.tag = f"{{{space}}}{name}" if space else name


def _write(element: etree._Element, chance: random.Random) -> None:
    element.text = chance.choice(TEXTS)


def _write_behind(element: etree._Element, chance: random.Random) -> None:
    if element.getparent() is not None:
        element.tail = chance.choice(TEXTS)


def _set_attribute(element: etree._Element, chance: random.Random) -> None:
    name, value = chance.choice(ATTRIBUTES)
    element.set(name, value)


def _insert(element: etree._Element, chance: random.Random) -> None:
    space, name = chance.choice(SPACES), chance.choice([*NAMES, "Signature"])
    child = etree.Element(f"{{{space}}}{name}" if space else name)
    child.text = chance.choice(TEXTS)
    element.insert(chance.randint(0, len(element)), child)


def _append_signature(element: etree._Element, chance: random.Random) -> None:
    root = element.getroottree().getroot()
    signature = etree.SubElement(root, f"{{{XMLDSIG}}}{chance.choice(['Signature', 'x'])}")
    etree.SubElement(signature, f"{{{NAMESPACE}}}{chance.choice(NAMES)}").text = chance.choice(TEXTS)


def _comment(element: etree._Element, chance: random.Random) -> None:
    element.insert(0, etree.Comment("note"))


DAMAGES: list[Callable[[etree._Element, random.Random], None]] = [
    *[_drop, _duplicate, _move, _rename, _change_namespace, _write, _write, _write, _write_behind],
    *[_set_attribute, _set_attribute, _insert, _append_signature, _comment],
]
