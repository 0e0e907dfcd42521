"""The webhook client: posts signed calls, two at a time per endpoint, and says what became of each."""

from collections.abc import Awaitable, Callable, Sequence

from channels.https.call import Attempt
from channels.https.client import ANSWER_LIMIT, GuardedClient, at_once
from channels.webhook.answers import judge
from channels.webhook.call import Call

__all__ = ["ANSWER_LIMIT", "Attempt", "Call", "WebhookClient"]


class WebhookClient(GuardedClient[Call]):
    """Sends webhooks; the parameters are those of GuardedClient."""

    TOTAL_TIMEOUT = 15.0
    judge = staticmethod(judge)

    async def post_many(
        self,
        calls: Sequence[Call],
        record: Callable[[Call, Attempt], None],
        *,
        per_endpoint: int = 2,
        overall: int = 100,
        admit: Callable[[], Awaitable[bool]] = at_once,
    ) -> None:
        """Make one attempt for each call, at most `overall` at a time and `per_endpoint` to the same URL.

        `admit` is asked before each, and may make it wait; one that it refuses is not made. The rest is as in
        `post_side_by_side`.
        """
        await self.post_side_by_side(
            calls,
            record,
            receiver=lambda call: call.url,
            per_receiver=per_endpoint,
            overall=overall,
            admit=lambda _call: admit(),
        )
