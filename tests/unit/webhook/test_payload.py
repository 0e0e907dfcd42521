"""The JSON of an event."""

import datetime as dt
import json

import pytest

from channels.webhook.payload import MAX_PAYLOAD, EventType, PayloadTooLarge, event, thin

WHEN = dt.datetime(2026, 3, 1, 12, 0, tzinfo=dt.UTC)


def test_an_event_is_compact_json_with_type_timestamp_version_and_data() -> None:
    body = event(EventType.BULLETIN_PUBLISHED, WHEN, {"id": "b1", "title": "Überflutung"})
    assert (
        body
        == (
            '{"type":"bulletin.published","timestamp":"2026-03-01T12:00:00Z","version":1,'
            '"data":{"id":"b1","title":"Überflutung"}}'
        ).encode()
    )


def test_the_timestamp_is_written_in_utc() -> None:
    elsewhere = dt.datetime(2026, 3, 1, 23, 30, 0, 500, tzinfo=dt.timezone(dt.timedelta(hours=11, minutes=30)))
    assert json.loads(event(EventType.ALERT_ISSUED, elsewhere, {}))["timestamp"] == "2026-03-01T12:00:00.000500Z"


def test_a_timestamp_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        event(EventType.ALERT_ISSUED, WHEN.replace(tzinfo=None), {})


def test_the_version_can_be_raised() -> None:
    assert json.loads(event(EventType.ALERT_ISSUED, WHEN, {}, version=2))["version"] == 2


def test_20_kb_pass_and_one_byte_more_does_not() -> None:
    frame = len(event(EventType.BULLETIN_PUBLISHED, WHEN, {"text": ""}))
    assert len(event(EventType.BULLETIN_PUBLISHED, WHEN, {"text": "a" * (MAX_PAYLOAD - frame)})) == 20_000
    with pytest.raises(PayloadTooLarge, match="send it thin") as caught:
        event(EventType.BULLETIN_PUBLISHED, WHEN, {"text": "a" * (MAX_PAYLOAD - frame + 1)})
    assert caught.value.size == 20_001


def test_the_limit_counts_bytes_and_not_characters() -> None:
    with pytest.raises(PayloadTooLarge):
        event(EventType.BULLETIN_PUBLISHED, WHEN, {"text": "ü" * 10_000})


def test_a_thin_event_says_where_the_rest_is() -> None:
    body = thin(EventType.ALERT_UPDATED, WHEN, "a1", "https://example.org/alerts/a1")
    assert json.loads(body) == {
        "type": "alert.updated",
        "timestamp": "2026-03-01T12:00:00Z",
        "version": 1,
        "data": {"id": "a1", "url": "https://example.org/alerts/a1"},
    }


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_numbers_that_json_does_not_have_are_refused(value: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        event(EventType.ALERT_ISSUED, WHEN, {"level": value})


def test_the_event_types_are_the_published_ones() -> None:
    assert {kind.value for kind in EventType} == {
        "bulletin.published",
        "bulletin.updated",
        "bulletin.withdrawn",
        "alert.issued",
        "alert.updated",
        "alert.cancelled",
        "endpoint.verification",
    }
