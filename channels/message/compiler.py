"""Compiling a message: headers, text and HTML with marks in them become bytes with holes in them.

RFC 5322 with RFC 2045 bodies: multipart/alternative, UTF-8, quoted-printable, CRLF, no line above 76 octets in a body
or above 998 in the header, whatever is filled in, and no line that begins with a dot (RFC 5321 section 4.5.2).
"""

import hashlib
from collections.abc import Iterable, Sequence

from channels.message.compiled import CompiledMessage
from channels.message.headers import MAX_LINE, BadHeader, check_value, encode_header
from channels.message.holes import Hole, Marks, Part
from channels.message.quoted_printable import CRLF, encode_pieces

MAX_VALUE = 512  # octets that a value in a header may have: a token's limit; an address has 256

_REQUIRED = ("from", "to", "date", "message-id")  # RFC 5322 section 3.6, and rules that mail receivers go by
_OURS = ("mime-version", "content-type", "content-transfer-encoding")
_REPEATABLE = ("comments", "keywords")


def compile_message(*, headers: Sequence[tuple[str, str]], text: str, html: str, marks: Marks) -> CompiledMessage:
    """Compile a message whose texts were rendered with these marks; `headers` keep their order.

    Raises BadHeader for a field that is missing, double, ours to write, or has a control character in it; BadHole for
    a mark where its hole can't be; BadBody for text that isn't Unicode.
    """
    _check_names(headers)
    boundary = _boundary(text, html)
    header: list[bytes | Hole] = [b""]
    for name, value in headers:
        _append(header, _header_pieces(name, value, marks))
    _append(
        header, [f'MIME-Version: 1.0\r\nContent-Type: multipart/alternative;\r\n boundary="{boundary}"\r\n'.encode()]
    )
    parts = header.copy()
    # The simplest alternative first, the preferred one last (RFC 2046 section 5.1.4).
    for subtype, body, part in (("plain", text, Part.TEXT), ("html", html, Part.HTML)):
        _append(parts, [_part_head(boundary, subtype)])
        _append(parts, encode_pieces(marks.split(body, part)))
    _append(parts, [f"\r\n--{boundary}--\r\n".encode()])
    return CompiledMessage(parts, body_from=len(header))


def _check_names(headers: Sequence[tuple[str, str]]) -> None:
    names = [name.lower() for name, _ in headers]
    for name in names:
        if name in _OURS:
            raise BadHeader(name, "is written by the compiler: leave it out")
        if names.count(name) > 1 and name not in _REPEATABLE:
            raise BadHeader(name, "stands twice")
    for name in _REQUIRED:
        if name not in names:
            raise BadHeader(name, "is missing, and no message goes out without it")


def _header_pieces(name: str, value: str, marks: Marks) -> list[bytes | Hole]:
    """A field with its CRLF. One with a mark is never folded or encoded, so that the mark stays whole."""
    pieces = marks.split(value, Part.HEADER)
    if len(pieces) == 1:
        return [encode_header(name, value).encode() + CRLF]
    check_value(name, value)
    if not value.isascii():
        raise BadHeader(name, "is not ASCII and has a hole in it: only ASCII can stand beside a hole")
    fixed = sum(len(piece) for piece in pieces[::2])
    if len(name) + 2 + fixed + MAX_VALUE * (len(pieces) // 2) > MAX_LINE:
        raise BadHeader(name, f"is too long to be filled in a line of {MAX_LINE} octets")
    encoded = [piece if isinstance(piece, Hole) else piece.encode() for piece in pieces]
    return [f"{name}: ".encode(), *encoded, CRLF]


def _boundary(text: str, html: str) -> str:
    """One that can't occur in a body: quoted-printable never writes "=_" (RFC 2045 section 6.7)."""
    digest = hashlib.sha256(text.encode(errors="replace") + html.encode(errors="replace")).hexdigest()
    return f"=_{digest[:24]}"


def _part_head(boundary: str, subtype: str) -> bytes:
    return (
        f"\r\n--{boundary}\r\n"
        f"Content-Type: text/{subtype}; charset=utf-8\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    ).encode()


def _append(parts: list[bytes | Hole], more: Iterable[bytes | Hole]) -> None:
    """Keep fixed bytes and holes in turn, with fixed bytes at both ends."""
    for piece in more:
        last = parts[-1]
        if isinstance(last, bytes) and isinstance(piece, bytes):
            parts[-1] = last + piece
        elif isinstance(last, Hole) and isinstance(piece, Hole):
            parts.extend((b"", piece))
        else:
            parts.append(piece)
