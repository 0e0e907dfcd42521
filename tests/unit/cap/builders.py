"""A small cast: one flood warning as XML and as a message, correct in every rule, to be spoilt in one."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

from alerts.cap.message import (
    Area,
    CapMessage,
    Category,
    Certainty,
    Info,
    MsgType,
    Reference,
    Resource,
    ResponseType,
    Scope,
    Severity,
    Status,
    Urgency,
    ValuePair,
)

CET = timezone(timedelta(hours=1))
SENT = datetime(2026, 2, 3, 14, 30, tzinfo=CET)

FLOOD_XML = """<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
  <identifier>rivers-2026-0042</identifier>
  <sender>warnings@rivers.example</sender>
  <sent>2026-02-03T14:30:00+01:00</sent>
  <status>Actual</status>
  <msgType>Update</msgType>
  <source>Gauge at the old bridge</source>
  <scope>Public</scope>
  <code>profile:example:1</code>
  <note>Second message of the day</note>
  <references>warnings@rivers.example,rivers-2026-0041,2026-02-03T09:00:00+01:00</references>
  <incidents>spring-flood</incidents>
  <info>
    <language>en</language>
    <category>Met</category>
    <category>Safety</category>
    <event>Flood</event>
    <responseType>Evacuate</responseType>
    <urgency>Immediate</urgency>
    <severity>Severe</severity>
    <certainty>Likely</certainty>
    <audience>Everybody by the river</audience>
    <eventCode><valueName>hazard</valueName><value>flood</value></eventCode>
    <effective>2026-02-03T14:30:00+01:00</effective>
    <onset>2026-02-03T18:00:00+01:00</onset>
    <expires>2026-02-04T06:00:00+01:00</expires>
    <senderName>Rivers Agency</senderName>
    <headline>The river will flood Milltown tonight</headline>
    <description>Water will stand 80 cm deep &lt; 1 m in Mill Lane &amp; Quay.
Two gauges say so.</description>
    <instruction>Leave by 17:00. Take medicine with you.</instruction>
    <web>https://rivers.example/alerts/42</web>
    <contact>Town hall, +00 555 0100</contact>
    <parameter><valueName>gauge</valueName><value>5.10 m</value></parameter>
    <resource>
      <resourceDesc>Map</resourceDesc>
      <mimeType>image/png</mimeType>
      <size>2048</size>
      <uri>https://rivers.example/alerts/42.png</uri>
      <derefUri>aGVsbG8=</derefUri>
      <digest>aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d</digest>
    </resource>
    <area>
      <areaDesc>Milltown</areaDesc>
      <polygon>50.0,14.0 50.0,14.2 50.1,14.2 50.1,14.0 50.0,14.0</polygon>
      <circle>50.05,14.1 2.5</circle>
      <geocode><valueName>place</valueName><value>MT</value></geocode>
      <altitude>100</altitude>
      <ceiling>160.5</ceiling>
    </area>
  </info>
</alert>
"""


def flood_xml(old: str = "", new: str = "") -> bytes:
    """The flood warning with its first `old` replaced by `new`."""
    assert old in FLOOD_XML, old
    return FLOOD_XML.replace(old, new, 1).encode()


def flood(**changes: Any) -> CapMessage:
    """The same warning as a message, with some fields changed."""
    message = CapMessage(
        identifier="rivers-2026-0042",
        sender="warnings@rivers.example",
        sent=SENT,
        status=Status.ACTUAL,
        msg_type=MsgType.UPDATE,
        source="Gauge at the old bridge",
        scope=Scope.PUBLIC,
        codes=("profile:example:1",),
        note="Second message of the day",
        references=(Reference("warnings@rivers.example", "rivers-2026-0041", datetime(2026, 2, 3, 9, tzinfo=CET)),),
        incidents="spring-flood",
        infos=(flood_info(),),
    )
    return replace(message, **changes)


def flood_info(**changes: Any) -> Info:
    info = Info(
        language="en",
        categories=(Category.MET, Category.SAFETY),
        event="Flood",
        response_types=(ResponseType.EVACUATE,),
        urgency=Urgency.IMMEDIATE,
        severity=Severity.SEVERE,
        certainty=Certainty.LIKELY,
        audience="Everybody by the river",
        event_codes=(ValuePair("hazard", "flood"),),
        effective=SENT,
        onset=datetime(2026, 2, 3, 18, tzinfo=CET),
        expires=datetime(2026, 2, 4, 6, tzinfo=CET),
        sender_name="Rivers Agency",
        headline="The river will flood Milltown tonight",
        description="Water will stand 80 cm deep < 1 m in Mill Lane & Quay.\nTwo gauges say so.",
        instruction="Leave by 17:00. Take medicine with you.",
        web="https://rivers.example/alerts/42",
        contact="Town hall, +00 555 0100",
        parameters=(ValuePair("gauge", "5.10 m"),),
        resources=(
            Resource(
                resource_desc="Map",
                mime_type="image/png",
                size=2048,
                uri="https://rivers.example/alerts/42.png",
                deref_uri="aGVsbG8=",
                digest="aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d",
            ),
        ),
        areas=(milltown(),),
    )
    return replace(info, **changes)


def milltown(**changes: Any) -> Area:
    area = Area(
        area_desc="Milltown",
        polygons=(((50.0, 14.0), (50.0, 14.2), (50.1, 14.2), (50.1, 14.0), (50.0, 14.0)),),
        circles=((50.05, 14.1, 2.5),),
        geocodes=(ValuePair("place", "MT"),),
        altitude=100.0,
        ceiling=160.5,
    )
    return replace(area, **changes)


def flood_in(**changes: Any) -> CapMessage:
    """The warning with fields of its area changed."""
    return flood(infos=(flood_info(areas=(milltown(**changes),)),))


def flood_with(**changes: Any) -> CapMessage:
    """The warning with fields of its info changed."""
    return flood(infos=(flood_info(**changes),))
