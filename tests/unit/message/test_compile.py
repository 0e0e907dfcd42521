"""What a compiled message is made of, as a mail program and as an SMTP server see it."""

import pytest

from channels.message import BadHeader, BadHole, Hole, Marks, compile_message
from channels.message.quoted_printable import BadBody
from tests.unit.message.builders import VALUES, body, compile_bulletin, compile_plain, parse, values_for


def test_a_bulletin_has_a_text_and_an_html_alternative_in_utf_8() -> None:
    message = parse(compile_plain("Été\n", "<p>Été</p>").fill(values_for(compile_plain("", ""))))
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert {part.get_content_charset() for part in message.iter_parts()} == {"utf-8"}
    assert body(message, "plain") == "Été\n"
    assert body(message, "html") == "<p>Été</p>"
    assert not message.defects


def test_the_recipients_values_stand_where_their_marks_stood() -> None:
    message = parse(compile_bulletin(Marks()).fill(VALUES))
    assert message["To"] == "Jo.Doe@example.org"
    assert message["Message-ID"] == "<0102abcdef@health.gov.example>"
    assert message["List-Unsubscribe"] == "<https://notify.example/u/T0ken_of-the-recipient>"
    assert body(message, "plain") == "Hello\nhttps://notify.example/u/T0ken_of-the-recipient\nBye"
    assert 'href="https://notify.example/u/T0ken_of-the-recipient"' in body(message, "html")


def test_a_dot_or_from_at_the_beginning_of_a_line_is_never_sent_bare() -> None:
    text = ".\n..\n.dot\nFrom here\n" + "." * 300
    octets = compile_plain(text, text).fill(values_for(compile_plain("", "")))
    assert not [line for line in octets.split(b"\r\n") if line.startswith((b".", b"From "))]
    assert body(parse(octets), "plain") == text


def test_the_message_ends_with_a_line_end() -> None:
    assert compile_plain("a", "b").fill(values_for(compile_plain("", ""))).endswith(b"--\r\n")


def test_text_that_looks_like_the_boundary_ends_no_part() -> None:
    boundary = parse(compile_plain("a", "b").fill(values_for(compile_plain("", "")))).get_boundary()
    message = compile_plain(f"a\n--{boundary}--\n", "b")
    assert f"--{boundary}--" in body(parse(message.fill(values_for(message))), "plain")


@pytest.mark.parametrize("length", [1, 75, 76, 151, 512])
def test_a_token_of_any_length_is_whole_in_the_header_and_broken_softly_in_the_bodies(length: int) -> None:
    token = b"a" * length
    octets = compile_bulletin(Marks()).fill(VALUES | {Hole.TOKEN: token})
    message = parse(octets)
    assert f"<https://notify.example/u/{'a' * length}>".encode() in octets
    assert body(message, "plain") == f"Hello\nhttps://notify.example/u/{'a' * length}\nBye"
    assert max(len(line) for line in octets.partition(b"\r\n\r\n")[2].split(b"\r\n")) <= 76


def test_a_hole_can_stand_anywhere_in_a_body() -> None:
    marks = Marks()
    token = marks.mark(Hole.TOKEN)
    text = f"{token}{token} {token}\n{token}"
    message = compile_plain(text, token, marks)
    parsed = parse(message.fill(values_for(message)))
    value = "T0ken_of-the-recipient"
    assert body(parsed, "plain") == f"{value}{value} {value}\n{value}"
    assert body(parsed, "html") == value


@pytest.mark.parametrize("hole", [Hole.ADDRESS, Hole.MESSAGE_ID, Hole.ITEMS_HTML])
def test_a_hole_whose_value_would_need_other_encoding_is_refused_in_the_text(hole: Hole) -> None:
    marks = Marks()
    with pytest.raises(BadHole, match=f"{hole} stands in the text"):
        compile_plain(f"Dear {marks.mark(hole)}", "", marks)


def test_items_of_a_digest_are_refused_in_a_header() -> None:
    marks = Marks()
    with pytest.raises(BadHole, match="items-text stands in a header"):
        compile_bulletin(marks, subject=f"News {marks.mark(Hole.ITEMS_TEXT)}")


def test_a_mark_that_was_changed_on_the_way_is_noticed() -> None:
    marks = Marks()
    with pytest.raises(BadHole, match="was changed"):
        compile_plain(marks.mark(Hole.TOKEN).upper(), "", marks)
    with pytest.raises(BadHole, match="was changed"):
        compile_plain(marks.mark(Hole.TOKEN)[:-2], "", marks)


def test_nobody_can_forge_a_hole_by_writing_a_mark_into_a_body() -> None:
    seen_elsewhere = Marks().mark(Hole.TOKEN)
    message = compile_plain(f"Look: {seen_elsewhere}", "<p>holetoken</p>")
    assert Hole.TOKEN not in message.holes
    assert body(parse(message.fill(values_for(message))), "plain") == f"Look: {seen_elsewhere}"


def test_marks_are_drawn_anew_for_each_compilation() -> None:
    drawn = {Marks().mark(Hole.TOKEN) for _ in range(50)}
    assert len(drawn) == 50
    assert all(len(mark) >= 28 and mark.isascii() and mark.isalpha() and mark.islower() for mark in drawn)


def test_no_mark_is_the_beginning_of_another() -> None:
    marks = Marks()
    words = [marks.mark(hole) for hole in Hole]
    assert not [(a, b) for a in words for b in words if a != b and b.startswith(a)]


@pytest.mark.parametrize("name", ["From", "To", "Date", "Message-ID"])
def test_a_message_without_a_field_that_it_needs_is_refused(name: str) -> None:
    headers = [(n, "<a@b.example>") for n in ("From", "To", "Date", "Message-ID") if n != name]
    with pytest.raises(BadHeader, match="is missing"):
        compile_message(headers=headers, text="", html="", marks=Marks())


def test_a_field_that_stands_twice_is_refused() -> None:
    headers = [(n, "<a@b.example>") for n in ("From", "To", "Date", "Message-ID", "to")]
    with pytest.raises(BadHeader, match="stands twice"):
        compile_message(headers=headers, text="", html="", marks=Marks())


def test_mime_fields_are_the_compilers_to_write() -> None:
    headers = [(n, "<a@b.example>") for n in ("From", "To", "Date", "Message-ID", "Content-Type")]
    with pytest.raises(BadHeader, match="leave it out"):
        compile_message(headers=headers, text="", html="", marks=Marks())


def test_a_header_with_a_hole_that_might_grow_too_long_is_refused() -> None:
    with pytest.raises(BadHeader, match="too long to be filled"):
        compile_bulletin(Marks(), unsubscribe_url="https://notify.example/" + "u" * 500)


def test_only_ascii_stands_beside_a_hole_in_a_header() -> None:
    marks = Marks()
    headers = [(n, "<a@b.example>") for n in ("From", "Date", "Message-ID")]
    with pytest.raises(BadHeader, match="not ASCII"):
        compile_message(headers=[*headers, ("To", f"É {marks.mark(Hole.ADDRESS)}")], text="", html="", marks=marks)


def test_text_that_is_no_unicode_is_refused_with_its_place() -> None:
    with pytest.raises(BadBody, match="position 4"):
        compile_plain("bad \ud800", "")
