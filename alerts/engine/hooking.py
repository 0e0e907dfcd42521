"""Webhooks: a claim's endpoints become signed calls, posted side by side."""

from django.conf import settings
from django.db.models import OuterRef, Subquery

from alerts.engine.claims import Claim
from alerts.engine.eligibility import Recipient
from alerts.engine.outcomes import SKIPPED
from alerts.engine.runtime import Runtime
from alerts.engine.window import PATIENCE, window
from alerts.models import Alert, Bulletin, Dispatch
from channels.outcome import Outcome, Reason, Verdict
from channels.secrets import UnreadableSecret
from channels.webhook.call import Call
from channels.webhook.payload import EventType, PayloadTooLarge, event, thin
from govnotify.lib.database import outlast
from subscriptions.keys import secret_box
from subscriptions.models import Topic

ALERT_KINDS = {
    Alert.MsgType.UPDATE.value: EventType.ALERT_UPDATED,
    Alert.MsgType.CANCEL.value: EventType.ALERT_CANCELLED,
}


async def send_webhooks(claim: Claim, runtime: Runtime) -> None:
    """Call every endpoint of the claim and record what became of each."""
    body = await runtime.loop.run_in_executor(runtime.recorder, _prepared, claim.dispatch_id)
    async with window(claim, runtime) as opened:
        named: dict[str, Recipient] = {}
        calls = []
        for recipient in claim.recipients:
            call = _call(claim.dispatch_id, recipient, body)
            if isinstance(call, Call):
                named[call.message_id] = recipient
                calls.append(call)
            else:
                opened.take()
                opened.settle((recipient, call))
        await runtime.webhooks.post_many(
            calls,
            lambda call, attempt: opened.settle((named[call.message_id], attempt.outcome)),
            admit=opened.admit,
        )


def _call(dispatch_id: int, recipient: Recipient, body: bytes) -> Call | Outcome:
    """The signed call, its id the same on every retry of this delivery; or what became of it without one."""
    if recipient.skip:
        return SKIPPED
    try:
        secrets = [secret_box().decrypt(recipient.secret)]
    except UnreadableSecret as error:  # one endpoint's trouble must not hold up the others
        return Outcome(Verdict.PERMANENT, Reason.POLICY, "", str(error))
    return Call(url=recipient.address, secrets=secrets, message_id=f"msg_{dispatch_id}_{recipient.id}", body=body)


def _prepared(dispatch_id: int) -> bytes:
    return outlast(lambda: payload(dispatch_id), seconds=PATIENCE)


def payload(dispatch_id: int) -> bytes:
    """What every endpoint is told about the dispatch's bulletin; thin where the whole would be too large."""
    dispatch = Dispatch.objects.select_related("bulletin__agency").get(pk=dispatch_id)
    bulletin = dispatch.bulletin
    assert bulletin is not None and bulletin.published_at is not None  # noqa: S101, PT018  only published ones have a dispatch
    kind = _kind(bulletin)
    url = settings.SITE_URL + bulletin.get_absolute_url()
    try:
        return event(kind, bulletin.published_at, describe(bulletin, url))
    except PayloadTooLarge:
        return thin(kind, bulletin.published_at, str(bulletin.pk), url)


def _kind(bulletin: Bulletin) -> EventType:
    if bulletin.is_alert:
        return ALERT_KINDS.get(bulletin.alert.msg_type, EventType.ALERT_ISSUED)
    return EventType.BULLETIN_UPDATED if bulletin.is_correction else EventType.BULLETIN_PUBLISHED


def describe(bulletin: Bulletin, url: str) -> dict[str, object]:
    """The bulletin as machines see it: public content, no personal data."""
    described: dict[str, object] = {
        "id": str(bulletin.pk),
        "url": url,
        "agency": {"slug": bulletin.agency.slug, "name": bulletin.agency.name},
        "topics": _topics(bulletin),
        "areas": [
            {"scheme": place.scheme, "code": place.code, "name": place.name, "kind": place.kind}
            for place in bulletin.ordered_areas()
        ],
        "variants": [
            {
                "language": variant.language,
                "title": variant.title,
                "summary": variant.summary,
                "html": variant.html,
                "instruction": variant.instruction,
            }
            | ({"event": variant.event} if bulletin.is_alert else {})
            for variant in bulletin.variants.order_by("pk")
        ],
    }
    if bulletin.corrects_id is not None:
        described["corrects"] = str(bulletin.corrects_id)
    if bulletin.is_alert:
        alert = bulletin.alert
        described["alert"] = {
            "identifier": alert.identifier,
            "sender": alert.sender,
            "sent": alert.sent.isoformat(),
            "status": alert.status,
            "msg_type": alert.msg_type,
            "references": alert.references,
            "event": alert.event,
            "category": alert.category,
            "urgency": alert.urgency,
            "severity": alert.severity,
            "certainty": alert.certainty,
            "areas": alert.areas,
            "expires": alert.expires.isoformat() if alert.expires else None,
        }
    return described


def _topics(bulletin: Bulletin) -> list[str]:
    """In the editor's order, each looked up: joined, all topics were read for each claim."""
    slug = Topic.objects.filter(pk=OuterRef("topic")).values("slug")
    return list(bulletin.topic_links.order_by("position").values_list(Subquery(slug), flat=True))
