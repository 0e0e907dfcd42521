"""The transactional lane: what subscriptions/ put into its outbox for one person goes out, in seconds."""

import logging
from asyncio import Future
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import Error as DatabaseFailure
from django.utils import timezone

from alerts.consequences import said_without_address
from alerts.lanes import LEASE, RULES, UNRECORDED, Channel, Lane, retry_delay
from alerts.runtime import runtime
from alerts.signing import sign
from channels.message import Hole, Marks, MessageHeaders, address_header_value, compile_message, transactional_headers
from channels.outcome import Outcome, Reason, Verdict
from channels.smtp.envelope import Envelope
from channels.tokens import signed_id
from govnotify.lib.database import query
from subscriptions.keys import signer
from subscriptions.models import OutboxMessage, Subscriber
from subscriptions.outbox_mail import OutboxMail, render
from subscriptions.suppressing import suppress

logger = logging.getLogger(__name__)
OUTBOX = 100  # the kind in a signed id that says: this is about an outbox row, not a delivery

CLAIM = """
UPDATE subscriptions_outboxmessage SET next_attempt_at = clock_timestamp() + %(lease)s, attempts = attempts + 1
WHERE id IN (
    SELECT id FROM subscriptions_outboxmessage WHERE next_attempt_at <= clock_timestamp()
    ORDER BY next_attempt_at LIMIT %(batch)s FOR UPDATE SKIP LOCKED
)
RETURNING id
"""


def send_outbox() -> bool:
    """Send what is due. False when nothing was."""
    messages = _claim()
    if messages:
        feed = OutboxFeed(messages)
        try:
            stragglers = runtime().run(runtime().relay(Lane.TRANSACTIONAL).send(feed))
        finally:
            _record_all(feed)
        if not stragglers.done():
            runtime().leave(_wait(stragglers, feed))
    return bool(messages)


async def _wait(stragglers: Future[None], feed: "OutboxFeed") -> None:
    """For messages that a server is slow about, which no other shall wait for."""
    try:
        await stragglers
    finally:
        await runtime().loop.run_in_executor(runtime().recorder, _record_all, feed)


class OutboxFeed:
    """At most a window of messages, with the outcomes that have come and are not written yet.

    Rendered before any is sent: that asks the database, which the event loop must not wait for.
    """

    def __init__(self, messages: Sequence[OutboxMessage]) -> None:
        self.results: list[tuple[OutboxMessage, Outcome]] = []
        self._waiting = [found for message in reversed(messages) if (found := self._rendered(message))]

    @property
    def finished(self) -> bool:
        return not self._waiting

    def take(self) -> Envelope | None:
        return self._waiting.pop() if self._waiting else None

    def record(self, envelope: Envelope, outcome: Outcome) -> None:
        self.results.append((envelope.key, outcome))  # type: ignore[arg-type]  # the key is the message that we put in

    def _rendered(self, message: OutboxMessage) -> Envelope | None:
        try:
            return envelope(message, render(message))
        except DatabaseFailure:  # nothing is wrong with the message: it comes again when the lease ends
            raise
        except Exception as error:
            logger.exception("outbox message %s can't be rendered", message.pk)
            self.results.append((message, Outcome(Verdict.PERMANENT, Reason.REFUSED, "", str(error)[:200])))
            return None


def envelope(message: OutboxMessage, mail: OutboxMail) -> Envelope:
    """One person's message, ready to send."""
    marks = Marks()
    name = signed_id(signer(), message.pk, OUTBOX, message.subscriber_id)
    headers = MessageHeaders(
        from_name=mail.sender_name,
        from_address=mail.sender_address,
        subject=mail.subject,
        date=timezone.now(),
        message_id_domain=mail.sender_address.rpartition("@")[2],
        language=mail.language,
    )
    compiled = compile_message(
        headers=transactional_headers(headers, marks), text=mail.text, html=mail.html, marks=marks
    )
    values = {Hole.ADDRESS: address_header_value(mail.to), Hole.MESSAGE_ID: name.encode()}
    return Envelope(
        key=message,
        sender=f"b+{name}@{settings.BOUNCE_DOMAIN}",
        recipient=mail.to.envelope,
        message=sign(compiled.fill(values)),
        smtputf8=mail.to.smtputf8,
    )


def _claim() -> list[OutboxMessage]:
    claimed = query(CLAIM, {"lease": LEASE, "batch": min(RULES[Lane.TRANSACTIONAL].batch, UNRECORDED)})
    ids = [row[0] for row in claimed]
    return list(OutboxMessage.objects.filter(pk__in=ids).select_related("subscriber").order_by("pk"))


def _record_all(feed: "OutboxFeed") -> None:
    """Write the results that have come since the last call."""
    while feed.results:
        _record(*feed.results.pop())


def _record(message: OutboxMessage, outcome: Outcome) -> None:
    """Write the result, fenced by the number of the attempt: an older claim's decision counts no more."""
    now = timezone.now()
    due = _next_attempt(message, outcome, now)
    status = OutboxMessage.Status.SENT if outcome.accepted else OutboxMessage.Status.FAILED
    OutboxMessage.objects.filter(pk=message.pk, attempts=message.attempts).update(
        status=OutboxMessage.Status.PENDING if due else status,
        next_attempt_at=due,
        detail=said_without_address(outcome, message.subscriber.email)[:200],
        sent_at=now if outcome.accepted else None,
    )
    if outcome.suppresses:
        for person in Subscriber.objects.filter(pk=message.subscriber_id):
            suppress(address_keys=[bytes(person.address_key)], reason="hard-bounce", code=outcome.code)


def _next_attempt(message: OutboxMessage, outcome: Outcome, now: datetime) -> datetime | None:
    if outcome.verdict is not Verdict.TRANSIENT:
        return None
    due = now + retry_delay(Lane.TRANSACTIONAL, Channel.EMAIL, message.attempts, outcome.retry_after)
    lifetime = RULES[Lane.TRANSACTIONAL].lifetime or timedelta.max
    return due if due < message.created_at + lifetime else None
