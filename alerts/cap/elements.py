"""The elements of a schema-valid CAP 1.2 message as dataclasses."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TypeVar

from lxml import etree

from alerts.cap import lexical
from alerts.cap.message import (
    DEFAULT_LANGUAGE,
    Area,
    CapMessage,
    Category,
    Certainty,
    Info,
    MsgType,
    Resource,
    ResponseType,
    Scope,
    Severity,
    Status,
    Urgency,
    ValuePair,
)
from alerts.cap.refusals import CapRefused
from alerts.cap.schema import NAMESPACE
from alerts.cap.wording import quoted

_SIZE_DIGITS = 18  # what a 64-bit column holds; Python itself refuses more than 4,300

Shape = TypeVar("Shape")


def message_of(alert: etree._Element) -> CapMessage:
    """The message in `alert`, which the schema has passed. Raises CapRefused for a time out of range."""
    references = [(word, lexical.parse_reference(word)) for word in reference_words(alert)]
    return CapMessage(
        identifier=_text(alert, "identifier"),
        sender=_text(alert, "sender"),
        sent=_time_in(next(alert.iterchildren(tag("sent")))),
        status=Status(_text(alert, "status")),
        msg_type=MsgType(_text(alert, "msgType")),
        source=_text(alert, "source"),
        scope=Scope(_text(alert, "scope")),
        restriction=_text(alert, "restriction"),
        addresses=_text(alert, "addresses"),
        codes=_texts(alert, "code"),
        note=_text(alert, "note"),
        references=tuple(reference for _, reference in references if reference),
        unreadable_references=tuple(word for word, reference in references if not reference),
        incidents=_text(alert, "incidents"),
        infos=tuple(_info(element) for element in alert.findall(tag("info"))),
    )


def reference_words(alert: etree._Element) -> list[str]:
    """The references of `alert`, each as written."""
    return _text(alert, "references").split()


def sizes(alert: etree._Element) -> Iterator[etree._Element]:
    """The size elements of its resources; not those in a signature's objects, which nothing has validated."""
    return alert.iterfind("/".join([tag("info"), tag("resource"), tag("size")]))


def size_of(text: str) -> int | None:
    """A number of bytes; None when there is none or it has more digits than any file."""
    text = text.strip()
    return int(text) if text and len(text) <= _SIZE_DIGITS else None


def tag(name: str) -> str:
    """The name of a CAP element as lxml writes it."""
    return f"{{{NAMESPACE}}}{name}"


def _info(info: etree._Element) -> Info:
    return Info(
        language=_text(info, "language").strip() or DEFAULT_LANGUAGE,
        categories=tuple(Category(text) for text in _texts(info, "category")),
        event=_text(info, "event"),
        response_types=tuple(ResponseType(text) for text in _texts(info, "responseType")),
        urgency=Urgency(_text(info, "urgency")),
        severity=Severity(_text(info, "severity")),
        certainty=Certainty(_text(info, "certainty")),
        audience=_text(info, "audience"),
        event_codes=_pairs(info, "eventCode"),
        effective=_time(info, "effective"),
        onset=_time(info, "onset"),
        expires=_time(info, "expires"),
        sender_name=_text(info, "senderName"),
        headline=_text(info, "headline"),
        description=_text(info, "description"),
        instruction=_text(info, "instruction"),
        web=_text(info, "web").strip(),
        contact=_text(info, "contact"),
        parameters=_pairs(info, "parameter"),
        resources=tuple(_resource(element) for element in info.findall(tag("resource"))),
        areas=tuple(_area(element) for element in info.findall(tag("area"))),
    )


def _resource(resource: etree._Element) -> Resource:
    return Resource(
        resource_desc=_text(resource, "resourceDesc"),
        mime_type=_text(resource, "mimeType"),
        size=size_of(_text(resource, "size")),
        uri=_text(resource, "uri").strip(),
        deref_uri=_text(resource, "derefUri"),
        digest=_text(resource, "digest"),
    )


def _area(area: etree._Element) -> Area:
    polygons, lost_polygons = _shapes(area, "polygon", lexical.parse_polygon)
    circles, lost_circles = _shapes(area, "circle", lexical.parse_circle)
    return Area(
        area_desc=_text(area, "areaDesc"),
        polygons=polygons,
        circles=circles,
        geocodes=_pairs(area, "geocode"),
        altitude=_decimal(area, "altitude"),
        ceiling=_decimal(area, "ceiling"),
        unreadable=(*lost_polygons, *lost_circles),
    )


def _shapes(
    area: etree._Element, name: str, parse_shape: Callable[[str], Shape | None]
) -> tuple[tuple[Shape, ...], tuple[str, ...]]:
    parsed = [(text, parse_shape(text)) for text in _texts(area, name)]
    readable = tuple(shape for _, shape in parsed if shape is not None)
    return readable, tuple(f"{name}: {text}" for text, shape in parsed if shape is None)


def _pairs(parent: etree._Element, name: str) -> tuple[ValuePair, ...]:
    return tuple(ValuePair(_text(pair, "valueName"), _text(pair, "value")) for pair in parent.findall(tag(name)))


def _time(parent: etree._Element, name: str) -> datetime | None:
    element = parent.find(tag(name))
    return None if element is None else _time_in(element)


def _time_in(element: etree._Element) -> datetime:
    text = element.text or ""
    try:
        return lexical.parse_time(text)
    except ValueError as error:
        where = f"line {element.sourceline}, element {etree.QName(element).localname}"
        raise CapRefused([f"{where}: {quoted(text)} cannot be held ({error}): correct it at the source"]) from error


def _decimal(parent: etree._Element, name: str) -> float | None:
    text = _text(parent, name).strip()
    return float(text) if text else None


def _text(parent: etree._Element, name: str) -> str:
    return parent.findtext(tag(name), "")


def _texts(parent: etree._Element, name: str) -> tuple[str, ...]:
    return tuple(element.text or "" for element in parent.findall(tag(name)))
