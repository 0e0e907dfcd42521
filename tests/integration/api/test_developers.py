"""What developers read: the schema, the reference made from it, and an example that works as printed."""

import html
import re
import time
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from alerts.api.reference import operations
from channels.webhook.signing import new_secret, sign

pytestmark = pytest.mark.django_db


def test_the_schema_is_valid_and_has_every_route() -> None:
    call_command("spectacular", "--validate", "--file", "/dev/null")  # raises where it is not
    found = {f"{one.method} {one.path}" for one in operations()}
    assert found == {
        "POST /api/v1/bulletins",
        "GET /api/v1/bulletins/{id}",
        *(f"POST /api/v1/bulletins/{{id}}/{verb}" for verb in ("pause", "resume", "cancel", "withdraw", "corrections")),
        "POST /api/v1/alerts",
        "GET /api/v1/alerts/{id}",
        "GET /api/v1/topics",
        "GET /api/v1/endpoints",
        "POST /api/v1/endpoints",
        "GET /api/v1/endpoints/{id}",
        "DELETE /api/v1/endpoints/{id}",
        "POST /api/v1/endpoints/{id}/challenge",
    }


def test_every_operation_is_described_with_its_fields() -> None:
    by_name = {f"{one.method} {one.path}": one for one in operations()}
    fields = {field.name for field in by_name["POST /api/v1/alerts"].request}
    assert {"event", "areas[].polygons", "areas[].geocodes[].name", "variants[].headline"} <= fields
    assert all(one.summary for one in operations())


def test_schema_and_page_are_open_to_everybody() -> None:
    assert Client().get("/api/schema/").status_code == 200
    page = Client().get("/developers/")
    assert page.status_code == 200
    assert b"Idempotency-Key" in page.content


def test_the_printed_example_verifies_our_signatures() -> None:
    page = Client().get("/developers/").content.decode()
    printed = re.search(r"<code>(import base64.*?)</code>", page, re.DOTALL)
    assert printed
    names: dict[str, Any] = {}
    exec(html.unescape(printed[1]), names)  # noqa: S102  our own page
    is_genuine = names["is_genuine"]
    secret, now, body = new_secret(), int(time.time()), b'{"type": "bulletin.published"}'
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(now),
        "webhook-signature": sign([secret], "msg_1", now, body),
    }
    assert is_genuine(secret, headers, body)
    assert not is_genuine(secret, headers, body + b" ")
    assert not is_genuine(new_secret(), headers, body)
    old = headers | {"webhook-timestamp": str(now - 301)}
    assert not is_genuine(secret, old | {"webhook-signature": sign([secret], "msg_1", now - 301, body)}, body)
