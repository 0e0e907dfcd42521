"""Signing and verifying webhooks by Standard Webhooks 1.0.0: `v1` (HMAC-SHA256) and `v1a` (ed25519).

Both sign the bytes `id.timestamp.body`. A key is text whose prefix says what it is, followed by base64:
`whsec_` 24 to 64 random bytes shared by both sides; `whsk_` an ed25519 private key, the 32-byte seed alone or
followed by its public half; `whpk_` the 32-byte public key, which the receiver of `v1a` holds.
"""

import base64
import binascii
import hashlib
import hmac
import re
import secrets as random
import time
from collections.abc import Mapping, Sequence

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

HEADER_ID, HEADER_TIMESTAMP, HEADER_SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
_HEADERS = (HEADER_ID, HEADER_TIMESTAMP, HEADER_SIGNATURE)
TOLERANCE = 300  # seconds either way; what the reference libraries allow

_SYMMETRIC, _PRIVATE, _PUBLIC = "whsec_", "whsk_", "whpk_"
# A full stop inside the id would let two (id, timestamp) pairs sign the same bytes.
_MESSAGE_ID = re.compile(r"[A-Za-z0-9_:-]{1,200}")
_TIMESTAMP = re.compile(r"[0-9]{1,12}")


class BadSecret(ValueError):  # noqa: N818  named as what happened
    """A signing key that cannot be used. The message never repeats any of the key."""


class BadSignature(Exception):  # noqa: N818  named as what happened
    """A webhook that must not be believed; the message says which check failed."""


def new_secret() -> str:
    """A fresh symmetric secret: `whsec_` and base64 of 32 random bytes."""
    return _SYMMETRIC + base64.b64encode(random.token_bytes(32)).decode()


def new_signing_key() -> str:
    """A fresh ed25519 private key: `whsk_` and base64 of both halves. Hand out only its `public_key`."""
    key = Ed25519PrivateKey.generate()
    return _PRIVATE + base64.b64encode(key.private_bytes_raw() + key.public_key().public_bytes_raw()).decode()


def public_key(signing_key: str) -> str:
    """The `whpk_` text that belongs to a `whsk_` key. Raises BadSecret."""
    return _PUBLIC + base64.b64encode(_private(signing_key).public_key().public_bytes_raw()).decode()


def check_secret(secret: str) -> None:
    """Raise BadSecret unless `sign` can sign with this `whsec_` or `whsk_` key."""
    _signature(secret, b"")


def check_message_id(message_id: str) -> None:
    """Raise ValueError unless the id can stand in a header and cannot run into the timestamp after it."""
    if not _MESSAGE_ID.fullmatch(message_id):
        raise ValueError(
            f"Webhook id {message_id[:40]!r} is not usable: take 1 to 200 of A-Z a-z 0-9 _ : - (no full stop)"
        )


def sign(secrets: Sequence[str], message_id: str, timestamp: int, body: bytes) -> str:
    """The `webhook-signature` header: one signature for every key, separated by spaces.

    `timestamp` is in unix seconds. Several keys sign while one is being rotated. Raises BadSecret, also for
    no key at all, and ValueError for an unusable message id.
    """
    check_message_id(message_id)
    if not secrets:
        raise BadSecret("This webhook has no signing secret: give its endpoint one")
    signed = _signed_bytes(message_id, timestamp, body)
    return " ".join(_signature(secret, signed) for secret in secrets)


def verify(
    keys: Sequence[str],
    headers: Mapping[str, str],
    body: bytes,
    *,
    tolerance: int = TOLERANCE,
    now: float | None = None,
) -> None:
    """Raise BadSignature unless one of `keys` (`whsec_`, `whpk_` or `whsk_`) signed this message.

    `headers` are looked up by their lower-case names, `body` is what came, byte for byte. `tolerance` is in
    seconds, `now` in unix seconds. Raises BadSecret for an unusable key of our own.
    """
    message_id, timestamp, signature = (headers.get(name, "") for name in _HEADERS)
    if not (message_id and timestamp and signature):
        raise BadSignature(f"One of the headers {', '.join(_HEADERS)} is missing")
    if not _TIMESTAMP.fullmatch(timestamp):
        raise BadSignature(f"{HEADER_TIMESTAMP} is not a number of unix seconds")
    if abs((time.time() if now is None else now) - int(timestamp)) > tolerance:
        raise BadSignature(f"{HEADER_TIMESTAMP} is more than {tolerance} s away from this machine's clock")
    signed = _signed_bytes(message_id, int(timestamp), body)
    # Every key is tried, so that the time taken does not tell which one matched.
    matches = [_matches(key, signed, offered) for key in keys for offered in signature.split()]
    if not any(matches):
        raise BadSignature(f"No signature in {HEADER_SIGNATURE} was made with a known key over these bytes")


def _signed_bytes(message_id: str, timestamp: int, body: bytes) -> bytes:
    # surrogateescape gives back the very bytes of a header that was not UTF-8
    return f"{message_id}.{timestamp}.".encode("utf-8", "surrogateescape") + body


def _signature(secret: str, signed: bytes) -> str:
    if secret.startswith(_PRIVATE):
        return "v1a," + base64.b64encode(_private(secret).sign(signed)).decode()
    return "v1," + base64.b64encode(hmac.digest(_symmetric(secret), signed, hashlib.sha256)).decode()


def _matches(key: str, signed: bytes, offered: str) -> bool:
    if key.startswith((_PUBLIC, _PRIVATE)):
        public = _private(key).public_key() if key.startswith(_PRIVATE) else _public(key)
        return offered.startswith("v1a,") and _verifies(public, offered.removeprefix("v1a,"), signed)
    return hmac.compare_digest(_signature(key, signed).encode(), offered.encode("utf-8", "replace"))


def _verifies(public: Ed25519PublicKey, offered: str, signed: bytes) -> bool:
    try:
        public.verify(base64.b64decode(offered, validate=True), signed)
    except (InvalidSignature, ValueError):
        return False
    return True


def _symmetric(secret: str) -> bytes:
    key = _decoded(secret, _SYMMETRIC)
    if not 24 <= len(key) <= 64:
        raise BadSecret(f"A {_SYMMETRIC} secret must hold 24 to 64 bytes, not {len(key)}: make a new one")
    return key


def _private(secret: str) -> Ed25519PrivateKey:
    raw = _decoded(secret, _PRIVATE)
    if len(raw) not in {32, 64}:
        raise BadSecret(f"A {_PRIVATE} key must hold 32 or 64 bytes, not {len(raw)}: make a new one")
    key = Ed25519PrivateKey.from_private_bytes(raw[:32])
    if raw[32:] not in {b"", key.public_key().public_bytes_raw()}:
        raise BadSecret(f"The two halves of this {_PRIVATE} key do not belong together: make a new one")
    return key


def _public(text: str) -> Ed25519PublicKey:
    raw = _decoded(text, _PUBLIC)
    if len(raw) != 32:
        raise BadSecret(f"A {_PUBLIC} key must hold 32 bytes, not {len(raw)}: ask for it again")
    return Ed25519PublicKey.from_public_bytes(raw)


def _decoded(text: str, prefix: str) -> bytes:
    if not text.startswith(prefix):
        raise BadSecret(f"A signing secret must begin with {_SYMMETRIC} or {_PRIVATE}: make a new one")
    try:
        return base64.b64decode(text.removeprefix(prefix), validate=True)
    except (binascii.Error, ValueError):
        # Without the cause: a traceback's chained error could carry part of the key into a log.
        raise BadSecret(f"What follows {prefix} must be base64 with its padding: make a new one") from None
