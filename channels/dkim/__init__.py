"""DKIM signatures (RFC 6376) made in this process, with RSA and Ed25519 keys (RFC 8463)."""

from channels.dkim.keys import DkimKey, UnusableDkimKey, load_keys
from channels.dkim.signer import DkimSigner

__all__ = ["DkimKey", "DkimSigner", "UnusableDkimKey", "load_keys"]
