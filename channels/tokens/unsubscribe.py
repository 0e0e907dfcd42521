"""Unsubscribe tokens: name a subscriber, a dispatch and the topics that matched; never expire; can only unsubscribe."""

from collections.abc import Sequence
from dataclasses import dataclass

from channels.tokens import base64url, varint
from channels.tokens.signer import BadToken, Signer

MAX_TOKEN_OCTETS = 512  # keeps List-Unsubscribe, which can't be folded, far below 998 octets (RFC 5322 section 2.1.1)
_PURPOSE = b"unsubscribe"
_MAC_OCTETS = 16


@dataclass(frozen=True, slots=True)
class UnsubscribeToken:
    """What an unsubscribe token says. `topic_ids` stand in the order in which they matched."""

    subscriber_id: int
    dispatch_id: int
    topic_ids: tuple[int, ...]


def unsubscribe_token(signer: Signer, subscriber_id: int, dispatch_id: int, topic_ids: Sequence[int]) -> bytes:
    """The token in characters of base64url: 63 for four topics where every id has nine digits.

    ValueError when so many topics match (about 80) that it passes MAX_TOKEN_OCTETS: name the first ones only.
    """
    payload = varint.encode((subscriber_id, dispatch_id, *topic_ids))
    token = base64url.encode(signer.seal(_PURPOSE, payload, _MAC_OCTETS))
    if len(token) > MAX_TOKEN_OCTETS:
        raise ValueError(f"{len(topic_ids)} topics make a token of {len(token)} octets, at most {MAX_TOKEN_OCTETS}")
    return token


def read_unsubscribe_token(signer: Signer, token: str) -> UnsubscribeToken:
    """What the token says; BadToken when it is cut, changed, forged or for another purpose."""
    sealed = base64url.decode(token, max_octets=MAX_TOKEN_OCTETS)
    numbers = varint.decode(signer.open(_PURPOSE, sealed, _MAC_OCTETS))
    if len(numbers) < 2:
        raise BadToken("token names no subscriber and dispatch")
    return UnsubscribeToken(numbers[0], numbers[1], tuple(numbers[2:]))
