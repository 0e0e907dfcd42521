"""The challenge that an endpoint answers before it is used: proof that its owner wants our webhooks there."""

import hmac
import json
import secrets as random
from dataclasses import replace
from datetime import UTC, datetime

from channels.outcome import Outcome, Reason, Verdict
from channels.webhook.client import Attempt, Call, WebhookClient
from channels.webhook.payload import EventType, event

TIME_LIMIT = 10.0  # seconds for the whole exchange

_NO_ECHO = (
    'The endpoint answered, but not with the challenge. It must answer 2xx with {"challenge": "…"}, '
    "where … is the value of data.challenge in the request."
)


async def verify_endpoint(client: WebhookClient, url: str, secret: str) -> Attempt:
    """Post a signed `endpoint.verification` with a random value and expect that value back as JSON.

    Verified when the attempt's outcome is accepted. Otherwise `outcome.detail` tells the owner what to correct.
    """
    value = random.token_urlsafe(32)
    body = event(EventType.ENDPOINT_VERIFICATION, datetime.now(UTC), {"challenge": value})
    call = Call(url, [secret], f"verify_{random.token_hex(12)}", body)
    attempt = await client.post(call, within=TIME_LIMIT)
    if attempt.outcome.accepted and not _echoes(attempt.answer, value):
        outcome = Outcome(Verdict.TRANSIENT, Reason.REFUSED, attempt.outcome.code, _NO_ECHO)
        return replace(attempt, outcome=outcome)
    return attempt


def _echoes(answer: bytes, value: str) -> bool:
    try:
        said = json.loads(answer)
    except (ValueError, RecursionError):  # 8 KB of brackets are enough for the second
        return False
    echoed = said.get("challenge") if isinstance(said, dict) else None
    # "replace": JSON can spell lone surrogates, which UTF-8 cannot
    return isinstance(echoed, str) and hmac.compare_digest(echoed.encode("utf-8", "replace"), value.encode())
