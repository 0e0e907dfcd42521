"""A bulletin in a file: what is taken from it, and what a writer is told who made a mistake."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.files.front_matter import BulletinFile, BulletinRefused, parse_bulletin

FILE = """---
agency: rivers
topics: [floods, milltown]
language: en
title: Sandbags at the town hall
summary: For everybody by the river.
---

Bring a **car**.

---

And a *friend*.
"""
BULLETIN = BulletinFile(
    agency="rivers",
    topics=("floods", "milltown"),
    language="en",
    title="Sandbags at the town hall",
    summary="For everybody by the river.",
    body="Bring a **car**.\n\n---\n\nAnd a *friend*.",
)


def test_a_bulletin_is_read() -> None:
    assert parse_bulletin(FILE.encode()) == BULLETIN


@pytest.mark.parametrize(
    "data",
    [
        FILE.replace("\n", "\r\n").encode(),
        FILE.replace("\n", "\r").encode(),
        FILE.encode("utf-8-sig"),
        FILE.replace("---\n", "--- \t\n").replace("car**.\n\n--- \t", "car**.\n\n---").encode(),
        FILE.replace("topics: [floods, milltown]", "topics:\n  - floods\n  - 'milltown'").encode(),
        FILE.replace("title: S", "# a remark\ntitle:    S").encode(),
        FILE.replace("title: Sandbags at the town hall", "title: >-\n  Sandbags at\n  the town hall").encode(),
    ],
)
def test_line_ends_marks_and_styles_make_no_difference(data: bytes) -> None:
    assert parse_bulletin(data) == BULLETIN


@pytest.mark.parametrize(
    ("old", "new", "field", "value"),
    [
        ("summary: For everybody by the river.\n", "", "summary", ""),
        ("language: en", "language: no", "language", "no"),
        ("title: Sandbags at the town hall", "title: 2026", "title", "2026"),
        ("title: Sandbags at the town hall", 'title: "Yes: now"', "title", "Yes: now"),
        ("title: Sandbags at the town hall", "title: " + "ä" * 200, "title", "ä" * 200),
        (
            "title: Sandbags at the town hall",
            "title: क\u094d\u200dष\u00a0!",
            "title",
            "क\u094d\u200dष\u00a0!",
        ),
        ("[floods, milltown]", "[2026]", "topics", ("2026",)),
        ("language: en", "language: en\nurgent: true", "urgent", True),
        ("language: en", "language: en\nurgent: false", "urgent", False),
        ("language: en", "language: en", "urgent", False),
        ("Bring a **car**.", "<script>&amp;\tü", "body", "<script>&amp;\tü\n\n---\n\nAnd a *friend*."),
    ],
)
def test_values_are_what_was_typed(old: str, new: str, field: str, value: object) -> None:
    assert getattr(parse_bulletin(_file(old, new)), field) == value


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("agency: rivers\n", "", "line 1, key agency: missing: add it to the front matter"),
        ("topics: [floods, milltown]\n", "", "line 1, key topics: missing: add it to the front matter"),
        ("language: en\n", "", "line 1, key language: missing: add it to the front matter"),
        ("title: Sandbags at the town hall\n", "", "line 1, key title: missing: add it to the front matter"),
        ("summary:", "sumary:", "line 6, key sumary: not known: did you mean summary?"),
        (
            "summary:",
            "zone:",
            "line 6, key zone: not known: the keys are agency, topics, language, title, summary",
        ),
        ("summary:", "sum\amary:", "the front matter holds the unprintable character U+0007: remove it"),
        ("summary: For everybody by the river.", "urgent: yes", "line 6, key urgent: “yes” is neither true nor false"),
        ("summary:", "title:", "line 6, key title: stands there twice: keep one"),
        (
            "agency: rivers",
            "agency: Rivers Agency",
            "line 2, key agency: “Rivers Agency” is no slug: write 1 to 50 of the letters a-z, digits,",
        ),
        ("agency: rivers", "agency: [rivers]", "line 2, key agency: a list: write one value"),
        ("agency: rivers", "agency:", "line 2, key agency: “” is no slug"),
        ("[floods, milltown]", "floods", "line 3, key topics: not a list: write [first-topic, second-topic]"),
        ("[floods, milltown]", "[]", "line 3, key topics: empty: name at least one topic"),
        (
            "[floods, milltown]",
            "[floods, floods]",
            "line 3, key topics: a topic stands there twice: keep one",
        ),
        ("[floods, milltown]", "[floods, 'a b']", "line 3, key topics: “a b” is no slug"),
        ("[floods, milltown]", "[[floods]]", "line 3: nested too deep: a value is a text or a list of texts"),
        (
            "language: en",
            "language: en_GB",
            "line 4, key language: “en_GB” is no language tag: write one like en or fr-CA",
        ),
        ("Sandbags at the town hall", "''", "line 5, key title: empty: write a title"),
        ("Sandbags at the town hall", '"a\\nBcc: b@c.example"', "line 5, key title: holds a line break"),
        ("Sandbags at the town hall", '"a\\rb"', "line 5, key title: holds a line break"),
        ("Sandbags at the town hall", '"a\\u2028b"', "line 5, key title: holds a line break"),
        ("Sandbags at the town hall", "|\n  one\n  two", "line 5, key title: holds a line break"),
        (
            "Sandbags at the town hall",
            "a" * 201,
            "line 5, key title: 201 characters, at most 200: shorten it",
        ),
        (
            "For everybody by the river.",
            "a" * 501,
            "line 6, key summary: 501 characters, at most 500: shorten it",
        ),
        (
            "For everybody by the river.",
            '"\\0"',
            "line 6, key summary: holds a line break or another control",
        ),
        (
            "title: S",
            "title: a: b",
            "line 5: mapping values are not allowed here: write key: value, and quote",
        ),
        ("title: S", 'title: "', "line 7: found unexpected end of stream"),
        ("title: S", "\ttitle: S", "line 5: found character '\\t' that cannot start any token"),
        ("title: S", "title: &a S", "line 5: anchors (&) and aliases (*) are not taken"),
        ("title: S", "title: *a", "line 5: anchors (&) and aliases (*) are not taken"),
        ("title: S", "title: !!python/object:os.system S", "line 5: tags (!) are not taken"),
        ("title: S", "title: !x S", "line 5: tags (!) are not taken"),
        ("title: S", "? [title]\n: S", "line 5: a key is a plain word"),
        ("title: S", "title: " + "[" * 3000, "line 5: nested too deep"),
        ("title: S", "title: " + "a" * 20_000, "the front matter has 20,1"),
        ("And a *friend*.", "\x0b", "line 13: the body holds the control character U+000B: remove it"),
        ("And a *friend*.", "\x00", "line 13: the body holds the control character U+0000: remove it"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_the_way_out(old: str, new: str, reason: str) -> None:
    (given,) = _reasons(_file(old, new))
    assert given.startswith(reason)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"Bring a car.\n", "line 1: no front matter: begin the file with a line --- and its keys"),
        (b"\n---\na: b\n---\n", "line 1: no front matter"),
        (b"----\na: b\n---\n", "line 1: no front matter"),
        (
            b"---\nagency: rivers\n\nBring a car.\n",
            "line 1: the front matter is not closed: end it with a line ---",
        ),
        (b"---", "line 1: the front matter is not closed"),
        (b"---\n---\nBring a car.\n", "line 2: the front matter holds no keys: write key: value"),
        (b"---\n- a\n- b\n---\nBring a car.\n", "line 2: the front matter holds no keys: write key: value"),
        (FILE.encode("utf-16"), "line 1: not UTF-8: save the file in the encoding UTF-8"),
        (
            FILE.replace("car", "cär").encode("latin-1"),
            "line 9: not UTF-8: save the file in the encoding UTF-8",
        ),
        (FILE[: FILE.index("Bring")].encode(), "the body is empty: write it below the second ---"),
        ((FILE + "a" * 200_000).encode(), "the body has 200,0"),
    ],
)
def test_what_is_no_whole_bulletin_is_refused(data: bytes, reason: str) -> None:
    (given,) = _reasons(data)
    assert given.startswith(reason)


def test_every_mistake_is_named_at_once() -> None:
    assert _reasons(b"---\nagency: a b\ntittle: x\nlanguage: e\ntopics: [x]\n---\n") == [
        "line 3, key tittle: not known: did you mean title?",
        "line 1, key title: missing: add it to the front matter",
        "line 2, key agency: “a b” is no slug: write 1 to 50 of the letters a-z, digits, - and _",
        "line 4, key language: “e” is no language tag: write one like en or fr-CA",
        "the body is empty: write it below the second ---",
    ]


def test_a_bomb_of_aliases_is_refused_before_it_grows() -> None:
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    (reason,) = _reasons(("---\n" + "\n".join(lines) + "\n---\nbody").encode())
    assert reason.startswith("line 2: anchors (&) and aliases (*) are not taken")


def test_a_thousand_mistakes_are_a_bounded_list() -> None:
    reasons = _reasons(("---\n" + "".join(f"k{n}: x\n" for n in range(1000)) + "---\nbody").encode())
    assert len(reasons) == 21
    assert reasons[-1] == "and 984 more"


@given(st.text(st.sampled_from("-:[]{}&*!|>'\"#%@`?, \n\ta1\x00\ufeffé")), st.binary(max_size=20))
def test_whatever_stands_in_a_front_matter_is_taken_or_refused(text: str, rubbish: bytes) -> None:
    for data in (f"---\n{text}\n---\nbody".encode(), b"---\n" + rubbish + b"\n---\nbody", rubbish):
        with contextlib.suppress(BulletinRefused):
            parse_bulletin(data)


def _file(old: str, new: str) -> bytes:
    assert old in FILE, old
    return FILE.replace(old, new, 1).encode()


def _reasons(data: bytes) -> list[str]:
    with pytest.raises(BulletinRefused) as refused:
        parse_bulletin(data)
    return refused.value.reasons
