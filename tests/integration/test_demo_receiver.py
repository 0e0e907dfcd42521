"""The demo's webhook receiver, as the demo runs it: a process of its own that our client delivers to."""

import asyncio
import json
import signal
import ssl
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from html.parser import HTMLParser
from http.client import HTTPSConnection
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from cryptography import x509

from channels.https.call import Attempt
from channels.https.guard import Guard
from channels.webhook.call import Call
from channels.webhook.challenge import verify_endpoint
from channels.webhook.client import WebhookClient
from channels.webhook.payload import EventType, event
from channels.webhook.signing import new_secret, sign

BODY = event(EventType.BULLETIN_PUBLISHED, datetime(2026, 3, 1, tzinfo=UTC), {"id": "b1"})


@dataclass
class Demo:
    """A running receiver."""

    process: subprocess.Popen[str]
    port: int
    ca_file: str

    def url(self, name: str) -> str:
        return f"https://127.0.0.1:{self.port}/hooks/{name}"

    def ask(self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> tuple[int, str]:
        """The status and the text of an answer, over verified TLS."""
        context = ssl.create_default_context(cafile=self.ca_file)
        connection = HTTPSConnection("127.0.0.1", self.port, context=context, timeout=30)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def knows(self, name: str) -> str:
        """Make and tell the receiver the secret of this endpoint."""
        secret = new_secret()
        assert self.ask("PUT", f"/secrets/{name}", secret.encode()) == (204, "")
        return secret

    def deliver(self, *calls: Call) -> list[Attempt]:
        """Send these webhooks with our client."""

        async def scenario() -> list[Attempt]:
            client = self._client()
            attempts = [await client.post(call) for call in calls]
            await client.close()
            return attempts

        return asyncio.run(scenario())

    def challenge(self, name: str, secret: str) -> Attempt:
        async def scenario() -> Attempt:
            client = self._client()
            attempt = await verify_endpoint(client, self.url(name), secret)
            await client.close()
            return attempt

        return asyncio.run(scenario())

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.ask("GET", "/status")[1])
        return found

    def _client(self) -> WebhookClient:
        return WebhookClient(Guard([ip_network("127.0.0.0/8")], frozenset({self.port})), ca_file=self.ca_file)


