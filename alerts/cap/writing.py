"""A CapMessage to bytes, strictly: what breaks any rule, of the schema or beyond it, is not written."""

from collections.abc import Iterable

from lxml import etree

from alerts.cap import checks, lexical, schema
from alerts.cap.elements import tag
from alerts.cap.message import Area, CapMessage, Info, Resource, ValuePair
from alerts.cap.refusals import CapUnsendable
from alerts.cap.schema import NAMESPACE

__all__ = ["CapUnsendable", "write"]


def write(message: CapMessage) -> bytes:
    """One CAP 1.2 document in UTF-8: `read(write(message)).message == message`. Raises CapUnsendable."""
    if breaches := checks.breaches(message):
        raise CapUnsendable([breach.text for breach in breaches])
    alert = _alert(message)
    if reasons := schema.violations(alert):
        raise CapUnsendable(reasons)
    return etree.tostring(alert, encoding="UTF-8", xml_declaration=True, pretty_print=True)


def _alert(message: CapMessage) -> etree._Element:
    alert = etree.Element(tag("alert"), nsmap={None: NAMESPACE})  # type: ignore[dict-item]  # lxml-stubs forget the default namespace
    _add(alert, "identifier", message.identifier)
    _add(alert, "sender", message.sender)
    _add(alert, "sent", lexical.format_time(message.sent))
    _add(alert, "status", message.status)
    _add(alert, "msgType", message.msg_type)
    _add_given(alert, "source", message.source)
    _add(alert, "scope", message.scope)
    _add_given(alert, "restriction", message.restriction)
    _add_given(alert, "addresses", message.addresses)
    _add_each(alert, "code", message.codes)
    _add_given(alert, "note", message.note)
    _add_given(alert, "references", " ".join(map(lexical.format_reference, message.references)))
    _add_given(alert, "incidents", message.incidents)
    for info in message.infos:
        _add_info(alert, info)
    return alert


def _add_info(alert: etree._Element, info: Info) -> None:
    element = etree.SubElement(alert, tag("info"))
    _add(element, "language", info.language)
    _add_each(element, "category", info.categories)
    _add(element, "event", info.event)
    _add_each(element, "responseType", info.response_types)
    _add(element, "urgency", info.urgency)
    _add(element, "severity", info.severity)
    _add(element, "certainty", info.certainty)
    _add_given(element, "audience", info.audience)
    _add_pairs(element, "eventCode", info.event_codes)
    for name, time in (("effective", info.effective), ("onset", info.onset), ("expires", info.expires)):
        _add_given(element, name, lexical.format_time(time) if time else "")
    _add_given(element, "senderName", info.sender_name)
    _add_given(element, "headline", info.headline)
    _add_given(element, "description", info.description)
    _add_given(element, "instruction", info.instruction)
    _add_given(element, "web", info.web)
    _add_given(element, "contact", info.contact)
    _add_pairs(element, "parameter", info.parameters)
    for resource in info.resources:
        _add_resource(element, resource)
    for area in info.areas:
        _add_area(element, area)


def _add_resource(info: etree._Element, resource: Resource) -> None:
    element = etree.SubElement(info, tag("resource"))
    _add(element, "resourceDesc", resource.resource_desc)
    _add(element, "mimeType", resource.mime_type)
    _add_given(element, "size", "" if resource.size is None else str(resource.size))
    _add_given(element, "uri", resource.uri)
    _add_given(element, "derefUri", resource.deref_uri)
    _add_given(element, "digest", resource.digest)


def _add_area(info: etree._Element, area: Area) -> None:
    element = etree.SubElement(info, tag("area"))
    _add(element, "areaDesc", area.area_desc)
    _add_each(element, "polygon", map(lexical.format_polygon, area.polygons))
    _add_each(element, "circle", map(lexical.format_circle, area.circles))
    _add_pairs(element, "geocode", area.geocodes)
    for name, height in (("altitude", area.altitude), ("ceiling", area.ceiling)):
        _add_given(element, name, "" if height is None else lexical.format_number(height))


def _add_pairs(parent: etree._Element, name: str, pairs: Iterable[ValuePair]) -> None:
    for pair in pairs:
        element = etree.SubElement(parent, tag(name))
        _add(element, "valueName", pair.name)
        _add(element, "value", pair.value)


def _add_each(parent: etree._Element, name: str, texts: Iterable[str]) -> None:
    for text in texts:
        _add(parent, name, text)


def _add_given(parent: etree._Element, name: str, text: str) -> None:
    if text:
        _add(parent, name, text)


def _add(parent: etree._Element, name: str, text: str) -> None:
    etree.SubElement(parent, tag(name)).text = text
