"""Quoted-printable (RFC 2045 section 6.7) with holes in it, in lines that SMTP needs to do nothing to.

A dot or "From " at the beginning of a line is written as =2E or =46, so that no line of a body needs dot-stuffing
(RFC 5321 section 4.5.2) and none is quoted by a mailbox file: signed, stuffed and stored bytes are the same.
"""

import re
from collections.abc import Iterator, Sequence

from channels.message.holes import Hole

CRLF = b"\r\n"
SOFT_BREAK = b"=\r\n"
MAX_LINE = 75  # 76 with the "=" of a soft break (RFC 2045 section 6.7, rule 5)

_NEWLINE = re.compile(r"\r\n|\r|\n")
_UNSAFE = re.compile(rb"[^\t\x20-\x3c\x3e-\x7e]")
_EQUALS = ord("=")
_LINE_START = re.compile(rb"\.|From ")


class BadBody(ValueError):  # noqa: N818  named as what happened
    """A body that can't be written as UTF-8."""


def encode_text(text: str) -> bytes:
    """Encoded without a line break after the last line, unless the text ends with one. CR, LF and CRLF end lines."""
    try:
        lines = [line.encode() for line in _NEWLINE.split(text)]
    except UnicodeEncodeError as error:
        raise BadBody(f"the body has a lone surrogate at position {error.start}: decode its source anew") from error
    return CRLF.join(SOFT_BREAK.join(_physical_lines(line)) for line in lines)


def encode_fragment(text: str) -> bytes:
    """Whole lines, ready to stand in a block hole next to others: what a digest says about one bulletin."""
    encoded = encode_text(text)
    return encoded if encoded.endswith(CRLF) or not encoded else encoded + CRLF


def encode_around(pieces: Sequence[str | Hole]) -> tuple[bytes, ...]:
    """A fragment with holes in it, for one value of at most 75 octets: `value.join(…)` is the fragment."""
    encoded = encode_pieces(pieces)
    parts = [part for part in encoded if isinstance(part, bytes)]
    return tuple(parts) if parts[-1].endswith(CRLF) else (*parts[:-1], parts[-1] + CRLF)


def encode_pieces(pieces: Sequence[str | Hole]) -> list[bytes | Hole]:
    """Pieces and holes in turn, the holes on lines of their own: whatever is filled in, no line grows by it."""
    encoded: list[bytes | Hole] = []
    for position, piece in enumerate(pieces):
        if isinstance(piece, Hole):
            encoded.append(piece)
            continue
        before = pieces[position - 1] if position else None
        last = position == len(pieces) - 1
        encoded.append(_encode_between(before, piece, last=last))
    return encoded


def break_softly(value: bytes) -> bytes:
    """A value that is too long for one line, over several."""
    return SOFT_BREAK.join(value[start : start + MAX_LINE] for start in range(0, len(value), MAX_LINE))


def _encode_between(before: str | Hole | None, piece: str, *, last: bool) -> bytes:
    """A piece with the soft breaks that it owes to the holes around it."""
    if isinstance(before, Hole) and before.is_block and (newline := _NEWLINE.match(piece)):
        piece = piece[newline.end() :]  # the fragment's last line already ends
    encoded = encode_text(piece)
    if isinstance(before, Hole) and not before.is_block and (encoded or not last):
        encoded = SOFT_BREAK + encoded
    if not last and encoded and not encoded.endswith(CRLF):
        encoded += SOFT_BREAK
    return encoded


def _physical_lines(line: bytes) -> Iterator[bytes]:
    """One line, escaped, in physical lines of at most 75 octets; no escape is cut in two."""
    escaped = _UNSAFE.sub(lambda match: b"=%02X" % ord(match[0]), line)
    if escaped.endswith((b" ", b"\t")):
        escaped = escaped[:-1] + b"=%02X" % escaped[-1]
    position = 0
    while True:
        start = b""
        if _LINE_START.match(escaped, position):
            start = b"=%02X" % escaped[position]
            position += 1
        end = position + MAX_LINE - len(start)
        if end >= len(escaped):
            yield start + escaped[position:]
            return
        if escaped[end - 1] == _EQUALS:
            end -= 1
        elif escaped[end - 2] == _EQUALS:
            end -= 2
        yield start + escaped[position:end]
        position = end
