"""What we send: strict, and exactly what was meant."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings

from alerts.cap.message import CapMessage, MsgType
from alerts.cap.reading import read
from alerts.cap.writing import CapUnsendable, write
from tests.unit.cap.builders import SENT, flood, flood_in, flood_info, flood_with, milltown
from tests.unit.cap.strategies import messages


@settings(max_examples=200)
@given(messages())
def test_what_is_written_reads_back_the_same_and_without_a_warning(message: CapMessage) -> None:
    reading = read(write(message), max_bytes=10**9)
    assert reading.message == message
    assert reading.warnings == ()


def test_the_whole_message_is_written() -> None:
    assert read(write(flood())).message == flood()


def test_it_is_utf_8_and_says_so() -> None:
    written = write(flood_with(headline="Überflutung"))
    assert written.startswith(b"<?xml version='1.0' encoding='UTF-8'?>\n<alert ")
    assert "Überflutung".encode() in written


@pytest.mark.parametrize("text", ["a\rb", "a\r\nb", " a ", "\ta", "a\u2028b\x85", "]]>", "𝄞", "<&>\"'"])
def test_awkward_texts_arrive_as_they_left(text: str) -> None:
    assert read(write(flood_with(description=text))).message.infos[0].description == text


@pytest.mark.parametrize(
    ("time", "written"),
    [
        (datetime(2026, 2, 3, 14, 30, tzinfo=UTC), b"<sent>2026-02-03T14:30:00-00:00</sent>"),
        (SENT, b"<sent>2026-02-03T14:30:00+01:00</sent>"),
        (SENT.replace(year=926), b"<sent>0926-02-03T14:30:00+01:00</sent>"),
    ],
)
def test_times_have_a_numeric_offset_and_never_z(time: datetime, written: bytes) -> None:
    assert written in write(flood(sent=time, msg_type=MsgType.ALERT, references=()))


def test_coordinates_have_no_exponent() -> None:
    small = ((0.0, 1e-7), (0.0, 1.0), (1.0, 1.0), (0.0, 1e-7))
    assert b"<polygon>0.0,0.0000001 0.0,1.0 1.0,1.0 0.0,0.0000001</polygon>" in write(flood_in(polygons=(small,)))


def test_every_broken_rule_is_named_at_once() -> None:
    message = flood(identifier="a b", references=(), infos=(flood_info(expires=None, areas=()),))
    with pytest.raises(CapUnsendable) as unsendable:
        write(message)
    assert unsendable.value.reasons == [
        "identifier “a b” holds a space, comma, < or &: use others",
        "msgType Update needs references: name every message that it is about",
        "info 1 (“en”) has no expires: say until when it holds",
        "info 1 (“en”) has no area: say where it holds",
    ]


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (flood_with(categories=()), "element event: This element is not expected. Expected is ( category )."),
        (
            flood_with(web="http://[bad"),
            "element web: 'http://[bad' is not a valid value of the atomic type 'xs:anyURI'.",
        ),
        (flood_in(unreadable=("circle: x",)), "info 1, area 1 “Milltown”: “circle: x” cannot be read"),
        (flood(sent=datetime(2026, 2, 3)), "sent 2026-02-03 00:00:00 has no offset from UTC"),
        (
            flood_in(area_desc="a\x00"),
            "infos 1 areas 1 area_desc: U+0000 (character 2) is not XML: remove it",
        ),
    ],
)
def test_what_breaks_a_rule_is_not_written(message: CapMessage, reason: str) -> None:
    with pytest.raises(CapUnsendable) as unsendable:
        write(message)
    assert unsendable.value.reasons[0].startswith(reason)
    assert len(unsendable.value.reasons) == 1


def test_an_expired_message_is_written_for_expiry_is_the_callers_to_judge() -> None:
    years = timedelta(days=9_000)
    message = flood(
        sent=SENT - years,
        msg_type=MsgType.ALERT,
        references=(),
        infos=(flood_info(effective=None, onset=None, expires=SENT - years + timedelta(hours=1), areas=(milltown(),)),),
    )
    assert read(write(message)).message == message
