"""The demo's push service and browsers, in the receiver's own process: our client sends, they judge and read."""

import asyncio
import json
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
import time_machine

from channels.https.guard import Guard
from channels.outcome import Outcome
from channels.push.client import PushClient
from channels.push.message import BrowserKeys, Push
from channels.push.payload import Notification
from channels.push.vapid import VapidKeys, new_key
from channels.tokens import base64url
from govnotify.demo.receiver.browser import DemoBrowser, new_secret
from govnotify.demo.receiver.statement import BadStatement, sender
from tests.integration.test_demo_receiver import Demo, Outline, running
from tests.unit.push.test_encryption import AUTH, BODY, PLAINTEXT

# RFC 8291 appendix A: the browser's private key.
UA_PRIVATE = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
SERVICE = "https://127.0.0.1:8443"


def said(**changes: Any) -> Notification:
    values: dict[str, Any] = {
        "title": "River rising",
        "body": "Stay away.",
        "url": "http://127.0.0.1:8000/bulletins/1/",
        "tag": "d1",
    }
    return Notification(**({"lang": "en", "dir": "ltr"} | values | changes))


class Platform:
    """Ours: it has a key, and sends to the demo's browsers."""

    def __init__(self, demo: Demo) -> None:
        self.demo, self.keys = demo, VapidKeys([new_key()], "mailto:operator@gov.example")

    def subscribe(self, name: str, *, allowed: str = "") -> DemoBrowser:
        secret = new_secret()
        body = f"{secret}\n{allowed or self.keys.public_key}".encode()
        assert self.demo.ask("PUT", f"/browsers/{name}", body) == (204, "")
        return DemoBrowser(secret)

    def push(self, name: str, keys: BrowserKeys, what: Notification, more: dict[str, str] | None = None) -> Outcome:
        message = Push(
            url=f"https://127.0.0.1:{self.demo.port}/push/{name}",
            keys=keys,
            key_id=self.keys.id_of(self.keys.public_key),
            payload=what.encoded(more),
            vapid=self.keys,
            ttl=60,
        )
        outcomes: list[Outcome] = []

        async def scenario() -> None:
            client = PushClient(
                Guard([ip_network("127.0.0.0/8")], frozenset({self.demo.port})), ca_file=self.demo.ca_file
            )
            await client.post_many([message], lambda _sent, outcome: outcomes.append(outcome))
            await client.close()

        asyncio.run(scenario())
        [outcome] = outcomes
        return outcome

    def screens(self) -> dict[str, Any]:
        found: dict[str, Any] = self.demo.status()["browsers"]
        return found


def test_what_is_for_a_browser_is_read_and_counted_by_its_tag(tmp_path: Path) -> None:
    with running(tmp_path) as demo:
        platform = Platform(demo)
        phone = platform.subscribe("phone")
        for tag in ("d1", "d1", "d2"):
            assert platform.push("phone", phone.keys, said(tag=tag)).accepted
        shown = platform.screens()["phone"]["shown"]
    assert {tag: len(times) for tag, times in shown.items()} == {"d1": 2, "d2": 1}


def test_what_can_not_be_believed_or_read_is_refused_and_never_shown(tmp_path: Path) -> None:
    with running(tmp_path) as demo:
        platform = Platform(demo)
        phone, tablet = platform.subscribe("phone"), platform.subscribe("tablet", allowed="another key")
        codes = [
            platform.push("phone", tablet.keys, said()).code,
            platform.push("tablet", tablet.keys, said()).code,
            platform.push("nobody", phone.keys, said()).code,
        ]
        unsigned = demo.ask("POST", "/push/phone", b"x")[0]
        screens = platform.screens()
        no_browser = demo.ask("PUT", "/browsers/phone", b"\xff")[0]
    assert [*codes, unsigned, no_browser] == ["400", "403", "410", 403, 400]
    assert screens["phone"] == {"shown": {}, "refused": {"message": 1, "sender": 1}}
    assert screens["tablet"] == {"shown": {}, "refused": {"sender": 1}}


def test_the_answer_of_a_welcome_is_what_the_welcome_carried(tmp_path: Path) -> None:
    with running(tmp_path) as demo:
        platform = Platform(demo)
        phone = platform.subscribe("phone")
        assert demo.ask("GET", "/browsers/phone/answer")[0] == 404
        platform.push("phone", phone.keys, said(tag="welcome"), {"answer": "a-token"})
        assert demo.ask("GET", "/browsers/phone/answer") == (200, "a-token")


def test_the_page_shows_notifications_in_their_own_direction_without_any_script(tmp_path: Path) -> None:
    with running(tmp_path) as demo:
        platform = Platform(demo)
        assert "No browser was told anything yet." in demo.ask("GET", "/browsers/")[1]
        phone = platform.subscribe("phone")
        platform.push("phone", phone.keys, said(title="<script>alert(1)</script>", lang="ar", dir="rtl"))
        status, text = demo.ask("GET", "/browsers/")
    outline = Outline(text)
    assert (status, outline.language) == (200, "en")
    assert "script" not in outline.tags
    assert '<h3 lang="ar" dir="rtl"><a href="http://127.0.0.1:8000/bulletins/1/">&lt;script&gt;' in text


def test_the_example_of_rfc_8291_is_read() -> None:
    browser = DemoBrowser(f"{UA_PRIVATE} {AUTH}")
    assert browser.decrypt(base64url.decode(BODY, max_octets=1_000)) == PLAINTEXT


def statement(**changes: Any) -> str:
    keys = VapidKeys([new_key()], changes.pop("contact", "mailto:operator@gov.example"))
    return keys.authorization(f"{changes.pop('service', SERVICE)}/push/phone", keys.id_of(keys.public_key))


@pytest.mark.parametrize(
    "forged",
    [
        "", "vapid", "vapid t=x, k=x", "Bearer x", statement(service="https://127.0.0.1:1"),
        statement()[:-2], statement().replace("vapid t=", "webpush t="), statement().replace(", k=B", ", k=C"),
        statement().partition(", k=")[0] + ", k=" + statement().partition(", k=")[2],
    ],
)  # fmt: skip
def test_a_statement_that_is_not_true_names_no_sender(forged: str) -> None:
    with pytest.raises(BadStatement):
        sender(forged, SERVICE)


def test_a_statement_that_has_run_out_or_holds_too_long_names_no_sender() -> None:
    with time_machine.travel("2026-03-01 08:00:00Z", tick=False) as clock:
        stated = statement()
        assert sender(stated, SERVICE) in stated
        for days in (1, -4):
            clock.shift(days * 86_400)
            with pytest.raises(BadStatement):
                sender(stated, SERVICE)


def test_what_is_no_notification_is_none_of_ours() -> None:
    browser = DemoBrowser(new_secret())
    for body in (b"", b"x" * 200, json.dumps({"title": 1}).encode()):
        with pytest.raises(ValueError, match="message"):
            browser.read(body)
