"""What an endpoint's answer, or the want of one, means for the delivery (HTTP in, Outcome out)."""

import re
import time
from datetime import UTC
from email.utils import parsedate_to_datetime

import aiohttp

from channels.outcome import Outcome, Reason, Verdict

# The longest step of the retry table; the caller narrows it to 1 to 2 times the step at hand.
MAX_RETRY_AFTER = 86_400.0  # seconds

# The first that fits; the special ones stand before those that they inherit from. None names an address.
_DETAILS: tuple[tuple[type[Exception], str], ...] = (
    (aiohttp.ClientConnectorCertificateError, "The endpoint's TLS certificate could not be verified."),
    (aiohttp.ClientSSLError, "The TLS handshake with the endpoint failed."),
    (aiohttp.ClientConnectorDNSError, "The endpoint's host name could not be resolved."),
    (TimeoutError, "The endpoint did not accept a connection in time."),
    (aiohttp.ClientConnectorError, "The endpoint did not accept a connection."),
    (aiohttp.ClientResponseError, "The endpoint's answer was not valid HTTP."),
)
# Nothing was asked of the endpoint yet. TimeoutError: waiting for an answer has a limit of its own, see too_slow.
_NEVER_MADE = (
    aiohttp.ClientConnectorError, aiohttp.ClientConnectorCertificateError, aiohttp.ClientSSLError, TimeoutError,
)  # fmt: skip
_BROKEN = "The connection to the endpoint broke before an answer."
_SECONDS = re.compile(r"[0-9]+", re.ASCII)


def judge(status: int, retry_after: str | None) -> Outcome:
    """The outcome of an answer with this status; `retry_after` is the header's value.

    Only 410 is final. Every other status outside 2xx, redirects included, is retried by the table.
    """
    code = str(status)
    if 200 <= status <= 299:
        return Outcome(Verdict.ACCEPTED, code=code)
    if status == 410:
        return Outcome(Verdict.PERMANENT, Reason.GONE, code, "The endpoint asks never to be called again.")
    if 300 <= status <= 399:
        detail = "The endpoint answered with a redirect. Redirects are not followed: register the final URL."
        return Outcome(Verdict.TRANSIENT, Reason.REFUSED, code, detail)
    wait = parse_retry_after(retry_after, time.time()) if retry_after and status in {429, 503} else None
    return Outcome(Verdict.TRANSIENT, Reason.REFUSED, code, f"The endpoint answered {code}.", wait)


def lost(error: Exception) -> Outcome:
    """The outcome of a connection that could not be made, or broke before an answer: then it may have been read."""
    return Outcome(
        Verdict.TRANSIENT, Reason.CONNECTION, detail=_told(error), in_doubt=not isinstance(error, _NEVER_MADE)
    )


def too_slow(seconds: float, status: int | None) -> Outcome:
    """The outcome of an answer that was not complete in time; `status` when its first line had come."""
    heard = "" if status is None else f" (it had begun with status {status})"
    detail = f"The endpoint did not finish its answer within {seconds:g} s{heard}."
    code = "" if status is None else str(status)
    return Outcome(Verdict.TRANSIENT, Reason.CONNECTION, code, detail, in_doubt=True)


def forbidden(detail: str) -> Outcome:
    """The outcome of a target that the guard refuses: final, nothing was sent."""
    return Outcome(Verdict.PERMANENT, Reason.FORBIDDEN_TARGET, detail=detail)


def unsigned(detail: str) -> Outcome:
    """The outcome when our own key cannot sign: nothing was sent, and an operator must see to it."""
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
