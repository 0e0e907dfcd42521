"""Header fields: nothing that an editor or a citizen writes can begin another field, or be read as something else."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.message import BadHeader, Marks, mailbox, standard_headers
from channels.message.headers import encode_header, phrase
from tests.unit.message.builders import BULLETIN, VALUES, compile_bulletin, parse

CONTROLS = [*map(chr, range(32)), *map(chr, range(127, 160)), "\u2028", "\u2029", "\ud800"]


@pytest.mark.parametrize("control", CONTROLS, ids=lambda c: f"U+{ord(c):04X}")
def test_a_control_character_in_a_title_is_refused_with_the_fields_name(control: str) -> None:
    with pytest.raises(BadHeader, match="header 'Subject'") as refused:
        encode_header("Subject", f"Title{control}Bcc: everybody@example.org")
    assert refused.value.name == "Subject"


@pytest.mark.parametrize(
    "field",
    [
        field.name
        for field in dataclasses.fields(BULLETIN)
        if isinstance(getattr(BULLETIN, field.name), str) and field.name != "lane"
    ],
)
@pytest.mark.parametrize("injection", ["\r\nBcc: everybody@example.org", "\nX: y", "\rX: y", "\x00", "\u2028X: y"])
def test_no_field_of_a_bulletin_can_begin_another_header(field: str, injection: str) -> None:
    value = (getattr(BULLETIN, field) or "a@b.example") + injection
    with pytest.raises(BadHeader):
        compile_bulletin(Marks(), **{field: value})


@pytest.mark.parametrize("value", ["", " ", "   "])
def test_an_empty_field_is_refused(value: str) -> None:
    with pytest.raises(BadHeader, match="is empty"):
        encode_header("Subject", value)


@pytest.mark.parametrize("name", ["", "Sub ject", "Subject:", "Sübject", "Subject\r\n"])
def test_a_name_that_is_no_field_name_is_refused(name: str) -> None:
    with pytest.raises(BadHeader, match="not a field name"):
        encode_header(name, "x")


def test_a_title_that_looks_encoded_is_read_as_it_was_written() -> None:
    title = "=?utf-8?q?=0D=0ABcc:_everybody?= and more"
    assert parse(compile_bulletin(Marks(), subject=title).fill(VALUES))["Subject"] == title


def test_a_long_ascii_title_stays_readable_in_the_source() -> None:
    title = "The quick brown fox jumps over the lazy dog, and over the fence, and over the hill behind it"
    header = encode_header("Subject", title)
    assert header.replace("\r\n", "") == f"Subject: {title}"
    assert len(header.split("\r\n")) == 2


@pytest.mark.parametrize(
    "title", ["أنفلونزا الطيور: ما يجب معرفته " * 5, "大雨警報 " * 30, "👩‍👩‍👧 family day", "Šiauliai ąčęėįšųū"]
)
def test_titles_in_any_script_are_read_as_they_were_written(title: str) -> None:
    assert parse(compile_bulletin(Marks(), subject=title).fill(VALUES))["Subject"] == title


def test_a_structured_field_is_never_guessed_at() -> None:
    with pytest.raises(BadHeader, match=r"mailbox\(\)"):
        encode_header("From", "Ministère <a@b.example>")


def test_a_name_can_add_no_address() -> None:
    for name in ('Eve" <eve@example.com>, "', "Eve <eve@example.com>,", "a\\", 'a\\"', "(comment", "a@b.example,"):
        [address] = parse(compile_bulletin(Marks(), from_name=name).fill(VALUES))["From"].addresses
        assert (address.display_name, address.addr_spec) == (name, "news@health.gov.example")


@given(st.text())
def test_an_address_in_a_header_is_one_address_or_refused(text: str) -> None:
    try:
        value = mailbox("Name", text)
    except BadHeader:
        return
    assert value == f'"Name" <{text}>'
    assert text.isascii()
    assert not set(text) & set('<>,;:"()[]\\ \r\n')


def test_a_phrase_with_a_line_break_is_refused_before_it_is_hidden_by_encoding() -> None:
    with pytest.raises(BadHeader, match="List-Id"):
        phrase("Été\r\nX: y", header="List-Id")


def test_a_word_that_fits_no_line_is_refused() -> None:
    with pytest.raises(BadHeader, match="too long"):
        encode_header("List-Archive", "<https://notify.example/" + "a" * 1000 + ">")


def test_every_header_of_a_bulletin_is_ascii() -> None:
    headers = standard_headers(BULLETIN, Marks())
    assert all(encode_header(name, value).isascii() for name, value in headers)
