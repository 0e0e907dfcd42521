"""Webhooks: a claim's endpoints become signed calls, posted side by side."""

from django.conf import settings

from alerts.claims import Claim, Recipient
from alerts.mailing import SKIPPED
from alerts.models import Bulletin, Dispatch
from alerts.runtime import Runtime
from alerts.window import Window
from channels.outcome import Outcome, Reason, Verdict
from channels.secrets import UnreadableSecret
from channels.webhook.call import Attempt, Call
from channels.webhook.payload import EventType, PayloadTooLarge, event, thin
from subscriptions.keys import secret_box


async def send_webhooks(claim: Claim, runtime: Runtime) -> None:
    """Call every endpoint of the claim and record what became of each."""
    window = Window(claim, runtime.recorder, lambda: None)
    body = await runtime.loop.run_in_executor(runtime.recorder, payload, claim.dispatch_id)
    named: dict[str, Recipient] = {}
    calls = []
    for recipient in claim.recipients:
        window.take()
        if recipient.skip:
            window.settle((recipient, SKIPPED))
            continue
        name = f"msg_{claim.dispatch_id}_{recipient.id}"  # the same on every retry of this delivery
        try:
            secrets = [secret_box().decrypt(recipient.secret)]
        except UnreadableSecret as error:  # one endpoint's trouble must not hold up the others
            window.settle((recipient, Outcome(Verdict.PERMANENT, Reason.POLICY, "", str(error))))
            continue
        named[name] = recipient
        calls.append(Call(url=recipient.address, secrets=secrets, message_id=name, body=body))

    def settle(call: Call, attempt: Attempt) -> None:
        window.settle((named[call.message_id], attempt.outcome))

    try:
        await runtime.webhooks.post_many(calls, settle)
    finally:
        await window.close()


def payload(dispatch_id: int) -> bytes:
    """What every endpoint is told about the dispatch's bulletin; thin where the whole would be too large."""
    dispatch = Dispatch.objects.select_related("bulletin__agency").get(pk=dispatch_id)
    bulletin = dispatch.bulletin
    assert bulletin is not None and bulletin.published_at is not None  # noqa: S101, PT018  only published ones have a dispatch
    kind = EventType.ALERT_ISSUED if bulletin.is_alert else EventType.BULLETIN_PUBLISHED
    url = settings.SITE_URL + bulletin.get_absolute_url()
    try:
        return event(kind, bulletin.published_at, describe(bulletin, url))
    except PayloadTooLarge:
        return thin(kind, bulletin.published_at, str(bulletin.pk), url)


def describe(bulletin: Bulletin, url: str) -> dict[str, object]:
    """The bulletin as machines see it: public content, no personal data."""
    described: dict[str, object] = {
        "id": str(bulletin.pk),
        "url": url,
        "agency": {"slug": bulletin.agency.slug, "name": bulletin.agency.name},
        "topics": [topic.slug for topic in bulletin.ordered_topics()],
        "variants": [
            {
                "language": variant.language,
                "title": variant.title,
                "summary": variant.summary,
                "html": variant.html,
                "instruction": variant.instruction,
            }
            for variant in bulletin.variants.order_by("pk")
        ],
    }
    if bulletin.is_alert:
        alert = bulletin.alert
        described["alert"] = {
            "identifier": alert.identifier,
            "sender": alert.sender,
            "sent": alert.sent.isoformat(),
            "status": alert.status,
            "msg_type": alert.msg_type,
            "event": alert.event,
            "category": alert.category,
            "urgency": alert.urgency,
            "severity": alert.severity,
            "certainty": alert.certainty,
            "areas": alert.areas,
            "expires": alert.expires.isoformat() if alert.expires else None,
        }
    return described
