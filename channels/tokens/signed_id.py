"""Signed ids of deliveries: the local part of VERP envelope senders and of Message-IDs.

Lower-case hex, because mail systems on the way may change the case of a local part. 96 bits of MAC: what is left of 64
octets (RFC 5321 section 4.5.3.1.1) in hex, and more than RFC 2104 section 5 asks for at least (80).
"""

import re
from dataclasses import dataclass

from channels.tokens import varint
from channels.tokens.signer import BadToken, Signer

_PURPOSE = b"signed id"
_MAC_OCTETS = 12
_PREFIX = "b+"
_MAX_HEX = 62  # 64 octets without the prefix
_HEX = re.compile(r"(?:[0-9a-f]{2}){16,31}", re.ASCII)


@dataclass(frozen=True, slots=True)
class SignedId:
    """One delivery: `kind` (0 to 127) is the caller's code for the kind of recipient."""

    dispatch_id: int
    kind: int
    recipient_id: int


def signed_id(signer: Signer, dispatch_id: int, kind: int, recipient_id: int) -> str:
    """The id in 34 to 62 characters of hex. ValueError for a kind above 127 or a dispatch id above 2^56."""
    if not 0 <= kind < 128:
        raise ValueError(f"kind {kind} does not fit: 0 to 127")
    sealed = signer.seal(_PURPOSE, varint.encode((kind, dispatch_id, recipient_id)), _MAC_OCTETS).hex()
    if len(sealed) > _MAX_HEX:
        raise ValueError(f"dispatch {dispatch_id} and recipient {recipient_id} do not fit a local part of 64 octets")
    return sealed


def read_signed_id(signer: Signer, text: str) -> SignedId:
    """The delivery that the id names, in whatever case it came back; BadToken when it isn't ours."""
    lowered = text.lower()
    if not _HEX.fullmatch(lowered):
        raise BadToken("not a signed id")
    numbers = varint.decode(signer.open(_PURPOSE, bytes.fromhex(lowered), _MAC_OCTETS))
    if len(numbers) != 3:
        raise BadToken(f"signed id has {len(numbers)} numbers instead of 3")
    return SignedId(dispatch_id=numbers[1], kind=numbers[0], recipient_id=numbers[2])


def return_path(signer: Signer, dispatch_id: int, kind: int, recipient_id: int, domain: str) -> str:
    """The envelope sender (MAIL FROM) of one delivery: a bounce to it says whose it is, and can't be forged."""
    return f"{_PREFIX}{signed_id(signer, dispatch_id, kind, recipient_id)}@{domain}"


def read_return_path(signer: Signer, address: str) -> SignedId:
    """The delivery that a bounce's recipient address names; BadToken when the address isn't one of ours."""
    local = address.partition("@")[0]
    if not local.lower().startswith(_PREFIX):
        raise BadToken("not a return path: it does not begin with b+")
    return read_signed_id(signer, local[len(_PREFIX) :])
