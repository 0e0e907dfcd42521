"""A webhook receiver for tests: a real HTTPS server in a thread, which answers the challenge as it is told to."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.unit.webhook.certificates import Authority


class Receiver:
    """`echoes` says whether it answers the challenge; `requests` are the bodies that came."""

    def __init__(self, folder: Path) -> None:
        self.echoes = True
        self.requests: list[bytes] = []
        self.signatures: list[str] = []
        authority = Authority(folder)
        self.ca_file = authority.ca_file
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.socket = authority.serving().wrap_socket(self.server.socket, server_side=True)

    @property
    def port(self) -> int:
        return int(self.server.server_address[1])

    def url(self, path: str = "/hook") -> str:
        return f"https://127.0.0.1:{self.port}{path}"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.requests.append(body)
                receiver.signatures.append(self.headers["webhook-signature"])
                said = {"challenge": json.loads(body)["data"]["challenge"] if receiver.echoes else "wrong"}
                answer = json.dumps(said).encode()
                self.send_response(200)
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                pass

        return Handler


@contextmanager
def receiving(folder: Path) -> Iterator[Receiver]:
    receiver = Receiver(folder)
    thread = threading.Thread(target=receiver.server.serve_forever)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.server.shutdown()
        thread.join()
        receiver.server.server_close()
