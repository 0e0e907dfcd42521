"""Probes: once a minute a piece of work of our own goes down every queue, and the time until it is accepted is kept.

A probe is a row that housekeeping makes due, as publishing makes a slice. The queue's own worker takes it, between two
pieces of real work, and sends a mail to PROBE_ADDRESS over the lane's own connections. Where that is not set, and on
queues of webhooks and of push, it is accepted when the worker has taken it: database, hint and worker are tried then;
the relay is not, nor is any endpoint or push service. A probe has no dispatch and no delivery, so no report and no
audit trail knows of it.
"""

import asyncio
import logging

from django.conf import settings
from django.utils import timezone

from alerts.engine.consequences import said_without_address
from alerts.engine.runtime import runtime
from alerts.lanes import LEASE, Lane
from alerts.service_levels import BY_MAIL, PROBE_EVERY, PROBE_PATIENCE, PROBED
from channels.address import parse_address
from channels.message import Hole, Marks, MessageHeaders, address_header_value, compile_message, transactional_headers
from channels.outcome import ACCEPTED, Outcome, Verdict
from channels.smtp.envelope import Envelope
from channels.tokens import signed_id
from govnotify.lib.database import query
from govnotify.lib.queues import Queue, rally
from subscriptions.keys import signer

logger = logging.getLogger(__name__)
PROBE = 101  # the kind in a signed id that says: this is about a probe, not a delivery
TIMED_OUT = Outcome(Verdict.TRANSIENT, detail=f"the relay did not answer within {PROBE_PATIENCE:.0f} s")

MAKE_DUE = """
INSERT INTO alerts_probe (queue, due_at, detail, failures)
SELECT queue, clock_timestamp(), '', 0 FROM unnest(%(queues)s::text[]) AS queue
ON CONFLICT (queue) DO UPDATE SET due_at = excluded.due_at, settled_at = NULL, leased_until = NULL
WHERE alerts_probe.settled_at IS NOT NULL AND alerts_probe.due_at <= clock_timestamp() - %(every)s * interval '1 second'
"""
WAITING = """
SELECT queue FROM alerts_probe
WHERE settled_at IS NULL AND (leased_until IS NULL OR leased_until < clock_timestamp()) AND queue = ANY(%(queues)s)
"""
# Nobody waits for a row that somebody else holds: neither here, nor when the result is written.
CLAIM = """
UPDATE alerts_probe SET leased_until = clock_timestamp() + %(lease)s
WHERE queue = (
    SELECT queue FROM alerts_probe
    WHERE queue = %(queue)s AND settled_at IS NULL AND (leased_until IS NULL OR leased_until < clock_timestamp())
    FOR UPDATE SKIP LOCKED
)
RETURNING due_at
"""
RECORD = """
UPDATE alerts_probe SET settled_at = clock_timestamp(), leased_until = NULL, detail = %(detail)s,
    failures = CASE WHEN %(accepted)s THEN 0 ELSE failures + 1 END,
    accepted_at = CASE WHEN %(accepted)s THEN %(now)s ELSE accepted_at END,
    latency = CASE WHEN %(accepted)s THEN extract(epoch FROM %(now)s - due_at) ELSE latency END
WHERE queue = (
    SELECT queue FROM alerts_probe WHERE queue = %(queue)s AND due_at = %(due)s AND settled_at IS NULL
    FOR UPDATE SKIP LOCKED
)
"""


def make_probes_due() -> None:
    """Begin the next round where its time has come, and give the queues a hint; a hint that got lost is repeated."""
    queues = [queue.value for queue in PROBED]
    query(MAKE_DUE, {"queues": queues, "every": PROBE_EVERY})
    for (queue,) in query(WAITING, {"queues": queues}):
        rally(Queue(queue), 1)


def send_probe(queue: Queue) -> bool:
    """Take the queue's probe and record how it fared. False when none is due."""
    claimed = query(CLAIM, {"queue": queue.value, "lease": LEASE})
    if not claimed:
        return False
    outcome = _sent(queue) if queue in BY_MAIL and settings.PROBE_ADDRESS else ACCEPTED
    now = timezone.now()
    detail = "" if outcome.accepted else said_without_address(outcome, settings.PROBE_ADDRESS)
    if detail:
        logger.warning("the probe of queue %s was not accepted: %s", queue, detail)
    values = {
        "queue": queue.value,
        "due": claimed[0][0],
        "now": now,
        "accepted": outcome.accepted,
        "detail": detail,
    }
    query(RECORD, values)
    return True


class ProbeFeed:
    """One mail for the pool, and what became of it."""

    withdrawn = False

    def __init__(self, envelope: Envelope) -> None:
        self.outcome: Outcome | None = None
        self._waiting: Envelope | None = envelope

    @property
    def finished(self) -> bool:
        return self._waiting is None

    def take(self) -> Envelope | None:
        taken, self._waiting = self._waiting, None
        return taken

    def record(self, envelope: Envelope, outcome: Outcome) -> None:
        self.outcome = outcome


def probe_mail(queue: Queue) -> Envelope:
    """The mail that a queue's probe is. Raises BadAddress where PROBE_ADDRESS is none."""
    marks = Marks()
    to = parse_address(settings.PROBE_ADDRESS, allow_special_domains=True)
    name = signed_id(signer(), list(Queue).index(queue), PROBE, int(timezone.now().timestamp()))
    headers = MessageHeaders(
        from_name=settings.SERVICE_NAME,
        from_address=settings.SERVICE_ADDRESS,
        subject=f"Probe of queue {queue}",
        date=timezone.now(),
        message_id_domain=settings.SERVICE_ADDRESS.rpartition("@")[2],
        language="en",
    )
    words = f"This mail tries the way of queue {queue}. Nobody has to read it."
    compiled = compile_message(
        headers=transactional_headers(headers, marks), text=words, html=f"<p>{words}</p>", marks=marks
    )
    return Envelope(
        key=queue,
        sender=f"b+{name}@{settings.BOUNCE_DOMAIN}",
        recipient=to.envelope,
        message=compiled.fill({Hole.ADDRESS: address_header_value(to), Hole.MESSAGE_ID: name.encode()}),
        smtputf8=to.smtputf8,
    )


def _sent(queue: Queue) -> Outcome:
    """What the relay said; whatever goes wrong with a probe is the probe's result, and no trouble of the worker's."""
    try:
        feed = ProbeFeed(probe_mail(queue))
        runtime().run(_deliver(PROBED[queue], feed))
    except TimeoutError:
        return TIMED_OUT
    except (ValueError, OSError) as error:  # BadAddress, BadHeader, a relay's URL or certificate that can't be read
        return Outcome(Verdict.PERMANENT, detail=str(error)[:200])
    return feed.outcome or TIMED_OUT


async def _deliver(lane: Lane, feed: ProbeFeed) -> None:
    async with asyncio.timeout(PROBE_PATIENCE):
        stragglers = await runtime().relay(lane).send(feed)
        await stragglers  # a server that is slow about the probe gets the same patience
