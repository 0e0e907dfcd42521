"""Private keys for DKIM: which domain and selector each stands for, and how it signs."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

LEAST_BITS = 2048  # of an RSA key: RFC 8301 section 3.2
_NAME = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*", re.IGNORECASE)
_PADDING, _HASH = PKCS1v15(), SHA256()


class UnusableDkimKey(ValueError):  # noqa: N818  named as what happened
    """A key that can't sign. The message names the entry and never repeats the key."""


@dataclass(frozen=True, slots=True)
class DkimKey:
    """`domain` (d=) in A-labels and lower case; the public key stands in DNS at selector._domainkey.domain."""

    domain: str
    selector: str
    private: RSAPrivateKey | Ed25519PrivateKey = field(repr=False)

    @property
    def algorithm(self) -> str:
        return "rsa-sha256" if isinstance(self.private, RSAPrivateKey) else "ed25519-sha256"

    def sign(self, data: bytes) -> bytes:
        """RSASSA-PKCS1-v1_5 of the data, or PureEdDSA of their SHA-256 (RFC 8463 section 3)."""
        if isinstance(self.private, RSAPrivateKey):
            return self.private.sign(data, _PADDING, _HASH)
        return self.private.sign(hashlib.sha256(data).digest())


def load_keys(entries: Sequence[str]) -> list[DkimKey]:
    """Keys from `domain:selector:path` entries; paths lead to PEM files. Two of one domain sign both.

    Raises UnusableDkimKey.
    """
    return [_load(entry) for entry in entries]


def _load(entry: str) -> DkimKey:
    domain, _, rest = entry.partition(":")
    selector, _, path = rest.partition(":")
    if not (_NAME.fullmatch(domain) and _NAME.fullmatch(selector) and path):
        raise UnusableDkimKey(f"{entry!r} is no DKIM key: write domain:selector:/path/to/private.pem.")
    try:
        private = load_pem_private_key(Path(path).read_bytes(), password=None)
    except OSError as error:
        raise UnusableDkimKey(f"The DKIM key {path} of {domain} can't be read: {error.strerror}.") from None
    except (ValueError, TypeError):
        raise UnusableDkimKey(f"The DKIM key {path} of {domain} is no private key in PEM without a password.") from None
    if isinstance(private, RSAPrivateKey) and private.key_size < LEAST_BITS:
        raise UnusableDkimKey(f"The DKIM key {path} of {domain} has fewer than {LEAST_BITS} bits.")
    if not isinstance(private, RSAPrivateKey | Ed25519PrivateKey):
        raise UnusableDkimKey(f"The DKIM key {path} of {domain} is neither RSA nor Ed25519.")
    return DkimKey(domain.lower(), selector.lower(), private)
