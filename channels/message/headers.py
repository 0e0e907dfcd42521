"""Header fields in ASCII: folded, RFC 2047 where they need it, and nothing in them that could begin another field."""

import base64
import re

MAX_LINE = 998  # RFC 5322 section 2.1.1, without CRLF
_FOLD_AT = 76  # RFC 2047 section 2 for lines with an encoded word; RFC 5322 recommends 78 for the others
_MAX_WORD = 64  # an encoded word may have 75; this one also fits behind a field's name

_NAME = re.compile(r"[!-9;-~]{1,60}")  # RFC 5322 section 2.2
_FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_UNSTRUCTURED = {"subject", "comments"}
_Q_SAFE = re.compile(rb"[A-Za-z0-9!*+/-]")  # RFC 2047 section 5 (3): what is safe in a phrase is safe everywhere
_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~.]{1,64}@[A-Za-z0-9.-]{1,253}")


class BadHeader(ValueError):  # noqa: N818  named as what happened
    """A header field that can't be sent. Names the field, and says what to change."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"header {name!r}: {problem}")
        self.name = name


def encode_header(name: str, value: str) -> str:
    """The field in ASCII without its last CRLF. Folds at single spaces only; what has none stays one line.

    Non-ASCII text is encoded in Subject and Comments; in a structured field, where only parts of it may be
    (RFC 2047 section 5), the caller does it with `mailbox` or `phrase`.
    """
    check_value(name, value)
    if not _NAME.fullmatch(name):
        raise BadHeader(name, "is not a field name of printable ASCII without a colon")
    if name.lower() in _UNSTRUCTURED:
        value = value if _can_stand_plain(value) else " ".join(_encoded_words(value))
    elif not value.isascii():
        raise BadHeader(name, "is not ASCII: encode its words with mailbox() or phrase(), its URLs with percent signs")
    folded = _fold(f"{name}: {value}")
    if any(len(line) > MAX_LINE for line in folded.split("\r\n")):
        raise BadHeader(name, f"has a word too long for a line of {MAX_LINE} octets")
    return folded


def check_value(name: str, value: str) -> None:
    """Refuse what could end the field and begin another: a title with a line break never becomes a header."""
    if found := _FORBIDDEN.search(value):
        code = ord(found[0])
        raise BadHeader(name, f"has a line break or control character (U+{code:04X}) at position {found.start()}")
    if not value.strip():
        raise BadHeader(name, "is empty")


def mailbox(name: str, address: str, *, header: str = "From") -> str:
    """A display name and an ASCII address (RFC 5322 section 3.4) as the value of a field."""
    if not _ADDRESS.fullmatch(address):
        raise BadHeader(header, f"{address!r} is not an address in ASCII (write the domain in A-labels)")
    return f"{phrase(name, header=header)} <{address}>"


def phrase(text: str, *, header: str) -> str:
    """Words for people in a structured field: quoted, or encoded when they are not plain ASCII."""
    check_value(header, text)
    text = " ".join(filter(None, text.split(" ")))  # readers collapse spaces in a phrase
    if _can_stand_plain(text):
        escaped = text.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return " ".join(_encoded_words(text))


def _can_stand_plain(text: str) -> bool:
    """Whether it comes back the same from folding, unfolding and decoding."""
    return (
        text.isascii()
        and "=?" not in text  # would be decoded
        and "  " not in text  # could leave a line of spaces only
        and text == text.strip()
        and all(len(word) <= _MAX_WORD for word in text.split(" "))
    )


def _encoded_words(text: str) -> list[str]:
    """Encoded words of UTF-8 (RFC 2047), each with whole characters; decoders drop the spaces between them."""
    use_q = sum(len(_q(char)) for char in text) <= len(text.encode()) * 4 / 3
    room = _MAX_WORD - len("=?utf-8?q??=")
    words: list[str] = []
    chunk = ""
    for char in text:
        if _encoded_length(chunk + char, use_q=use_q) > room:
            words.append(_encoded_word(chunk, use_q=use_q))
            chunk = ""
        chunk += char
    words.append(_encoded_word(chunk, use_q=use_q))
    return words


def _encoded_length(text: str, *, use_q: bool) -> int:
    return len(_q(text)) if use_q else -(-len(text.encode()) // 3) * 4


def _encoded_word(text: str, *, use_q: bool) -> str:
    return f"=?utf-8?q?{_q(text)}?=" if use_q else f"=?utf-8?b?{base64.b64encode(text.encode()).decode()}?="


def _q(text: str) -> str:
    return "".join(
        chr(octet) if _Q_SAFE.match(bytes([octet])) else "_" if octet == 0x20 else f"={octet:02X}"
        for octet in text.encode()
    )


def _fold(line: str) -> str:
    """Lines of at most 76 characters, broken before single spaces (RFC 5322 section 2.2.3)."""
    lines = [""]
    for word in line.split(" "):
        candidate = f"{lines[-1]} {word}" if lines[-1] else word
        if len(candidate) > _FOLD_AT and lines[-1].strip() and not lines[-1].endswith(":"):
            lines.append(f" {word}")
        else:
            lines[-1] = candidate
    return "\r\n".join(lines)
