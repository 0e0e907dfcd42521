"""What outcomes mean beyond their rows: addresses suppressed, browsers forgotten, operators called."""

import logging
import re
from collections.abc import Sequence

from django.db import OperationalError, transaction
from psycopg.errors import LockNotAvailable

from alerts.engine.claims import Claim
from alerts.engine.eligibility import Recipient
from alerts.lanes import Lane, RecipientKind
from channels.outcome import Outcome, Reason
from govnotify.lib.database import query
from subscriptions.forgetting_browsers import forget
from subscriptions.models import BrowserConsent, Subscriber
from subscriptions.suppressing import suppress

logger = logging.getLogger(__name__)
Result = tuple[Recipient, Outcome]
EMERGENCY_LOCK_WAIT = "100ms"  # then it goes on: whom it does not suppress, the next hard bounce will


def end_recipients(claim: Claim, results: Sequence[Result]) -> None:
    """Say goodbye to those who are no more, in the caller's transaction: addresses and browsers.

    Endpoints of webhooks stay as they are: they are disabled by their own rules.
    """
    if claim.kind is RecipientKind.SUBSCRIBER:
        suppress_hard_bounces(claim, results)
    elif claim.kind is RecipientKind.BROWSER:
        gone = [recipient.id for recipient, outcome in results if outcome.ends_recipient]
        if gone:
            forget(gone, BrowserConsent.Way.GONE)


def suppress_hard_bounces(claim: Claim, results: Sequence[Result]) -> None:
    """Write no more to addresses that do not exist, in the caller's transaction.

    Of somebody who has changed the address meanwhile the new one has refused nothing.
    """
    hard = {recipient.id: (recipient.address, outcome.code) for recipient, outcome in results if outcome.suppresses}
    if not hard:
        return
    try:
        with transaction.atomic():
            if claim.lane is Lane.EMERGENCY:  # another lane may be suppressing the same address, and hang over it
                query(f"SET LOCAL lock_timeout = '{EMERGENCY_LOCK_WAIT}'", {})
            # In one order whoever does it, so that two lanes with the same addresses never wait in a ring.
            for subscriber in Subscriber.objects.filter(pk__in=hard).order_by("address_key"):
                refused, code = hard[subscriber.pk]
                if subscriber.email == refused:
                    suppress(address_keys=[bytes(subscriber.address_key)], reason="hard-bounce", code=code)
    except OperationalError as error:
        if not isinstance(error.__cause__, LockNotAvailable):
            raise
        logger.warning("dispatch %s suppresses nobody for now: the addresses are locked", claim.dispatch_id)


def alarm(claim: Claim, results: Sequence[Result]) -> None:
    """A refusal by policy (5.7.x) is the sender's fault: it never suppresses anybody, it calls the operator."""
    refused = [
        said_without_address(outcome, recipient.address)
        for recipient, outcome in results
        if outcome.reason is Reason.POLICY
    ]
    if refused:
        logger.error(
            "%d messages of dispatch %s are refused, and the fault is ours: %s",
            len(refused), claim.dispatch_id, refused[0],
        )  # fmt: skip


def said_without_address(outcome: Outcome, address: str) -> str:
    """What the server said, for rows and logs. Servers often repeat the address, which has no place there."""
    said = " ".join(filter(None, [outcome.code, outcome.detail]))
    return re.sub(re.escape(address), "the address", said, flags=re.IGNORECASE)[:300]
