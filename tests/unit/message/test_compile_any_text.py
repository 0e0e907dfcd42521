"""Whatever editors write: what goes over the wire keeps to its limits, and comes back as it was written."""

import email
import email.policy
import itertools
import re
from email.header import decode_header, make_header

from hypothesis import given
from hypothesis import strategies as st

from channels.message import Hole, Marks, encode_fragment
from tests.unit.message.builders import (
    VALUES,
    body,
    compile_bulletin,
    compile_plain,
    newlines,
    parse,
    texts,
    values_for,
)

subjects = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=300).filter(str.strip)
tokens = st.text("abcXYZ019_-", min_size=1, max_size=400).map(str.encode)


@given(text=texts, html=texts)
def test_any_text_comes_back_as_it_was_written(text: str, html: str) -> None:
    message = compile_plain(text, html)
    parsed = parse(message.fill(values_for(message)))
    assert body(parsed, "plain") == newlines(text)
    assert body(parsed, "html") == newlines(html)


@given(before=texts, between=texts, after=texts, token=tokens)
def test_any_text_around_holes_comes_back_with_the_values_in_it(
    before: str, between: str, after: str, token: bytes
) -> None:
    marks = Marks()
    mark = marks.mark(Hole.TOKEN)
    message = compile_plain(f"{before}{mark}{between}{mark}{after}", mark, marks)
    parsed = parse(message.fill(values_for(message, TOKEN=token)))
    expected = newlines(before) + token.decode() + newlines(between) + token.decode() + newlines(after)
    assert body(parsed, "plain") == expected


@given(text=texts, html=texts, token=tokens, subject=subjects)
def test_any_message_keeps_to_the_limits_of_smtp(text: str, html: str, token: bytes, subject: str) -> None:
    marks = Marks()
    mark = marks.mark(Hole.TOKEN)
    message = compile_bulletin(marks, text=text + mark + text, html=html + mark + html, subject=subject)
    octets = message.fill(VALUES | {Hole.TOKEN: token})
    assert octets.isascii()
    assert octets.endswith(b"\r\n")
    assert b"\r" not in octets.replace(b"\r\n", b"")
    assert b"\n" not in octets.replace(b"\r\n", b"")
    assert not any(line.startswith((b".", b"From ")) for line in octets.split(b"\r\n"))
    header, _, bodies = octets.partition(b"\r\n\r\n")
    assert max(map(len, header.split(b"\r\n"))) <= 998
    assert max(map(len, bodies.split(b"\r\n"))) <= 76


@given(subject=subjects)
def test_any_subject_is_read_as_it_was_written_in_lines_of_76(subject: str) -> None:
    octets = compile_bulletin(Marks(), subject=subject).fill(VALUES)
    assert parse(octets)["Subject"] == subject
    lines = octets.partition(b"\r\n\r\n")[0].split(b"\r\n")
    at = next(index for index, line in enumerate(lines) if line.startswith(b"Subject: "))
    folded = [lines[at], *itertools.takewhile(lambda line: line.startswith(b" "), lines[at + 1 :])]
    assert max(map(len, folded)) <= 76
    assert all(line.strip() for line in folded)


@given(name=subjects)
def test_any_name_is_read_as_it_was_written_in_from_and_list_id(name: str) -> None:
    octets = compile_bulletin(Marks(), from_name=name, list_name=name).fill(VALUES)
    [address] = parse(octets)["From"].addresses
    assert address.addr_spec == "news@health.gov.example"
    # Not the parser of policy.default: it keeps white space between encoded words (RFC 2047 section 6.2 drops it).
    for header, value in (("From", "<news@health.gov.example>"), ("List-Id", "<flu.health.gov.example>")):
        raw = email.message_from_bytes(octets, policy=email.policy.compat32)[header]
        shown, end, rest = str(make_header(decode_header(raw))).rpartition(f" {value}")
        assert (end, rest) == (f" {value}", "")
        assert (unquoted(shown) if raw.startswith('"') else shown).split() == name.split()


@given(items=st.lists(texts.filter(bool), max_size=5), before=texts, after=texts)
def test_fragments_joined_in_a_block_hole_are_read_as_whole_lines(items: list[str], before: str, after: str) -> None:
    marks = Marks()
    mark = marks.mark(Hole.ITEMS_TEXT)
    message = compile_plain(f"{before}\n{mark}\n{after}", "", marks)
    filled = message.fill(values_for(message, ITEMS_TEXT=b"".join(map(encode_fragment, items))))
    lines = [newlines(item) if newlines(item).endswith("\n") else newlines(item) + "\n" for item in items]
    assert body(parse(filled), "plain") == newlines(before + "\n") + "".join(lines) + newlines(after)
    assert max(map(len, filled.partition(b"\r\n\r\n")[2].split(b"\r\n"))) <= 76


def unquoted(phrase: str) -> str:
    """The text of a quoted string (RFC 5322 section 3.2.4)."""
    return re.sub(r"\\(.)", r"\1", phrase[1:-1])
