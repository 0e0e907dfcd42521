"""E-mail: a claim's recipients become envelopes, one by one as connections ask for them."""

import logging
from asyncio import Future
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Protocol

from django.conf import settings

from alerts.engine.admission import release
from alerts.engine.claims import Claim
from alerts.engine.digest_rendering import DigestEdition
from alerts.engine.eligibility import Recipient
from alerts.engine.outcomes import SKIPPED, finish
from alerts.engine.rendering import edition
from alerts.engine.runtime import Runtime
from alerts.engine.signing import sign
from alerts.engine.window import PATIENCE, Window, window
from alerts.lanes import Lane
from alerts.models import Dispatch
from channels.address import Address, BadAddress, parse_address
from channels.message import Hole, address_header_value
from channels.outcome import Outcome, Reason, Verdict
from channels.smtp import NOT_BEGUN, Envelope
from channels.tokens import signed_id, unsubscribe_token
from govnotify.lib.database import outlast
from subscriptions.keys import signer

logger = logging.getLogger(__name__)


class Edition(Protocol):
    """What is sent: a bulletin in its languages, or a digest run."""

    def prepare(self, recipients: Sequence[Recipient]) -> None: ...

    def fill(self, recipient: Recipient, values: Mapping[Hole, bytes]) -> bytes: ...

    def stops(self, recipient: Recipient) -> Sequence[int]: ...


class MailFeed:
    """What the SMTP pool pulls from: renders each message when a connection is ready for it, within the window."""

    def __init__(self, claim: Claim, edition: Edition, window: Window) -> None:
        self.claim = claim
        self.window = window
        self._edition = edition
        self._waiting: Iterator[Recipient] = iter(claim.recipients)
        self._exhausted = False

    @property
    def finished(self) -> bool:
        return self._exhausted or self.window.lost

    @property
    def withdrawn(self) -> bool:
        return self.window.lost

    def take(self) -> Envelope | None:
        while self.window.open:
            recipient = next(self._waiting, None)
            if recipient is None:
                self._exhausted = True
                return None
            self.window.take()
            if recipient.skip:
                self.window.settle((recipient, SKIPPED))
                continue
            try:
                return envelope(self.claim.dispatch_id, self._edition, recipient)
            except BadAddress as error:
                self.window.settle((recipient, Outcome(Verdict.PERMANENT, Reason.REFUSED, "", str(error))))
            except Exception:  # one message that can't be made must not hold up the others, and is not given up at once
                logger.exception("dispatch %s to subscriber %s can't be rendered", self.claim.dispatch_id, recipient.id)
                self.window.settle((recipient, Outcome(Verdict.TRANSIENT, detail="it could not be rendered")))
        return None

    def record(self, envelope: Envelope, outcome: Outcome) -> None:
        if outcome is NOT_BEGUN:
            self.window.put_back()
            return
        self.window.settle((envelope.key, outcome))  # type: ignore[arg-type]  # the key is the recipient that we put in


def envelope(dispatch_id: int, edition: Edition, recipient: Recipient) -> Envelope:
    """One recipient's message, ready to send. Raises BadAddress for an address that can't stand on the wire."""
    address = _address(recipient.address)
    name = signed_id(signer(), dispatch_id, 1, recipient.id)
    message = edition.fill(
        recipient,
        {
            Hole.ADDRESS: address_header_value(address),
            Hole.MESSAGE_ID: name.encode(),
            Hole.TOKEN: unsubscribe_token(signer(), recipient.id, dispatch_id, edition.stops(recipient)),
        },
    )
    return Envelope(
        key=recipient,
        sender=f"b+{name}@{settings.BOUNCE_DOMAIN}",
        recipient=address.envelope,
        message=sign(message),
        smtputf8=address.smtputf8,
    )


async def send_mail(claim: Claim, runtime: Runtime) -> None:
    """Send to every recipient of the claim and record what became of each.

    Returns before that where a server is slow about some: the claim is held, and closed when their outcomes have come.
    """
    prepared = await runtime.loop.run_in_executor(runtime.recorder, _prepared, claim)
    relay = runtime.relay(claim.lane)
    async with AsyncExitStack() as stack:
        opened = await stack.enter_async_context(window(claim, runtime, relay.wake))
        stragglers = await relay.send(MailFeed(claim, prepared, opened))
        if not stragglers.done():
            runtime.leave(_wait(stragglers, stack.pop_all(), claim, runtime))
            if claim.hold is not None:  # one mailbox's silence is not its whole destination's
                await runtime.loop.run_in_executor(runtime.recorder, release, claim.hold, claim.dispatch_id)


async def _wait(stragglers: Future[None], stack: AsyncExitStack, claim: Claim, runtime: Runtime) -> None:
    async with stack:
        await stragglers
    await runtime.loop.run_in_executor(runtime.recorder, finish, claim.dispatch_id)


def _prepared(claim: Claim) -> Edition:
    return outlast(lambda: _edition(claim), seconds=PATIENCE)


def _edition(claim: Claim) -> Edition:
    """What the claim sends, compiled for its recipients, so that sending never waits for the database."""
    found: Edition
    if claim.lane is Lane.DIGEST:
        found = DigestEdition(Dispatch.objects.get(pk=claim.dispatch_id), claim)
    else:
        found = edition(claim.dispatch_id)
    found.prepare([recipient for recipient in claim.recipients if not recipient.skip])
    return found


def _address(stored: str) -> Address:
    """Stored addresses were checked when they came in; only those with foreign letters need the full parser again."""
    local, _, domain = stored.rpartition("@")
    if stored.isascii():
        return Address(stored, local, domain.lower())
    return parse_address(stored, allow_special_domains=True)
