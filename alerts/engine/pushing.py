"""Web Push: a claim's browsers become encrypted notifications, posted side by side to their push services."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from alerts.engine.claims import Claim
from alerts.engine.eligibility import Recipient
from alerts.engine.outcomes import SKIPPED
from alerts.engine.rendering import headline, preheader
from alerts.engine.runtime import Runtime
from alerts.engine.window import PATIENCE, window
from alerts.lanes import ROUTINE_PUSH_TTL, Lane
from alerts.models import Alert, Bulletin, BulletinVariant, Dispatch
from channels.outcome import Outcome, Reason, Verdict
from channels.push.encryption import BadBrowserKey
from channels.push.message import BrowserKeys, Push, Urgency
from channels.push.payload import Notification
from channels.push.vapid import VapidKeys
from channels.secrets import UnreadableSecret
from govnotify.lib.database import outlast
from govnotify.lib.languages import direction, spoken
from subscriptions.keys import secret_box, vapid

KEPT = 64  # payloads of a dispatch and language, per process
NO_KEY = Outcome(Verdict.TRANSIENT, Reason.POLICY, "", "VAPID_KEYS is not set: put back the keys that browsers know.")


@dataclass(frozen=True, slots=True)
class Manner:
    """How a dispatch's notifications travel."""

    ttl: int
    urgency: Urgency
    topic: str


async def send_pushes(claim: Claim, runtime: Runtime) -> None:
    """Notify every browser of the claim and record what became of each."""
    manner, payloads = await runtime.loop.run_in_executor(runtime.recorder, _prepared, claim)
    keys = vapid()
    async with window(claim, runtime) as opened:
        named: dict[int, Recipient] = {}
        messages = []
        for recipient in claim.recipients:
            message = _message(recipient, payloads, manner, keys)
            if isinstance(message, Push):
                named[recipient.id] = recipient
                messages.append(message)
            else:
                opened.take()
                opened.settle((recipient, message))
        await runtime.pushes.post_many(
            messages, lambda sent, outcome: opened.settle((named[sent.recipient], outcome)), admit=opened.admit
        )


def _message(
    recipient: Recipient, payloads: dict[str, bytes], manner: Manner, keys: VapidKeys | None
) -> Push | Outcome:
    """The message of one browser, or what became of it without one."""
    if recipient.skip:
        return SKIPPED
    if keys is None:
        return NO_KEY
    key_id, _space, sealed = recipient.secret.partition(" ")
    try:
        return Push(
            url=recipient.address,
            keys=BrowserKeys.unpack(secret_box().decrypt(sealed)),
            key_id=key_id,
            payload=payloads[recipient.language],
            vapid=keys,
            ttl=manner.ttl,
            urgency=manner.urgency,
            topic=manner.topic,
            recipient=recipient.id,
        )
    except (UnreadableSecret, BadBrowserKey) as error:  # one browser's trouble must not hold up the others
        return Outcome(Verdict.PERMANENT, Reason.POLICY, "", str(error))


def _prepared(claim: Claim) -> tuple[Manner, dict[str, bytes]]:
    languages = {recipient.language for recipient in claim.recipients if not recipient.skip}

    def read() -> tuple[Manner, dict[str, bytes]]:
        payloads = {language: payload(claim.dispatch_id, language) for language in languages}
        return manner_of(claim.lane, claim.ends_at, tag_of(claim.dispatch_id)), payloads

    return outlast(read, seconds=PATIENCE)


def manner_of(lane: Lane, ends_at: datetime, tag: str) -> Manner:
    """An emergency wakes the device, and is kept by the push service until the alert ends."""
    if lane is Lane.EMERGENCY:
        return Manner(max(0, int((ends_at - timezone.now()).total_seconds())), Urgency.HIGH, tag)
    return Manner(int(ROUTINE_PUSH_TTL.total_seconds()), Urgency.NORMAL, tag)


@lru_cache(maxsize=KEPT)
def tag_of(dispatch_id: int) -> str:
    """The same for a bulletin and its corrections, for an alert and its updates: the later replaces the earlier."""
    corrects = Dispatch.objects.values_list("corrects", flat=True).get(pk=dispatch_id)
    return f"d{min([*corrects, dispatch_id])}"


@lru_cache(maxsize=KEPT)
def payload(dispatch_id: int, language: str) -> bytes:
    """What a browser of this language is told about the dispatch's bulletin, which never changes."""
    dispatch = Dispatch.objects.select_related("bulletin__agency", "bulletin__alert").get(pk=dispatch_id)
    bulletin = dispatch.bulletin
    assert bulletin is not None  # noqa: S101  a digest has no browsers
    variant = bulletin.variant_for(language)
    assert variant is not None  # noqa: S101  nothing is published without one
    return notification(bulletin, variant, tag_of(dispatch_id)).encoded()


def notification(bulletin: Bulletin, variant: BulletinVariant, tag: str) -> Notification:
    """The bulletin as a notification: the mail's subject, what to do or how it begins, and its page."""
    with translation.override(spoken(variant.language)):
        stop = _("Change or stop")
    return Notification(
        title=headline(bulletin, variant),
        body=preheader(variant),
        url=f"{settings.SITE_URL}{bulletin.get_absolute_url()}?lang={variant.language}",
        lang=variant.language,
        dir=direction(variant.language),
        tag=tag,
        urgent=bulletin.is_alert and bulletin.alert.msg_type != Alert.MsgType.CANCEL,
        stop=stop,
    )
