"""A webhook receiver of somebody else's making: real HTTPS, and the reference library judges every signature."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from standardwebhooks import Webhook

from tests.unit.webhook.certificates import Authority


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    def verified(self, secret: str) -> dict[str, Any]:
        """What it says; raises WebhookVerificationError unless the secret signed it."""
        said: dict[str, Any] = Webhook(secret).verify(self.body, self.headers)
        return said


class Receiver:
    """`answers` are the statuses of the next deliveries of an event type, then 200; challenges are always answered."""

    def __init__(self, folder: Path) -> None:
        self.deliveries: list[Delivery] = []
        self.challenges: list[Delivery] = []
        self.answers: dict[str, list[int]] = {}
        authority = Authority(folder)
        self.ca_file = authority.ca_file
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.socket = authority.serving().wrap_socket(self._server.socket, server_side=True)
        self.port = int(self._server.server_address[1])

    def url(self, path: str) -> str:
        return f"https://127.0.0.1:{self.port}{path}"

    def at(self, path: str) -> list[Delivery]:
        return [delivery for delivery in self.deliveries if delivery.path == path]

    def _answer(self, delivery: Delivery) -> tuple[int, bytes]:
        said = json.loads(delivery.body)
        if said["type"] == "endpoint.verification":
            self.challenges.append(delivery)
            return 200, json.dumps({"challenge": said["data"]["challenge"]}).encode()
        self.deliveries.append(delivery)
        waiting = self.answers.get(said["type"])
        return (waiting.pop(0) if waiting else 200), b""

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                status, answer = receiver._answer(Delivery(self.path, headers, body))
                self.send_response(status)
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                pass

        return Handler

    @contextmanager
    def serving(self) -> Iterator["Receiver"]:
        thread = threading.Thread(target=self._server.serve_forever)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            thread.join()
            self._server.server_close()
