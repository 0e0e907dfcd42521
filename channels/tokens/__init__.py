"""Signed compact tokens: for unsubscribe links, bounce addresses and links that expire. No state, no Django."""

from channels.tokens.signed_id import SignedId, read_return_path, read_signed_id, return_path, signed_id
from channels.tokens.signer import BadToken, Signer
from channels.tokens.timed import ExpiredToken, TimedToken, read_timed_token, timed_token
from channels.tokens.unsubscribe import (
    MAX_TOKEN_OCTETS,
    UnsubscribeToken,
    read_unsubscribe_token,
    unsubscribe_token,
)

__all__ = [
    "MAX_TOKEN_OCTETS",
    "BadToken",
    "ExpiredToken",
    "SignedId",
    "Signer",
    "TimedToken",
    "UnsubscribeToken",
    "read_return_path",
    "read_signed_id",
    "read_timed_token",
    "read_unsubscribe_token",
    "return_path",
    "signed_id",
    "timed_token",
    "unsubscribe_token",
]
