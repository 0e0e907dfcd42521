"""Bulletins and alerts as the API shows them."""

from typing import Any

from django.conf import settings
from django.urls import reverse
from rest_framework import serializers

from alerts.cap.lexical import format_time
from alerts.models import Alert, Bulletin, Dispatch
from alerts.reports import ChannelProgress, Progress, progress

COUNTS = ("recipients", "sent", "failed", "deferred", "skipped", "cancelled", "pending")


class CountsAnswer(serializers.Serializer[Any]):
    recipients = serializers.IntegerField(help_text="So far; the audience is complete once `expanded` is true.")
    sent = serializers.IntegerField(help_text="Accepted by the next hop. It says nothing about arrival.")
    failed = serializers.IntegerField()
    deferred = serializers.IntegerField(help_text="To be tried again.")
    skipped = serializers.IntegerField(help_text="Unsubscribed, suppressed or erased since.")
    cancelled = serializers.IntegerField(help_text="Dropped unsent, as the sending was stopped for good.")
    pending = serializers.IntegerField()


class ProgressAnswer(CountsAnswer):
    state = serializers.ChoiceField(Dispatch.State.choices)
    expanded = serializers.BooleanField(help_text="Whether the whole audience is known.")
    first_ms = serializers.IntegerField(
        allow_null=True, help_text="Milliseconds from publishing to the first acceptance."
    )
    rate = serializers.FloatField(help_text="Accepted per second.")
    seconds_left = serializers.FloatField(allow_null=True)
    channels = serializers.DictField(child=CountsAnswer())


class BulletinAnswer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    status = serializers.ChoiceField(Bulletin.Status.choices)
    url = serializers.URLField(help_text="The page for citizens.")
    api_url = serializers.URLField(help_text="Ask here how far the sending is.")
    topics = serializers.ListField(child=serializers.CharField())
    areas = serializers.ListField(
        child=serializers.CharField(), help_text="Codes of the places that it is about; none: it is for everywhere."
    )
    urgent = serializers.BooleanField(help_text="Sent at once to people who read daily or weekly too.")
    languages = serializers.ListField(child=serializers.CharField())
    created_at = serializers.DateTimeField()


class BulletinStateAnswer(BulletinAnswer):
    title = serializers.CharField()
    published_at = serializers.DateTimeField(allow_null=True)
    corrects = serializers.IntegerField(allow_null=True, help_text="The bulletin that this one corrects.")
    corrected_by = serializers.IntegerField(allow_null=True, help_text="Its newest published correction.")
    withdrawn_at = serializers.DateTimeField(allow_null=True)
    withdrawal_reason = serializers.CharField(help_text="Empty unless it was withdrawn.")
    progress = ProgressAnswer(allow_null=True, help_text="Null until it is published.")


class AlertAnswer(BulletinAnswer):
    identifier = serializers.CharField()
    sender = serializers.CharField()
    sent = serializers.DateTimeField()
    cap_status = serializers.ChoiceField(Alert.Status.choices)
    expires = serializers.DateTimeField(allow_null=True)
    warnings = serializers.ListField(
        child=serializers.CharField(),
        help_text="What is odd about an imported message; the approver sees it too.",
    )


class AlertStateAnswer(AlertAnswer, BulletinStateAnswer):
    """An alert with its state and progress."""


def created(bulletin: Bulletin, *, published: bool, route: str = "api-bulletin") -> dict[str, Any]:
    """What is answered to the request that made the bulletin, however long ago that was."""
    return {
        "id": bulletin.pk,
        "status": Bulletin.Status.PUBLISHED if published else Bulletin.Status.DRAFT,
        "url": settings.SITE_URL + bulletin.get_absolute_url(),
        "api_url": settings.SITE_URL + reverse(route, args=[bulletin.pk]),
        "topics": [topic.slug for topic in bulletin.ordered_topics()],
        "areas": [place.code for place in bulletin.ordered_areas()],
        "urgent": bulletin.urgent,
        "languages": [variant.language for variant in bulletin.variants.order_by("pk")],
        "created_at": bulletin.created_at.isoformat(),
    }


def state(bulletin: Bulletin) -> dict[str, Any]:
    """What has become of the bulletin: to be laid over what was answered when it was made."""
    dispatch = Dispatch.objects.filter(bulletin=bulletin).first()
    newest = bulletin.newest()
    return {
        "status": bulletin.status,
        "title": bulletin.title,
        "published_at": bulletin.published_at and bulletin.published_at.isoformat(),
        "corrects": bulletin.corrects_id,
        "corrected_by": newest.pk if newest != bulletin else None,
        "withdrawn_at": bulletin.withdrawn_at and bulletin.withdrawn_at.isoformat(),
        "withdrawal_reason": bulletin.withdrawal_reason,
        "progress": _progress(progress(dispatch)) if dispatch else None,
    }


def alert_created(alert: Alert) -> dict[str, Any]:
    """What is answered to the request that drafted the alert. `sent` is CAP's: part of its identity."""
    return created(alert.bulletin, published=False, route="api-alert") | {
        "identifier": alert.identifier,
        "sender": alert.sender,
        "sent": format_time(alert.sent),
        "cap_status": alert.status,
        "expires": alert.expires and format_time(alert.expires),
        "warnings": alert.oddities,
    }


def _progress(now: Progress) -> dict[str, Any]:
    return {
        **_counts(now),
        "state": now.state,
        "expanded": now.expanded,
        "first_ms": now.first_ms,
        "rate": round(now.rate, 1),
        "seconds_left": None if now.seconds_left is None else round(now.seconds_left, 1),
        "channels": {channel.name: _counts(channel) for channel in now.channels},
    }


def _counts(counts: ChannelProgress) -> dict[str, int]:
    return {name: getattr(counts, name) for name in COUNTS}
