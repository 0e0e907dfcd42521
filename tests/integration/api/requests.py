"""Requests to the API as a machine makes them."""

import json
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.test import Client
from django.utils import timezone

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

BULLETIN = {
    "title": "River level rising",
    "body": "The **Brook** will reach 3 m on Friday.",
    "topics": ["floods"],
}
ALERT = {
    "topics": ["floods"],
    "event": "Flash flood",
    "category": ["Met"],
    "urgency": "Immediate",
    "severity": "Severe",
    "certainty": "Observed",
    "areas": [{"description": "Lower town"}],
    "headline": "Flash flood in the lower town",
    "description": "The Brook is over its banks.",
    "instruction": "Go to the first floor or higher now.",
}


def an_alert(**changes: Any) -> dict[str, Any]:
    """A request that drafts an alert for the next six hours."""
    return ALERT | {"expires": (timezone.now() + timedelta(hours=6)).isoformat()} | changes


class Machine:
    """A client that sends its key with every request."""

    def __init__(self, key: str) -> None:
        self._client = Client(raise_request_exception=False)
        self._headers = {"Authorization": f"Bearer {key}"}

    def get(self, path: str) -> "Response":
        return self._client.get(f"/api/v1/{path}", headers=self._headers)

    def delete(self, path: str) -> "Response":
        return self._client.delete(f"/api/v1/{path}", headers=self._headers)

    def post(
        self,
        path: str,
        body: Any,
        *,
        content_type: str = "application/json",
        key: str | None = None,
    ) -> "Response":
        """`body` is JSON unless it is text or bytes; `key` is the Idempotency-Key."""
        data = body if isinstance(body, str | bytes) else json.dumps(body)
        headers = self._headers | ({} if key is None else {"Idempotency-Key": key})
        return self._client.post(f"/api/v1/{path}", data, content_type=content_type, headers=headers)


def errors(response: "Response", status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> dict[str, list[str]]:
    """The errors of a refusal, which must be JSON with this status."""
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"] == "application/json"
    found: dict[str, list[str]] = json.loads(response.content)["errors"]
    return found
