"""What a webhook says: the event types and the compact JSON of one event."""

import enum
import json
from collections.abc import Mapping
from datetime import UTC, datetime

MAX_PAYLOAD = 20_000  # bytes; beyond that an event is sent thin


class EventType(enum.StrEnum):
    """The types that an endpoint can choose from, and the challenge that it answers first."""

    BULLETIN_PUBLISHED = "bulletin.published"
    BULLETIN_UPDATED = "bulletin.updated"
    BULLETIN_WITHDRAWN = "bulletin.withdrawn"
    ALERT_ISSUED = "alert.issued"
    ALERT_UPDATED = "alert.updated"
    ALERT_CANCELLED = "alert.cancelled"
    ENDPOINT_VERIFICATION = "endpoint.verification"


class PayloadTooLarge(ValueError):  # noqa: N818  named as what happened
    """An event of `size` bytes, more than MAX_PAYLOAD: send `thin` instead."""

    def __init__(self, kind: EventType, size: int) -> None:
        super().__init__(f"The {kind} event has {size} bytes, more than {MAX_PAYLOAD}: send it thin, with its URL")
        self.size = size


def event(kind: EventType, timestamp: datetime, data: Mapping[str, object], *, version: int = 1) -> bytes:
    """`{"type", "timestamp", "version", "data"}` as compact UTF-8 JSON (Standard Webhooks 1.0.0, "payload").

    `timestamp` is when it happened, with a time zone; it is written in UTC. `data` must hold no personal
    data. Raises PayloadTooLarge, and ValueError or TypeError for what JSON (RFC 8259) cannot say.
    """
    if timestamp.tzinfo is None:
        raise ValueError(f"The timestamp {timestamp} of a {kind} event has no time zone: make it aware")
    whole = {
        "type": kind.value,
        "timestamp": timestamp.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "version": version,
        "data": dict(data),
    }
    body = json.dumps(whole, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    if len(body) > MAX_PAYLOAD:
        raise PayloadTooLarge(kind, len(body))
    return body


def thin(kind: EventType, timestamp: datetime, object_id: str, url: str, *, version: int = 1) -> bytes:
    """The event reduced to `{"id", "url"}`: the receiver fetches the rest. Raises as `event` does."""
    return event(kind, timestamp, {"id": object_id, "url": url}, version=version)