@contextmanager
def running(folder: Path, *, report: Path | None = None) -> Iterator[Demo]:
    command = [sys.executable, "-m", "govnotify.demo.receiver", "--port", "0", "--cert-dir", str(folder)]
    command += ["--report", str(report)] if report else []
    process = subprocess.Popen(  # noqa: S603  our own command
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.communicate()[1]
        yield Demo(process, **json.loads(line))
    finally:
        process.kill()
        process.communicate()


def test_it_answers_challenges_before_and_after_it_knows_the_secret(tmp_path: Path) -> None:
    with running(tmp_path) as demo:
        assert demo.challenge("early", new_secret()).outcome.accepted
        assert demo.challenge("known", demo.knows("known")).outcome.accepted
        assert not demo.challenge("known", new_secret()).outcome.accepted
        endpoints = demo.status()["endpoints"]
        assert endpoints["early"]["challenges"] == 1
        assert endpoints["known"]["challenges"] == 1
        assert endpoints["known"]["bad_signatures"] == 1


def test_it_counts_what_is_verified_repeated_or_not_to_be_believed(tmp_path: Path) -> None:
    with running(tmp_path) as demo:
        secret, before = demo.knows("floods"), time.time()
        attempts = demo.deliver(
            Call(demo.url("floods"), [secret], "msg_1", BODY),
            Call(demo.url("floods"), [secret], "msg_1", BODY),
            Call(demo.url("floods"), [secret], "msg_2", BODY),
            Call(demo.url("floods"), [new_secret()], "msg_3", BODY),
            Call(demo.url("floods"), [secret], "msg_4", b"[]"),
            Call(demo.url("stranger"), [secret], "msg_1", BODY),
        )
        assert [attempt.status for attempt in attempts] == [200, 200, 200, 401, 400, 401]
        assert b"PUT it to /secrets/stranger" in attempts[5].answer
        status = demo.status()
        floods = status["endpoints"]["floods"]
        received = floods.pop("received")
        assert floods == {
            "verified": 3,
            "messages": 2,
            "duplicates": 1,
            "challenges": 0,
            "bad_signatures": 1,
            "unverifiable": 0,
            "not_events": 1,
        }
        assert status["endpoints"]["stranger"]["unverifiable"] == 1
        assert status["totals"]["verified"] == 3
        assert {message_id: len(times) for message_id, times in received.items()} == {"msg_1": 2, "msg_2": 1}
        assert all(before <= at <= time.time() for times in received.values() for at in times)


def test_a_message_that_is_too_old_is_not_believed(tmp_path: Path) -> None:
    with running(tmp_path) as demo:
        secret, old = demo.knows("floods"), int(time.time()) - 3600
        headers = {
            "webhook-id": "msg_1",
            "webhook-timestamp": str(old),
            "webhook-signature": sign([secret], "msg_1", old, BODY),
        }
        status, text = demo.ask("POST", "/hooks/floods", BODY, headers)
        assert status == 401
        assert "300 s" in text


def test_a_secret_that_is_none_is_refused_and_not_repeated(tmp_path: Path) -> None:
    with running(tmp_path) as demo:
        status, text = demo.ask("PUT", "/secrets/floods", b"whsec_c2hvcnQ=")
        assert status == 400
        assert "c2hvcnQ" not in text


def test_it_answers_to_its_own_names_only(tmp_path: Path) -> None:
    with running(tmp_path) as demo:
        for path in ("/", "/status"):
            assert demo.ask("GET", path, headers={"Host": "evil.example"})[0] == 403
            assert demo.ask("GET", path, headers={"Host": f"localhost:{demo.port}"})[0] == 200


class Outline(HTMLParser):
    """What a person who cannot see the page would be told of it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.language: str | None = None
        self.tags: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "html":
            self.language = dict(attrs)["lang"]


def test_its_page_tells_the_same_without_any_script(tmp_path: Path) -> None:
    with running(tmp_path) as demo:
        empty = demo.ask("GET", "/")[1]
        assert "No endpoint was called yet." in empty
        secret = demo.knows("floods")
        named = {"type": "<script>alert(1)</script>", "data": {}}
        demo.deliver(
            Call(demo.url("floods"), [secret], "msg_1", BODY),
            Call(demo.url("floods"), [secret], "msg_2", json.dumps(named).encode()),
        )
        status, text = demo.ask("GET", "/")
        outline = Outline(text)
        assert status == 200
        assert outline.language == "en"
        assert "script" not in outline.tags
        assert {"title", "main", "h1", "h2", "table", "th"} <= set(outline.tags)
        assert "bulletin.published" in text
        assert "&lt;script&gt;" in text
        assert demo.ask("GET", "/style.css")[0] == 200


def test_the_page_keeps_the_last_200_events(tmp_path: Path) -> None:
    with running(tmp_path) as demo:
        secret = demo.knows("floods")
        demo.deliver(*[Call(demo.url("floods"), [secret], f"msg_{number}_", BODY) for number in range(205)])
        text = demo.ask("GET", "/")[1]
        assert "msg_204_" in text
        assert "msg_5_" in text
        assert "msg_4_" not in text
        assert demo.status()["totals"]["messages"] == 205


def test_sigterm_ends_it_cleanly_and_leaves_the_report(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    with running(tmp_path / "certificates", report=report) as demo:
        secret = demo.knows("floods")
        demo.deliver(Call(demo.url("floods"), [secret], "msg_1", BODY))
        status = demo.status()
        demo.process.send_signal(signal.SIGTERM)
        output, errors = demo.process.communicate(timeout=30)
        assert (demo.process.returncode, output, errors) == (0, "", "")
        assert json.loads(report.read_text()) == status


def test_the_authority_survives_a_restart_and_its_keys_are_private(tmp_path: Path) -> None:
    folder = tmp_path / "certificates"
    with running(folder):
        pass
    authority = (folder / "ca.pem").read_bytes()
    (folder / "server.pem").write_text("damaged")
    with running(folder) as demo:
        assert demo.ask("GET", "/status")[0] == 200
    assert (folder / "ca.pem").read_bytes() == authority
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for key in ("ca-key.pem", "server-key.pem"):
        assert stat.S_IMODE((folder / key).stat().st_mode) == 0o600


def test_a_server_certificate_of_another_authority_is_replaced(tmp_path: Path) -> None:
    with running(tmp_path):
        pass
    for name in ("ca.pem", "ca-key.pem"):
        (tmp_path / name).unlink()
    with running(tmp_path) as demo:
        assert demo.ask("GET", "/status")[0] == 200


def test_the_authority_speaks_for_this_machine_alone(tmp_path: Path) -> None:
    with running(tmp_path) as demo:
        certificate = x509.load_pem_x509_certificate(Path(demo.ca_file).read_bytes())
        names = certificate.extensions.get_extension_for_class(x509.NameConstraints)
        assert names.critical
        assert names.value.permitted_subtrees == [
            x509.DNSName("localhost"),
            x509.IPAddress(ip_network("127.0.0.0/8")),
        ]
