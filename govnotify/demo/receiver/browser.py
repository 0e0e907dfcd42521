"""A browser of the demo's: its keys, and how it reads what it is sent (RFC 8291)."""

import json
import os
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from channels.push.message import BrowserKeys
from channels.push.vapid import new_key
from channels.tokens import BadToken, base64url

_SALT, _SIZE, _POINT = 16, 4, 65  # RFC 8188 section 2.1: what a message begins with


class NotOurs(ValueError):  # noqa: N818  named as what happened
    """The message was not encrypted for this browser, or is no notification."""


def new_secret() -> str:
    """What `DemoBrowser` is made from: a private key and `auth`."""
    return f"{new_key()} {base64url.encode(os.urandom(16)).decode()}"


class DemoBrowser:
    """Made anew from the same secret it is the same browser. Raises ValueError for what is none."""

    def __init__(self, secret: str) -> None:
        number, _, auth = secret.partition(" ")
        try:
            self._key = ec.derive_private_key(int.from_bytes(_octets(number), "big"), ec.SECP256R1())
            point = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
            self.keys = BrowserKeys(point, _octets(auth))
        except BadToken:
            raise ValueError("A demo browser's secret is two texts in base64url") from None

    def read(self, body: bytes) -> dict[str, Any]:
        """What the message says. Raises NotOurs."""
        try:
            said = json.loads(self.decrypt(body))
        except (InvalidTag, ValueError, RecursionError):
            raise NotOurs("The message is not for this browser, or is none of the platform's") from None
        if not isinstance(said, dict) or not all(isinstance(said.get(name), str) for name in ("title", "body", "tag")):
            raise NotOurs("The message is no notification")
        return said

    def decrypt(self, body: bytes) -> bytes:
        """The one record of aes128gcm. Raises InvalidTag and ValueError."""
        salt, sender = body[:_SALT], body[_SALT + _SIZE + 1 :][:_POINT]
        sealed = body[_SALT + _SIZE + 1 + _POINT :]
        shared = self._key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender))
        keyed = _derived(shared, self.keys.auth, b"WebPush: info\0" + self.keys.public_key + sender, 32)
        key = _derived(keyed, salt, b"Content-Encoding: aes128gcm\0", 16)
        nonce = _derived(keyed, salt, b"Content-Encoding: nonce\0", 12)
        padded = AESGCM(key).decrypt(nonce, sealed, None).rstrip(b"\0")
        if not padded.endswith(b"\x02"):
            raise ValueError("The message has more than one record")
        return padded[:-1]


def _derived(secret: bytes, salt: bytes, about: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, about).derive(secret)


def _octets(text: str) -> bytes:
    return base64url.decode(text, max_octets=100)
