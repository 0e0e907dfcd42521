"""Filling: exactly the holes of the message, nothing kept from one recipient to the next."""

import pytest

from channels.message import Hole, HoleMismatch, Marks, encode_around, encode_fragment
from tests.unit.message.builders import VALUES, compile_bulletin, compile_plain, parse


def test_a_missing_value_is_named() -> None:
    message = compile_bulletin(Marks())
    with pytest.raises(HoleMismatch, match="holes without a value: token; values without a hole: none"):
        message.fill({hole: VALUES[hole] for hole in (Hole.ADDRESS, Hole.MESSAGE_ID)})


def test_a_value_without_a_hole_is_named() -> None:
    message = compile_plain("no link", "")
    with pytest.raises(HoleMismatch, match="without a value: none; values without a hole: token"):
        message.fill(VALUES)


def test_as_many_values_as_holes_but_another_is_named_too() -> None:
    message = compile_plain("no link", "")
    with pytest.raises(HoleMismatch, match="value: message-id; values without a hole: token"):
        message.fill({Hole.ADDRESS: b"<a@b.example>", Hole.TOKEN: b"x"})


def test_a_message_says_which_holes_it_has() -> None:
    assert compile_bulletin(Marks()).holes == {Hole.ADDRESS, Hole.MESSAGE_ID, Hole.TOKEN}


def test_two_recipients_get_their_own_values_also_after_a_long_token() -> None:
    message = compile_bulletin(Marks())
    first = message.fill(VALUES)
    longer = message.fill(VALUES | {Hole.TOKEN: b"z" * 100, Hole.ADDRESS: b"<other@example.org>"})
    assert message.fill(VALUES) == first
    assert parse(longer)["To"] == "other@example.org"
    assert b"T0ken" not in longer


def test_an_empty_digest_leaves_no_line_behind() -> None:
    marks = Marks()
    message = compile_plain(f"a\n{marks.mark(Hole.ITEMS_TEXT)}\nb", "", marks)
    values = {Hole.ADDRESS: b"<a@b.example>", Hole.MESSAGE_ID: b"1", Hole.ITEMS_TEXT: b""}
    assert b"\r\na\r\nb\r\n" in message.fill(values)


def test_a_fragment_is_whole_lines() -> None:
    assert encode_fragment("Été") == b"=C3=89t=C3=A9\r\n"
    assert encode_fragment("a\n") == b"a\r\n"
    assert encode_fragment("") == b""


def test_a_fragment_around_a_hole_is_whole_lines_with_the_value_on_one_of_its_own() -> None:
    parts = encode_around(["Stop: https://a.example/", Hole.TOKEN, "?topic=1"])
    assert b"v".join(parts) == b"Stop: https://a.example/=\r\nv=\r\n?topic=3D1\r\n"
    assert b"v".join(encode_around(["https://a.example/", Hole.TOKEN, ""])) == b"https://a.example/=\r\nv\r\n"
    assert encode_around(["a"]) == (b"a\r\n",)
