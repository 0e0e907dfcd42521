"""Tokens that name one row and expire: confirmation and sign-in links. That a link works once is kept in the row."""

import datetime as dt
from dataclasses import dataclass

from channels.tokens import base64url, varint
from channels.tokens.signer import BadToken, Signer

_MAC_OCTETS = 16
_MAX_OCTETS = 64
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_SECOND = dt.timedelta(seconds=1)
_CLOCK_SKEW = dt.timedelta(minutes=2)  # between the host that made the token and the one that reads it


class ExpiredToken(BadToken):
    """Ours, and too old: the visitor can be offered a new one."""


@dataclass(frozen=True, slots=True)
class TimedToken:
    """What a timed token says: a row's id, and when it was made (UTC, whole seconds)."""

    payload: int
    issued_at: dt.datetime


def timed_token(signer: Signer, purpose: str, payload: int, issued_at: dt.datetime) -> str:
    """At most 50 characters of base64url. `purpose` ("confirm", "sign-in") must be the same when it is read."""
    numbers = (payload, (_aware(issued_at) - _EPOCH) // _SECOND)
    return base64url.encode(signer.seal(_purpose(purpose), varint.encode(numbers), _MAC_OCTETS)).decode("ascii")


def read_timed_token(
    signer: Signer, purpose: str, token: str, *, max_age: dt.timedelta, now: dt.datetime
) -> TimedToken:
    """What it says; ExpiredToken when older than `max_age`, BadToken when not ours or from the future."""
    sealed = base64url.decode(token, max_octets=_MAX_OCTETS)
    numbers = varint.decode(signer.open(_purpose(purpose), sealed, _MAC_OCTETS))
    if len(numbers) != 2:
        raise BadToken(f"timed token has {len(numbers)} numbers instead of 2")
    issued_at = _EPOCH + numbers[1] * _SECOND
    age = _aware(now) - issued_at
    if age > max_age:
        raise ExpiredToken(f"token was made {age} ago and lived {max_age}")
    if age < -_CLOCK_SKEW:
        raise BadToken(f"token was made {-age} in the future: check the clocks")
    return TimedToken(numbers[0], issued_at)


def _purpose(purpose: str) -> bytes:
    return b"timed:" + purpose.encode()


def _aware(moment: dt.datetime) -> dt.datetime:
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone: pass an aware datetime")
    return moment
