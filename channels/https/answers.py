"""What an answer in HTTP, or the want of one, means for a delivery, whoever was called."""

import re
import socket
import ssl
from datetime import UTC
from email.utils import parsedate_to_datetime

import aiohttp

from channels.outcome import Outcome, Reason, Verdict

# The longest step of the retry table; the caller narrows it to 1 to 2 times the step at hand.
MAX_RETRY_AFTER = 86_400.0  # seconds


class NotHttp(ConnectionError):  # noqa: N818  named as what happened
    """An answer that is not HTTP, or far too long."""


_UNVERIFIED = "The endpoint's TLS certificate could not be verified."
_UNSHAKEN = "The TLS handshake with the endpoint failed."
_UNRESOLVED = "The endpoint's host name could not be resolved."
_UNANSWERED = "The endpoint did not accept a connection in time."
_UNACCEPTED = "The endpoint did not accept a connection."
_UNREADABLE = "The endpoint's answer was not valid HTTP."
# The first that fits; the special ones stand before those that they inherit from. None names an address.
_DETAILS: tuple[tuple[type[Exception], str], ...] = (
    (aiohttp.ClientConnectorCertificateError, _UNVERIFIED),
    (aiohttp.ClientSSLError, _UNSHAKEN),
    (aiohttp.ClientConnectorDNSError, _UNRESOLVED),
    (TimeoutError, _UNANSWERED),
    (aiohttp.ClientConnectorError, _UNACCEPTED),
    (aiohttp.ClientResponseError, _UNREADABLE),
    (NotHttp, _UNREADABLE),
)
# The same without aiohttp, while a connection was being made.
_UNCONNECTED: tuple[tuple[type[Exception], str], ...] = (
    (ssl.SSLCertVerificationError, _UNVERIFIED),
    (ssl.SSLError, _UNSHAKEN),
    (socket.gaierror, _UNRESOLVED),
    (TimeoutError, _UNANSWERED),
    (OSError, _UNACCEPTED),
)
# Nothing was asked of the endpoint yet. TimeoutError: waiting for an answer has a limit of its own, see too_slow.
_NEVER_MADE = (
    aiohttp.ClientConnectorError, aiohttp.ClientConnectorCertificateError, aiohttp.ClientSSLError, TimeoutError,
)  # fmt: skip
_BROKEN = "The connection to the endpoint broke before an answer."
_SECONDS = re.compile(r"[0-9]+", re.ASCII)


def lost(error: Exception) -> Outcome:
    """The outcome of a connection that could not be made, or broke before an answer: then it may have been read."""
    return Outcome(
        Verdict.TRANSIENT, Reason.CONNECTION, detail=_told(error), in_doubt=not isinstance(error, _NEVER_MADE)
    )


def unconnected(error: OSError) -> Outcome:
    """The outcome of a connection that was not made, as asyncio says it: nothing was sent."""
    detail = next(detail for kind, detail in _UNCONNECTED if isinstance(error, kind))
    return Outcome(Verdict.TRANSIENT, Reason.CONNECTION, detail=detail)


def too_slow(seconds: float, status: int | None) -> Outcome:
    """The outcome of an answer that was not complete in time; `status` when its first line had come."""
    heard = "" if status is None else f" (it had begun with status {status})"
    detail = f"The endpoint did not finish its answer within {seconds:g} s{heard}."
    code = "" if status is None else str(status)
    return Outcome(Verdict.TRANSIENT, Reason.CONNECTION, code, detail, in_doubt=True)


def forbidden(detail: str) -> Outcome:
    """The outcome of a target that the guard refuses: final, nothing was sent."""
    return Outcome(Verdict.PERMANENT, Reason.FORBIDDEN_TARGET, detail=detail)


def unmade(detail: str) -> Outcome:
    """The outcome of a request that our own keys cannot make: nothing was sent, and an operator must see to it."""
    return Outcome(Verdict.PERMANENT, Reason.POLICY, detail=detail)


def parse_retry_after(value: str, now: float) -> float | None:
    """Seconds to wait by RFC 9110 section 10.2.3 (a number, or an HTTP date), from 0 to MAX_RETRY_AFTER.

    None when the value is neither. `now` is in unix seconds.
    """
    text = value.strip()
    if _SECONDS.fullmatch(text):
        return min(float(text[:12]), MAX_RETRY_AFTER)
    try:
        date = parsedate_to_datetime(text)
        wait = date.replace(tzinfo=date.tzinfo or UTC).timestamp() - now
    except (ValueError, OverflowError):
        return None
    return min(max(wait, 0.0), MAX_RETRY_AFTER)


def _told(error: Exception) -> str:
    return next((detail for kind, detail in _DETAILS if isinstance(error, kind)), _BROKEN)
