"""What a push service's answer means (RFC 8030 in, Outcome out)."""

import time

from channels.https.answers import parse_retry_after
from channels.outcome import Outcome, Reason, Verdict

_OURS = {400, 401, 403}  # 400: what some services answer to a statement that they can't read


def judge(status: int, retry_after: str | None) -> Outcome:
    """The outcome of an answer with this status; `retry_after` is the header's value.

    404 and 410 are final: the browser is gone (RFC 8030 section 7.3). A refusal of our key or our statement is our
    fault, which an operator may mend while the message is still of use, so it is retried and calls the operator.
    """
    code = str(status)
    if 200 <= status <= 299:
        return Outcome(Verdict.ACCEPTED, code=code)
    if status in {404, 410}:
        return Outcome(Verdict.PERMANENT, Reason.GONE, code, "The browser has ended its subscription.")
    if status in _OURS:
        detail = "The push service does not accept our key or our request: see VAPID_KEYS and this machine's clock."
        return Outcome(Verdict.TRANSIENT, Reason.POLICY, code, detail)
    wait = parse_retry_after(retry_after, time.time()) if retry_after and status in {429, 503} else None
    return Outcome(Verdict.TRANSIENT, Reason.REFUSED, code, f"The push service answered {code}.", wait)


def held_back(last: Outcome) -> Outcome:
    """The outcome of a message that is not tried now, since its push service has just refused several others."""
    detail = "Not tried: the push service had refused or lost several messages in a row."
    return Outcome(Verdict.TRANSIENT, last.reason, last.code, detail, last.retry_after)
