"""A published alert as a CAP 1.2 document, for everybody and for every machine.

Ours is written strictly. One that came from elsewhere is given on byte for byte: its identity names those bytes.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.html import escape

from alerts.acts.imported_texts import texts_of, untitled_in_all
from alerts.cap.lexical import parse_time
from alerts.cap.message import (
    Area,
    CapMessage,
    Category,
    Certainty,
    Info,
    MsgType,
    Reference,
    ResponseType,
    Scope,
    Severity,
    Status,
    Urgency,
    ValuePair,
)
from alerts.cap.reading import CapRefused, read
from alerts.cap.writing import CapUnsendable, write
from alerts.models import Alert, BulletinVariant
from channels.markup import to_text


def cap_document(alert: Alert) -> bytes | None:
    """The document; None where it can't be written by all the rules, or would say other words than were approved."""
    if alert.source_xml:
        source = bytes(alert.source_xml)
        return source if _says_the_same(source, alert) else None
    try:
        return write(_message(alert))
    except (CapUnsendable, ValueError):  # ValueError: a reference whose time is none
        return None


def _says_the_same(source: bytes, alert: Alert) -> bool:
    """Whether nobody has changed an imported message's words before it was approved."""
    try:
        message = read(source).message
    except CapRefused:
        return False
    texts, _cuts = texts_of(message, alert.bulletin.agency.default_language)
    nameless = str(message.msg_type)  # as the import calls an event that has no name
    came = {
        text.language: _words(text.event or nameless, text.title.strip(), text.body, text.instruction) for text in texts
    }
    variants = alert.bulletin.variants.all()
    approved = {one.language: _words(one.event, one.title, one.body, one.instruction) for one in variants}
    return came == approved


def _words(event: str, title: str, body: str, instruction: str) -> tuple[str, str, str, str]:
    """To be compared: our own words for a missing title were once in the importer's language, not in the text's."""
    for said in untitled_in_all():
        title = "" if title == said else title
        body = body.replace(f">{escape(said)}</", "></")
    return event, title, body, instruction


def _message(alert: Alert) -> CapMessage:
    variants = sorted(alert.bulletin.variants.all(), key=lambda variant: variant.pk)
    return CapMessage(
        identifier=alert.identifier,
        sender=alert.sender,
        sent=_whole_seconds(alert.sent),
        status=Status(alert.status),
        msg_type=MsgType(alert.msg_type),
        scope=Scope(alert.scope),
        references=tuple(Reference(sender, name, parse_time(sent)) for sender, name, sent in alert.references),
        infos=tuple(_info(alert, variant) for variant in variants),
    )


def _info(alert: Alert, variant: BulletinVariant) -> Info:
    with translation.override(variant.language):
        sender_name = alert.bulletin.agency.local_name
    return Info(
        language=variant.language,
        categories=tuple(map(Category, alert.category)),
        event=variant.event,
        response_types=tuple(map(ResponseType, alert.response_type)),
        urgency=Urgency(alert.urgency),
        severity=Severity(alert.severity),
        certainty=Certainty(alert.certainty),
        effective=alert.effective and _whole_seconds(alert.effective),
        onset=alert.onset and _whole_seconds(alert.onset),
        expires=alert.expires and _whole_seconds(alert.expires),
        sender_name=sender_name,
        headline=variant.title,
        description=to_text(variant.html),
        instruction=variant.instruction,
        web=settings.SITE_URL + alert.bulletin.get_absolute_url(),
        areas=tuple(map(_area, alert.areas)),
    )


def _area(area: Mapping[str, Any]) -> Area:
    return Area(
        area_desc=area["description"],
        polygons=tuple(tuple((lat, lon) for lat, lon in polygon) for polygon in area.get("polygons", ())),
        circles=tuple((lat, lon, radius) for lat, lon, radius in area.get("circles", ())),
        geocodes=_pairs(area.get("geocodes", ())),
        altitude=area.get("altitude"),
        ceiling=area.get("ceiling"),
        unreadable=tuple(area.get("unreadable", ())),
    )


def _pairs(codes: Iterable[Mapping[str, str]]) -> tuple[ValuePair, ...]:
    return tuple(ValuePair(code["name"], code["value"]) for code in codes)


def _whole_seconds(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)
