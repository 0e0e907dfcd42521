"""Encrypting a push message for one browser: RFC 8291, in one record of aes128gcm (RFC 8188).

The key agreement, the cipher and the hash are those of `cryptography`; what stands here is the order in which the two
documents combine them.
"""

import hmac
import os

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

MAX_BODY = 4_096  # bytes on the wire: what every push service takes (RFC 8030 section 7.2)
_POINT, _SALT, _TAG = 65, 16, 16
_HEADER = _SALT + 4 + 1 + _POINT
MAX_PLAINTEXT = MAX_BODY - _HEADER - _TAG - 1
_LAST_RECORD = b"\x02"  # RFC 8188 section 2
AUTH_OCTETS = 16


class BadBrowserKey(ValueError):  # noqa: N818  named as what happened
    """What a browser gave as its keys is no P-256 point with a 16-byte secret."""


def check_keys(public_key: bytes, auth: bytes) -> None:
    """Raise BadBrowserKey unless `encrypt` can encrypt for this browser."""
    _point(public_key)
    _check_auth(auth)


def encrypt(
    plaintext: bytes,
    public_key: bytes,
    auth: bytes,
    *,
    salt: bytes | None = None,
    private_key: ec.EllipticCurvePrivateKey | None = None,
) -> bytes:
    """The body of a push message, 103 bytes longer than `plaintext`, which has at most MAX_PLAINTEXT.

    `public_key` (65 bytes, uncompressed) and `auth` are the browser's `p256dh` and `auth`. `salt` and `private_key` are
    made anew for each message (RFC 8291 section 3.1) but for known vectors. Raises BadBrowserKey and ValueError.
    """
    if len(plaintext) > MAX_PLAINTEXT:
        raise ValueError(
            f"A push message has at most {MAX_PLAINTEXT} bytes, this one {len(plaintext)}: shorten its text"
        )
    theirs = _point(public_key)
    _check_auth(auth)
    salt = os.urandom(_SALT) if salt is None else salt
    ours = private_key or ec.generate_private_key(ec.SECP256R1())
    our_point = ours.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    shared = ours.exchange(ec.ECDH(), theirs)
    ikm = _expand(_extract(auth, shared), b"WebPush: info\0" + public_key + our_point, 32)
    prk = _extract(salt, ikm)
    cipher = AESGCM(_expand(prk, b"Content-Encoding: aes128gcm\0", 16))
    nonce = _expand(prk, b"Content-Encoding: nonce\0", 12)
    header = salt + MAX_BODY.to_bytes(4, "big") + bytes([_POINT]) + our_point
    return header + cipher.encrypt(nonce, plaintext + _LAST_RECORD, None)


def _point(public_key: bytes) -> ec.EllipticCurvePublicKey:
    if len(public_key) != _POINT:
        raise BadBrowserKey(f"p256dh has {len(public_key)} bytes instead of {_POINT}")
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public_key)
    except ValueError:
        raise BadBrowserKey("p256dh is not a point of the curve P-256") from None


def _check_auth(auth: bytes) -> None:
    if len(auth) != AUTH_OCTETS:
        raise BadBrowserKey(f"auth has {len(auth)} bytes instead of {AUTH_OCTETS}")


def _extract(salt: bytes, secret: bytes) -> bytes:
    """HKDF-Extract (RFC 5869 section 2.2)."""
    return hmac.digest(salt, secret, "sha256")


def _expand(key: bytes, info: bytes, length: int) -> bytes:
    """HKDF-Expand (RFC 5869 section 2.3) for at most 32 bytes, which is one round."""
    return hmac.digest(key, info + b"\x01", "sha256")[:length]
