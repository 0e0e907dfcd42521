"""Cutting octets into replies."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.smtp.reader import MAX_LINE, GarbledReplyError, ReplyReader


def replies(*pieces: bytes) -> list[bytes]:
    """What a reader makes of `pieces`, without line ends; b"!" stands for garbage."""
    reader = ReplyReader()
    found: list[bytes] = []
    try:
        for piece in pieces:
            found.extend(reply.replace(b"\r", b"") for reply in reader.feed(piece))  # keeps those before an error
    except GarbledReplyError:
        found.append(b"!")
    return found


def test_replies_of_one_line() -> None:
    assert replies(b"250 Ok\r\n354 Go\r\n550 No\r\n") == [b"250 Ok", b"354 Go", b"550 No"]


def test_a_reply_of_several_lines_is_one() -> None:
    assert replies(b"250-one\r\n250-two\r\n250 three\r\n250 next\r\n") == [
        b"250-one\n250-two\n250 three",
        b"250 next",
    ]


def test_a_bare_code_and_a_bare_line_feed_are_tolerated() -> None:
    assert replies(b"250\r\n354 Go\n") == [b"250", b"354 Go"]


@pytest.mark.parametrize(
    "garbage",
    [
        b"HTTP/1.1 400 Bad Request\r\n",
        b"\r\n",
        b"99 bottles\r\n",
        b"2500 Ok\r\n",
        b"150 Ok\r\n",
        b"250_Ok\r\n",
        b"250-one\r\n550 two\r\n",
        b"\x16\x03\x01\x00\xa5\n",
        b"x" * (MAX_LINE + 1),
        b"250 " + b"x" * MAX_LINE + b"\r\n",
        b"250-more\r\n" * 10_000,
    ],
)
def test_garbage_is_noticed_behind_the_last_good_reply(garbage: bytes) -> None:
    assert replies(b"250 Ok\r\n", garbage) == replies(b"250 Ok\r\n" + garbage) == [b"250 Ok", b"!"]


LINES = st.sampled_from(
    [b"250 Ok\r\n", b"250-more\r\n", b"354 Go\r\n", b"550 5.1.1 No\r\n", b"250\r\n", b"\r\n", b"what\r\n", b"250-\n"]
    + [b"250 " + b"x" * length + b"\r\n" for length in (MAX_LINE - 6, MAX_LINE - 5, MAX_LINE - 4, MAX_LINE)]
)


@given(lines=st.lists(LINES, max_size=12), data=st.data())
def test_the_network_may_cut_anywhere(lines: list[bytes], data: st.DataObject) -> None:
    octets = b"".join(lines)
    cuts = data.draw(st.lists(st.integers(0, len(octets)), max_size=8).map(sorted))
    pieces = [octets[start:end] for start, end in zip([0, *cuts], [*cuts, len(octets)], strict=True)]
    assert replies(*pieces) == replies(octets)
