"""What becomes of one message that comes in: taken whole, taken with warnings, refused with reasons."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from alerts.cap.message import CapMessage, Reference
from alerts.cap.reading import CapRefused, Reading, read
from tests.unit.cap.builders import FLOOD_XML, SENT, flood, flood_xml

ATOM = b'<feed xmlns="http://www.w3.org/2005/Atom"><entry/></feed>'


def test_every_element_is_read() -> None:
    assert read(flood_xml()) == Reading(message=flood(), warnings=())


def test_a_message_is_identified_by_sender_identifier_and_sent() -> None:
    assert read(flood_xml()).message.identity == Reference("warnings@rivers.example", "rivers-2026-0042", SENT)


def test_a_message_with_only_the_mandatory_elements_of_an_alert_is_read() -> None:
    message = _cut_info_out().message
    assert (message.identifier, message.infos, message.source) == (
        "rivers-2026-0042",
        (),
        "Gauge at the old bridge",
    )


@pytest.mark.parametrize("language", ["", "<language/>"])
def test_a_missing_language_means_american_english(language: str) -> None:
    reading = read(flood_xml("<language>en</language>", language))
    assert reading.message.infos[0].language == "en-US"


def test_an_empty_optional_text_is_as_good_as_absent() -> None:
    empty = read(flood_xml("<scope>Public</scope>", "<scope>Public</scope><restriction/><addresses/>"))
    assert empty == read(flood_xml())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1", "windows-1252", "shift_jis"])
def test_any_declared_encoding_is_read(encoding: str) -> None:
    headline = "大雨" if encoding == "shift_jis" else "Überflutung"
    text = FLOOD_XML.replace("The river will flood Milltown tonight", headline)
    declared = text.replace('encoding="UTF-8"', f'encoding="{encoding.removesuffix("-sig")}"')
    assert read(declared.encode(encoding)).message.infos[0].headline == headline


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-02-03T14:30:00-00:00", datetime(2026, 2, 3, 14, 30, tzinfo=UTC)),
        ("2026-02-03T14:30:00+14:00", datetime(2026, 2, 3, 14, 30, tzinfo=timezone(timedelta(hours=14)))),
        ("2026-02-03T24:00:00-05:30", datetime(2026, 2, 4, tzinfo=timezone(-timedelta(hours=5, minutes=30)))),
        ("\n  2026-02-03T14:30:00+01:00 ", SENT),
    ],
)
def test_every_time_that_the_schema_permits_is_read(written: str, meant: datetime) -> None:
    sent = read(flood_xml("<sent>2026-02-03T14:30:00+01:00", f"<sent>{written}")).message.sent
    assert (sent, sent.utcoffset()) == (meant, meant.utcoffset())


@pytest.mark.parametrize("written", ["9999-12-31T24:00:00+01:00", "0001-01-01T00:00:00+01:00"])
def test_a_time_that_no_clock_of_ours_holds_is_refused(written: str) -> None:
    reasons = _reasons(flood_xml("<sent>2026-02-03T14:30:00+01:00", f"<sent>{written}"))
    assert reasons == [
        (f"line 5, element sent: “{written}” cannot be held (outside the years 1 to 9999): correct it at the source")
    ]


def test_an_expired_message_is_neither_refused_nor_warned_about() -> None:
    old = FLOOD_XML.replace("2026-", "2003-").encode()
    assert read(old).warnings == ()


def test_a_signed_message_is_read_whatever_the_signature_holds() -> None:
    signature = (
        '<s:Signature xmlns:s="http://www.w3.org/2000/09/xmldsig#"><s:Object>{}</s:Object></s:Signature></alert>'
    )
    inside = '<size xmlns="urn:oasis:names:tc:emergency:cap:1.2">not a number</size>'
    assert read(flood_xml("</alert>", signature.format(inside))) == read(flood_xml())


def test_a_comment_cannot_hide_half_of_a_text() -> None:
    message = read(flood_xml("Leave by 17:00.", "Leave<!-- --> by<?x y?> 17:00.<![CDATA[]]>")).message
    assert message == flood()


def test_an_unreadable_polygon_is_kept_and_warned_about_never_dropped() -> None:
    reading = read(flood_xml("50.0,14.0 50.0,14.2 50.1,14.2", "50.0,14.0, 50.0 14.2"))
    area = reading.message.infos[0].areas[0]
    assert area.polygons == ()
    assert area.unreadable == ("polygon: 50.0,14.0, 50.0 14.2 50.1,14.0 50.0,14.0",)
    assert [warning.code for warning in reading.warnings] == ["area-unreadable"]


def test_references_in_a_foreign_form_are_read_when_possible_and_kept_when_not() -> None:
    reading = read(flood_xml("rivers-2026-0041,2026-02-03T09:00:00+01:00", "a,2026-02-03T08:00:00Z b,c x,y,z"))
    message = reading.message
    assert message.references == (Reference("warnings@rivers.example", "a", datetime(2026, 2, 3, 8, tzinfo=UTC)),)
    assert message.unreadable_references == ("b,c", "x,y,z")
    assert [warning.code for warning in reading.warnings] == ["reference-time", *["reference-unreadable"] * 2]


def test_a_size_beyond_any_file_is_left_out_with_a_warning() -> None:
    reading = read(flood_xml("2048", "9" * 5000))
    assert reading.message.infos[0].resources[0].size is None
    assert [warning.code for warning in reading.warnings] == ["resource-size"]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (
            "<scope>Public</scope>",
            "",
            (
                "line 10, element code: This element is not expected. Expected is ( scope )."
                " Send every mandatory element, in the order of CAP 1.2 section 3.2."
            ),
        ),
        (
            ">Actual<",
            ">actual<",
            (
                "line 6, element status: The value 'actual' is not an element of the set"
                " {'Actual', 'Exercise', 'System', 'Test', 'Draft'}."
                " Use one of these values, spelled exactly so."
            ),
        ),
        (
            "14:30:00+01:00",
            "14:30:00Z",
            (
                "line 5, element sent: This is no CAP time. Write it as 2026-01-31T18:30:00+01:00,"
                " in whole seconds and with a numeric offset, never Z."
            ),
        ),
        (
            "<event>",
            "<event lang='en'>",
            "line 18, element event: The attribute 'lang' is not allowed. Remove the attribute.",
        ),
        (
            "<event>Flood",
            "<event><b>Flood</b>",
            (
                "line 18, element event: Element content is not allowed,"
                " because the type definition is simple."
                " Put only text in it; write < as &lt;."
            ),
        ),
        (
            ">en<",
            ">e n<",
            (
                "line 15, element language: 'e n' is not a valid value of the atomic type 'xs:language'."
                " Correct it by CAP 1.2 section 3.2."
            ),
        ),
    ],
)
def test_a_breach_of_the_schema_names_line_element_and_way_out(old: str, new: str, reason: str) -> None:
    assert _reasons(flood_xml(old, new)) == [reason]


def test_a_reason_quotes_a_long_value_only_in_part() -> None:
    (reason,) = _reasons(flood_xml(">Actual<", f">{'A' * 100_000}<"))
    assert reason.startswith(f"line 6, element status: The value '{'A' * 60}…'")
    assert len(reason) < 200


def test_a_message_full_of_faults_gets_a_bounded_list_of_reasons() -> None:
    reasons = _reasons(flood_xml("<category>Met</category>", "<category>X</category>" * 1000))
    assert len(reasons) == 21
    assert reasons[-1] == "and 980 more"


@pytest.mark.parametrize(
    ("namespace", "version"),
    [
        ("urn:oasis:names:tc:emergency:cap:1.1", "1.1"),
        ("http://www.incident.com/cap/1.0", "1.0"),
        ("urn:oasis:names:tc:emergency:cap:1.3", "1.3"),
    ],
)
def test_another_version_is_refused_as_such(namespace: str, version: str) -> None:
    (reason,) = _reasons(flood_xml("urn:oasis:names:tc:emergency:cap:1.2", namespace))
    assert f"this is CAP {version}; only CAP 1.2 is taken" in reason


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "line 1: this is no well-formed XML (Document is empty"),
        (b"Dear colleagues", "line 1: this is no well-formed XML (Start tag expected"),
        (flood_xml("</event>"), "line 52: this is no well-formed XML (Opening and ending tag mismatch"),
        (flood_xml("Met", "&nbsp;"), "line 16: this is no well-formed XML (Entity 'nbsp' not defined"),
        (flood_xml("UTF-8", "no-such"), "line 1: this is no well-formed XML (Unsupported encoding"),
        (ATOM, "line 1, element feed: this is a feed; give one alert"),
        (
            b"<alert/>",
            "line 1, element alert: this is without a namespace; a CAP 1.2 message is an alert element",
        ),
        (
            b'<value xmlns="urn:oasis:names:tc:emergency:cap:1.2"/>',
            "line 1, element value: this is in the namespace",
        ),
    ],
)
def test_what_is_no_cap_message_at_all_is_refused_with_what_it_is(data: bytes, reason: str) -> None:
    (given,) = _reasons(data)
    assert given.startswith(reason)


def test_the_size_cap_is_the_callers_to_choose() -> None:
    data = flood_xml()
    assert read(data, max_bytes=len(data)).message == flood()
    with pytest.raises(CapRefused, match=f"at most {len(data) - 1:,} are taken: link large resources by uri"):
        read(data, max_bytes=len(data) - 1)


def test_a_message_with_half_a_megabyte_of_embedded_sound_is_read() -> None:
    message = read(flood_xml("aGVsbG8=", "QUJD" * 130_000)).message
    assert len(message.infos[0].resources[0].deref_uri) == 520_000


def _cut_info_out() -> Reading:
    start, end = FLOOD_XML.index("  <info>"), FLOOD_XML.index("</alert>")
    reading = read((FLOOD_XML[:start] + FLOOD_XML[end:]).encode())
    assert isinstance(reading.message, CapMessage)
    return reading


def _reasons(data: bytes) -> list[str]:
    with pytest.raises(CapRefused) as refused:
        read(data)
    return refused.value.reasons
