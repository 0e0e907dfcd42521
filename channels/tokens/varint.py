"""Whole numbers in as few octets as they need: seven bits each, lowest first, the high bit says that more follow."""

from collections.abc import Iterable

from channels.tokens.signer import BadToken

_BITS = 63  # a bigint of the database, without its sign


def encode(numbers: Iterable[int]) -> bytes:
    """One after the other; ValueError for what is not in 0 … 2^63 - 1."""
    out = bytearray()
    for number in numbers:
        if number >> _BITS:  # not 0 for a negative number either
            raise ValueError(f"{number} does not fit a token: 0 to 2^63 - 1")
        rest = number
        while rest > 127:
            out.append(rest & 127 | 128)
            rest >>= 7
        out.append(rest)
    return bytes(out)


def decode(octets: bytes) -> list[int]:
    """All numbers; BadToken when the last one is cut or one is longer than we write."""
    numbers: list[int] = []
    number = shift = 0
    for octet in octets:
        number |= (octet & 127) << shift
        shift += 7
        if octet < 128:
            numbers.append(number)
            number = shift = 0
        elif shift > 63:
            raise BadToken("token has a number that is too long")
    if shift:
        raise BadToken("token ends inside a number")
    return numbers
