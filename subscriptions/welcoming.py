"""The welcome: the one message to a browser that has not proved yet that it wants any. Its worker answers it."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from channels.outcome import Outcome, Reason, Verdict
from channels.push.client import PushClient
from channels.push.encryption import BadBrowserKey
from channels.push.message import BrowserKeys, Push
from channels.push.payload import Notification
from channels.push.vapid import VapidKeys
from channels.secrets import UnreadableSecret
from channels.tokens import timed_token
from govnotify.lib.languages import direction, spoken
from subscriptions.browsers import PURPOSE, push_guard
from subscriptions.keys import secret_box, signer, vapid
from subscriptions.models import Browser

TTL = 3_600  # seconds: somebody waits for it now
LEASE = timedelta(seconds=60)  # a welcome that takes longer than this belongs to a worker that died; and between tries
TRIES = 5


def welcome_pending(*, limit: int = 50) -> int:
    """Send the welcomes that wait, those of other workers left out; how many were tried."""
    keys = vapid()
    if keys is None:
        return 0
    claimed = _claim(limit)
    if claimed:
        outcomes = asyncio.run(_welcome(claimed, keys))
        _record(claimed, outcomes)
    return len(claimed)


@transaction.atomic
def _claim(limit: int) -> list[Browser]:
    """Lease them by `welcome_at`: who finds a fresh one leaves it alone."""
    now = timezone.now()
    free = Browser.objects.awaiting_welcome().filter(Q(welcome_at=None) | Q(welcome_at__lt=now - LEASE))
    claimed = list(free.order_by("pk").select_for_update(skip_locked=True)[:limit])
    Browser.objects.filter(pk__in=[one.pk for one in claimed]).update(welcome_at=now, welcomes=F("welcomes") + 1)
    for one in claimed:
        one.welcome_at, one.welcomes = now, one.welcomes + 1
    return claimed


async def _welcome(browsers: Sequence[Browser], keys: VapidKeys) -> dict[int, Outcome]:
    client = PushClient(push_guard(), ca_file=settings.PUSH_CA_FILE)
    outcomes: dict[int, Outcome] = {}
    try:
        messages = []
        for browser in browsers:
            try:
                messages.append(welcome_of(browser, keys))
            except (UnreadableSecret, BadBrowserKey) as error:
                outcomes[browser.pk] = Outcome(Verdict.PERMANENT, Reason.POLICY, "", str(error))
        await client.post_many(messages, lambda sent, outcome: outcomes.update({sent.recipient: outcome}))
    finally:
        await client.close()
    return outcomes


def welcome_of(browser: Browser, keys: VapidKeys) -> Push:
    """What proves that the browser is one: a token that only its service worker can read."""
    token = timed_token(signer(), PURPOSE, browser.pk, timezone.now())
    with translation.override(spoken(browser.language)):
        language = translation.get_language()
        said = Notification(
            title=_("Notifications are on"),
            body=_("This browser will tell you about what you chose. Tap to see or change it."),
            url=settings.SITE_URL + reverse("push"),
            lang=language,
            dir=direction(language),
            tag="welcome",
        )
    return Push(
        url=browser.endpoint,
        keys=BrowserKeys.unpack(secret_box().decrypt(browser.sealed_keys)),
        key_id=browser.vapid_key_id,
        payload=said.encoded({"answer": token}),
        vapid=keys,
        ttl=TTL,
        topic="welcome",
        recipient=browser.pk,
    )


def _record(browsers: Sequence[Browser], outcomes: dict[int, Outcome]) -> None:
    """Only who holds the lease writes: `welcome_at` is its fence. What was never tried is tried after the lease."""
    for browser in browsers:
        outcome = outcomes.get(browser.pk)
        leased = Browser.objects.awaiting_welcome().filter(pk=browser.pk, welcome_at=browser.welcome_at)
        if outcome is None:
            continue
        if outcome.accepted:
            leased.update(status=Browser.Status.WELCOMED)
        elif outcome.verdict is Verdict.PERMANENT or browser.welcomes >= TRIES:
            leased.delete()
