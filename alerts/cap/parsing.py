"""Hostile XML to an element tree: no DTD, no entities, no files, no network, bounded in size and depth."""

from collections.abc import Sized

from lxml import etree

from alerts.cap.refusals import CapRefused
from alerts.cap.wording import one_line

MAX_BYTES = 2 * 1024 * 1024  # IPAWS messages with embedded audio were measured at up to 460 kB
MAX_DEPTH = 32  # CAP itself is 5 deep, a signature with certificates about 8
# libxml2 looks for the place of a fault one sibling after the other: 90,000 wrong categories in 2 MB took 18 s.
MAX_PARTS = 20_000


def parse(data: bytes, *, max_bytes: int = MAX_BYTES) -> etree._Element:
    """The root element of `data`, comments and processing instructions left out. Raises CapRefused."""
    if len(data) > max_bytes:
        size = f"the message has {len(data):,} bytes, at most {max_bytes:,} are taken"
        raise CapRefused([f"{size}: link large resources by uri instead of embedding them as derefUri"])
    try:
        # Two passes of the same parser: the first stops at a DOCTYPE before anything in it is processed.
        etree.fromstring(data, _guarding_parser())
        root: etree._Element = etree.fromstring(data, _building_parser())
    except etree.XMLSyntaxError as error:
        fault = f"line {error.lineno or 1}: this is no well-formed XML ({one_line(error.msg, 200)})"
        raise CapRefused([f"{fault}: send the message complete, as its producer wrote it"]) from error
    return root


def _guarding_parser() -> etree.XMLParser:
    return etree.XMLParser(
        target=_Guard(),  # type: ignore[arg-type]  # lxml asks for none of the methods that the stubs demand
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
    )


def _building_parser() -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        collect_ids=False,
        remove_comments=True,  # a comment inside an element would split its text and hide the second half
        remove_pis=True,
    )


class _Guard:
    """What the first pass calls: refuses a DOCTYPE, too deep a nesting and too many parts, builds nothing."""

    def __init__(self) -> None:
        self._depth = self._parts = 0

    def doctype(self, name: str, public_id: str | None, system_id: str | None) -> None:
        raise CapRefused(["the message has a DOCTYPE, which can smuggle in files: remove it and its entities"])

    def start(self, tag: str, attributes: Sized) -> None:
        self._depth += 1
        self._parts += 1 + len(attributes)
        if self._depth > MAX_DEPTH:
            fault = f"element {one_line(tag)} is nested more than {MAX_DEPTH} deep"
            raise CapRefused([f"{fault}: a CAP message is 5 deep, send it without anything around it"])
        if self._parts > MAX_PARTS:
            fault = f"the message has more than {MAX_PARTS:,} elements and attributes"
            raise CapRefused([f"{fault}: send several messages, each for some of the areas"])

    def end(self, tag: str) -> None:
        self._depth -= 1

    def close(self) -> None:
        pass
