"""Base64 for URLs without padding (RFC 4648 section 5), with one spelling per value."""

import binascii
import re

from channels.tokens.signer import BadToken

_TO_URL = bytes.maketrans(b"+/", b"-_")
_FROM_URL = bytes.maketrans(b"-_", b"+/")
_ALPHABET = re.compile(r"[A-Za-z0-9_-]*", re.ASCII)


def encode(octets: bytes) -> bytes:
    return binascii.b2a_base64(octets, newline=False).translate(_TO_URL, b"=")


def decode(text: str, *, max_octets: int) -> bytes:
    """BadToken for anything that `encode` would have spelled differently; `max_octets` counts the text's."""
    if len(text) > max_octets:
        raise BadToken(f"token has {len(text)} characters, at most {max_octets} are possible")
    if not _ALPHABET.fullmatch(text) or len(text) % 4 == 1:
        raise BadToken("token is not base64url")
    token = text.encode("ascii")
    octets = binascii.a2b_base64(token.translate(_FROM_URL) + b"=" * (-len(token) % 4))
    if encode(octets) != token:
        # The last character's spare bits are not zero: the same octets, spelled a second way.
        raise BadToken("token is not in its one canonical spelling")
    return octets
