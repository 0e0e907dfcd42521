"""The transactional lane: what subscriptions/ put into its outbox for one person goes out, in seconds."""

import asyncio
import logging
from asyncio import Future
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import Error as DatabaseFailure
from django.utils import timezone

from alerts.engine.consequences import said_without_address
from alerts.engine.runtime import runtime
from alerts.engine.signing import sign
from alerts.lanes import LEASE, MEMORY_SECONDS, RENEW_SECONDS, RULES, UNRECORDED, Channel, Lane, retry_delay
from channels.message import Hole, Marks, MessageHeaders, address_header_value, compile_message, transactional_headers
from channels.outcome import Outcome, Reason, Verdict
from channels.smtp.envelope import Envelope
from channels.tokens import signed_id
from govnotify.lib.database import outlast, query, query_in_index_order
from subscriptions.keys import signer
from subscriptions.models import OutboxMessage, Subscriber
from subscriptions.outbox_mail import OutboxMail, render
from subscriptions.suppressing import suppress

logger = logging.getLogger(__name__)
OUTBOX = 100  # the kind in a signed id that says: this is about an outbox row, not a delivery

# The time is the statement's, so that the index is read up to it, and not on through what is tried again later.
CLAIM = """
UPDATE subscriptions_outboxmessage SET next_attempt_at = clock_timestamp() + %(lease)s, attempts = attempts + 1
WHERE id = ANY(ARRAY(
    SELECT id FROM subscriptions_outboxmessage WHERE next_attempt_at <= statement_timestamp()
    ORDER BY next_attempt_at LIMIT %(batch)s FOR UPDATE SKIP LOCKED
))
RETURNING id
"""
# Only of claims that are still ours, and only of what waits for its outcome.
RENEW = """
UPDATE subscriptions_outboxmessage o SET next_attempt_at = clock_timestamp() + %(lease)s
FROM unnest(%(ids)s::bigint[], %(attempts)s::int[]) AS ours(id, attempts)
WHERE o.id = ours.id AND o.attempts = ours.attempts AND o.next_attempt_at IS NOT NULL
"""


def send_outbox() -> bool:
    """Send what is due. False when nothing was."""
    messages = _claim()
    if messages:
        runtime().run(_send(OutboxFeed(messages)))
    return bool(messages)


async def _send(feed: "OutboxFeed") -> None:
    """Returns with messages out that a server is slow about, which no other shall wait for."""
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(_kept(feed))
        stragglers = await runtime().relay(Lane.TRANSACTIONAL).send(feed)
        if not stragglers.done():
            await _in_recorder(_record_all, feed)
            runtime().leave(_wait(stragglers, stack.pop_all()))


async def _wait(stragglers: Future[None], stack: AsyncExitStack) -> None:
    async with stack:
        await stragglers


@asynccontextmanager
async def _kept(feed: "OutboxFeed") -> AsyncIterator[None]:
    """The messages are this worker's until the block ends; then their outcomes are recorded."""
    keeping = runtime().loop.create_task(_keep(feed))
    try:
        yield
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        await _in_recorder(_record_all, feed)


async def _keep(feed: "OutboxFeed") -> None:
    """A server may be slow at every step, each within its limit and all together for longer than a lease."""
    while True:
        await asyncio.sleep(RENEW_SECONDS)
        try:
            await _in_recorder(_record_all, feed)
            await _in_recorder(_renew, feed)
        except Exception:  # the next may go well; without it others would send what a server has in hand
            logger.exception("the lease of outbox messages was not renewed")


async def _in_recorder(act: "Callable[[OutboxFeed], None]", feed: "OutboxFeed") -> None:
    """A database that is away is waited for: what was accepted is known to nobody else."""
    write = partial(outlast, partial(act, feed), seconds=MEMORY_SECONDS)
    await runtime().loop.run_in_executor(runtime().recorder, write)


class OutboxFeed:
    """At most a window of messages, with the outcomes that have come and are not written yet.

    Rendered before any is sent: that asks the database, which the event loop must not wait for.
    """

    withdrawn = False

    def __init__(self, messages: Sequence[OutboxMessage]) -> None:
        self.claimed = {message.pk: message for message in messages}  # without an outcome in the database
        self.results: deque[tuple[OutboxMessage, Outcome]] = deque()
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
    claimed = query_in_index_order(CLAIM, {"lease": LEASE, "batch": min(RULES[Lane.TRANSACTIONAL].batch, UNRECORDED)})
    ids = [row[0] for row in claimed]
    return list(OutboxMessage.objects.filter(pk__in=ids).select_related("subscriber").order_by("pk"))


def _record_all(feed: "OutboxFeed") -> None:
    """Write the results that have come since the last call."""
    while feed.results:
        _record(*feed.results[0])
        feed.claimed.pop(feed.results.popleft()[0].pk, None)


def _renew(feed: "OutboxFeed") -> None:
    ours = feed.claimed.values()
    values = {"ids": [message.pk for message in ours], "attempts": [message.attempts for message in ours]}
    query(RENEW, values | {"lease": LEASE})


def _record(message: OutboxMessage, outcome: Outcome) -> None:
    """Write the result. An acceptance is a fact; a decision is fenced by the number of the attempt."""
    now = timezone.now()
    due = _next_attempt(message, outcome, now)
    status = OutboxMessage.Status.SENT if outcome.accepted else OutboxMessage.Status.FAILED
    rows = OutboxMessage.objects.filter(pk=message.pk).exclude(status=OutboxMessage.Status.SENT)
    if not outcome.accepted:
        rows = rows.filter(attempts=message.attempts)
    rows.update(
        status=OutboxMessage.Status.PENDING if due else status,
        next_attempt_at=due,
        detail=said_without_address(outcome, message.subscriber.email)[:200],
        sent_at=now if outcome.accepted else None,
    )
    if outcome.suppresses:
        # Whoever has changed the address meanwhile has one that refused nothing.
        for person in Subscriber.objects.filter(pk=message.subscriber_id, email=message.subscriber.email):
            suppress(address_keys=[bytes(person.address_key)], reason="hard-bounce", code=outcome.code)


def _next_attempt(message: OutboxMessage, outcome: Outcome, now: datetime) -> datetime | None:
    if outcome.verdict is not Verdict.TRANSIENT:
        return None
    due = now + retry_delay(Lane.TRANSACTIONAL, Channel.EMAIL, message.attempts, outcome.retry_after)
    lifetime = RULES[Lane.TRANSACTIONAL].lifetime or timedelta.max
    return due if due < message.created_at + lifetime else None
