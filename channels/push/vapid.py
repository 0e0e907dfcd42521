"""Our key pairs, by which push services know who sends (VAPID, RFC 8292), and the signed statements made with them."""

import hashlib
import json
import time
from collections.abc import Sequence

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from yarl import URL

from channels.tokens import BadToken, base64url

_LIFETIME = 12 * 3_600  # seconds that a statement holds; at most 24 hours (RFC 8292 section 2)
_RENEW = _LIFETIME // 2  # it is kept for this long
_OCTETS = 32
_MAX_TEXT = 43  # characters of 32 bytes


class UnusableVapidKey(ValueError):  # noqa: N818  named as what happened
    """A key that is none, or not among ours. The message never repeats any of it."""


def new_key() -> str:
    """A fresh private key: 32 bytes in base64url, as `VapidKeys` takes it."""
    number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return base64url.encode(number.to_bytes(_OCTETS, "big")).decode()


class VapidKeys:
    """Signs with the key that a browser was subscribed with; new browsers are subscribed with the first.

    `private_keys` are 32 bytes in base64url, the newest first; an older one stays as long as browsers have it, since a
    subscription can't change its key. `contact` is a `mailto:` or `https:` address at which the operators of push
    services reach ours. Raises UnusableVapidKey.
    """

    def __init__(self, private_keys: Sequence[str], contact: str) -> None:
        if not private_keys:
            raise UnusableVapidKey("No VAPID key is set: make one with manage.py vapid_key")
        if not contact.startswith(("mailto:", "https:")):
            raise UnusableVapidKey("The VAPID contact must begin with mailto: or https:")
        self._contact = contact
        self._pairs = [_Pair(text, place) for place, text in enumerate(private_keys, start=1)]
        self._by_id = {pair.id: pair for pair in self._pairs}
        self._kept: dict[tuple[str, str], tuple[float, str]] = {}

    @property
    def public_key(self) -> str:
        """What a page subscribes a browser with (`applicationServerKey`): 65 bytes in base64url."""
        return self._pairs[0].public_key

    def id_of(self, public_key: str) -> str:
        """The short name of the pair with this public half. Raises UnusableVapidKey where it is none of ours."""
        for pair in self._pairs:
            if pair.public_key == public_key:
                return pair.id
        raise UnusableVapidKey("This public key is none of ours, or no longer")

    def authorization(self, url: str, key_id: str) -> str:
        """The value of Authorization for a message to this push service, signed with the pair of this name.

        A statement names the service and not the message, so it is kept for some hours. Raises UnusableVapidKey.
        """
        pair = self._by_id.get(key_id)
        if pair is None:
            raise UnusableVapidKey("The VAPID key that this browser was subscribed with is not set: put it back")
        place, now = place_of(url), time.time()
        made_at, value = self._kept.get((key_id, place), (0.0, ""))
        if not 0 <= now - made_at < _RENEW:
            claims = {"aud": str(URL(url).origin()), "exp": int(now) + _LIFETIME, "sub": self._contact}
            value = f"vapid t={pair.sign(claims)}, k={pair.public_key}"
            self._kept[key_id, place] = now, value
        return value


def place_of(url: str) -> str:
    """Scheme, host and port of a URL as they are written: a tenth of what parsing takes, for every message."""
    return "/".join(url.split("/", 3)[:3])


class _Pair:
    def __init__(self, private_key: str, place: int) -> None:
        try:
            octets = base64url.decode(private_key, max_octets=_MAX_TEXT)
            if len(octets) != _OCTETS:
                raise ValueError
            self._key = ec.derive_private_key(int.from_bytes(octets, "big"), ec.SECP256R1())
        except (BadToken, ValueError):
            raise UnusableVapidKey(
                f"VAPID key {place} is not a private key of 32 bytes in base64url: take one of manage.py vapid_key"
            ) from None
        point = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.public_key = base64url.encode(point).decode()
        self.id = hashlib.sha256(point).hexdigest()[:16]

    def sign(self, claims: dict[str, object]) -> str:
        """A JSON Web Token by ES256 (RFC 7515, RFC 7518 section 3.4)."""
        parts = [_part({"typ": "JWT", "alg": "ES256"}), _part(claims)]
        signature = self._key.sign(b".".join(parts), ec.ECDSA(hashes.SHA256()))
        octets = b"".join(number.to_bytes(_OCTETS, "big") for number in decode_dss_signature(signature))
        return b".".join([*parts, base64url.encode(octets)]).decode()


def _part(content: dict[str, object]) -> bytes:
    return base64url.encode(json.dumps(content, separators=(",", ":")).encode())
