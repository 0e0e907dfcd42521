"""Who sent a push message: what a push service looks at before it takes one (VAPID, RFC 8292)."""

import json
import time

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from channels.tokens import BadToken, base64url

LONGEST = 86_400  # seconds that a statement may hold (RFC 8292 section 2)
_OCTETS = 1_000  # of any part


class BadStatement(ValueError):  # noqa: N818  named as what happened
    """The header is no statement about this service, or not signed with the key that it names."""


def sender(authorization: str, audience: str) -> str:
    """The public key in base64url that the header of this name is signed with, where it is true of `audience`.

    Raises BadStatement.
    """
    try:
        scheme, _, parameters = authorization.partition(" ")
        given = dict(part.strip().split("=", 1) for part in parameters.split(","))
        signed, _, signature = given["t"].rpartition(".")
        header, claims = (json.loads(_octets(part)) for part in signed.split("."))
        _check_signature(_octets(given["k"]), _octets(signature), signed.encode())
        holds = claims["exp"] - time.time()
        contact, stated = str(claims["sub"]), claims["aud"]
    except (BadToken, InvalidSignature, KeyError, TypeError, ValueError) as error:
        raise BadStatement(f"This is no signed statement: {error!r}") from None
    if scheme != "vapid" or header != {"typ": "JWT", "alg": "ES256"}:
        raise BadStatement("The statement is of another kind than VAPID with ES256")
    if stated != audience:
        raise BadStatement(f"The statement is for {stated!s:.100}, and this is {audience}")
    if not 0 < holds <= LONGEST:
        raise BadStatement(f"The statement holds for {holds:.0f} s instead of 1 to {LONGEST}")
    if not contact.startswith(("mailto:", "https:")):
        raise BadStatement("The statement names no address at which its sender is reached")
    return given["k"]


def _check_signature(public_key: bytes, signature: bytes, signed: bytes) -> None:
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public_key)
    half = len(signature) // 2
    numbers = (int.from_bytes(part, "big") for part in (signature[:half], signature[half:]))
    key.verify(encode_dss_signature(*numbers), signed, ec.ECDSA(hashes.SHA256()))


def _octets(text: str) -> bytes:
    return base64url.decode(text, max_octets=_OCTETS)
