"""Everything that is held on one person, as data."""

from typing import Any

from subscriptions.models import ConsentRecord, Subscriber


def export(subscriber: Subscriber) -> dict[str, Any]:
    """All of it in the types of JSON; times in ISO 8601."""
    subscriptions = subscriber.subscriptions.select_related("topic__agency").order_by("started_at")
    consent = ConsentRecord.objects.filter(subscriber_id=subscriber.pk).select_related("topic").order_by("pk")
    return {
        "address": subscriber.email,
        "language": subscriber.language,
        "status": subscriber.status,
        "since": subscriber.confirmed_at and subscriber.confirmed_at.isoformat(),
        "subscriptions": [
            {
                "topic": row.topic.name,
                "agency": row.topic.agency.name,
                "frequency": row.frequency,
                "started": row.started_at.isoformat(),
                "ended": row.ended_at and row.ended_at.isoformat(),
            }
            for row in subscriptions
        ],
        "consent": [
            {
                "topic": record.topic.name,
                "act": record.act,
                "way": record.way,
                "frequency": record.frequency,
                "page": record.page,
                "at": record.at.isoformat(),
            }
            for record in consent
        ],
        "endpoints": [
            {"url": endpoint.url, "status": endpoint.status, "created": endpoint.created_at.isoformat()}
            for endpoint in subscriber.endpoints.order_by("pk")
        ],
    }
