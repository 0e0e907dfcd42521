"""What the status of an endpoint's answer means for the webhook (HTTP in, Outcome out)."""

import time

from channels.https.answers import parse_retry_after
from channels.outcome import Outcome, Reason, Verdict


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
