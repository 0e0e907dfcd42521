"""A push service of the tests' own, on loopback, and the browsers that have subscribed at it.

It believes nothing: what arrives is judged by RFC 8030 and RFC 8292, and decrypted with the browser's private key by
`http_ece`, the library of RFC 8188's author.
"""

import base64
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from channels.push.message import BrowserKeys
from govnotify.demo.receiver.statement import sender
from tests.unit.webhook.certificates import Authority

STALL, GARBAGE, DROP = "stall", "garbage", "drop"  # instead of an answer


@dataclass(frozen=True)
class Message:
    """One message that was taken: its headers and what it says."""

    headers: dict[str, str]
    payload: dict[str, Any]

    @property
    def shown(self) -> tuple[str, str]:
        return self.payload["title"], self.payload["tag"]


@dataclass
class TestBrowser:
    """A browser with its keys and the messages that reached it; `answers` come before its service says 201."""

    __test__ = False
    url: str
    application_key: str = ""
    answers: list[tuple[int, dict[str, str]] | str] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    attempts: int = 0
    auth: bytes = field(default_factory=lambda: os.urandom(16))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @property
    def public_key(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def subscription(self) -> dict[str, Any]:
        """As PushSubscription.toJSON() gives it."""
        keys = {"p256dh": encode(self.public_key), "auth": encode(self.auth)}
        return {"endpoint": self.url, "expirationTime": None, "keys": keys}

    def decrypt(self, body: bytes) -> bytes:
        plain: bytes = http_ece.decrypt(body, private_key=self.key, auth_secret=self.auth, version="aes128gcm")
        return plain

    @property
    def keys(self) -> BrowserKeys:
        return BrowserKeys(self.public_key, self.auth)

    @property
    def titles(self) -> list[str]:
        return [message.payload["title"] for message in self.messages]


class _Server(ThreadingHTTPServer):
    request_queue_size = 256  # a batch's connections come at once
    daemon_threads = True


class PushService:
    """Answers for every browser that `browser` made, and 410 for all others.

    `wrong` says what was not as it must be. Two that one client trusts have one authority.
    """

    def __init__(self, folder: Path, authority: Authority | None = None) -> None:
        self.browsers: dict[str, TestBrowser] = {}
        self.wrong: list[str] = []
        self.asked = 0
        self.authority = authority = authority or Authority(folder)
        self.ca_file = authority.ca_file
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self._server.socket = authority.serving().wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        self.port = int(self._server.server_address[1])

    def browser(self, application_key: str = "") -> TestBrowser:
        """A browser that has subscribed for this application server key; without one any will do."""
        path = f"/push/{len(self.browsers) + 1}"
        self.browsers[path] = TestBrowser(f"https://127.0.0.1:{self.port}{path}", application_key)
        return self.browsers[path]

    @contextmanager
    def serving(self) -> Iterator["PushService"]:
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            thread.join()
            self._server.server_close()
        assert self.wrong == []

    def _take(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str]] | str:
        self.asked += 1
        browser = self.browsers.get(path)
        if browser is None:
            return 410, {}
        browser.attempts += 1
        if browser.answers:
            return browser.answers.pop(0)
        try:
            self._judge(browser, headers, body)
        except Exception as error:  # whatever it is: the test must hear of it, and this thread is not the test's
            self.wrong.append(f"{path}: {error!r}")
            return 400, {}
        browser.messages.append(Message(headers, json.loads(browser.decrypt(body))))
        return 201, {"location": f"{browser.url}/message/{len(browser.messages)}"}

    def _judge(self, browser: TestBrowser, headers: dict[str, str], body: bytes) -> None:
        assert len(body) <= 4096
        assert headers["content-encoding"] == "aes128gcm"
        assert int(headers["ttl"]) >= 0
        assert headers["urgency"] in {"very-low", "low", "normal", "high"}
        assert len(headers.get("topic", "")) <= 32
        key = sender(headers["authorization"], f"https://127.0.0.1:{self.port}")
        assert browser.application_key in {"", key}, "signed with another key than the browser subscribed for"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                answer = service._take(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
                if isinstance(answer, str):
                    self.close_connection = True
                    if answer == STALL:
                        self.connection.recv(1)  # until who waits for us gives up
                    if answer == GARBAGE:
                        self.wfile.write(b"\x00\xff not HTTP at all\r\n\r\n")
                    return
                status, headers = answer
                self.send_response(status)
                for name, value in ({"content-length": "0"} | headers).items():
                    self.send_header(name, value)
                self.end_headers()

            def handle(self) -> None:
                with suppress(ConnectionError, OSError):  # who hangs up on us is right to
                    super().handle()

            def log_message(self, *_: object) -> None:
                pass

        return Handler


def encode(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
