"""A webhook receiver for tests, which answers the challenge as it is told to."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.integration.https_receiver import HttpsReceiver


class Receiver(HttpsReceiver):
    """`echoes` says whether it answers the challenge; `requests` are the bodies that came."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.echoes = True
        self.requests: list[bytes] = []
        self.signatures: list[str] = []

    def answer(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        self.requests.append(body)
        self.signatures.append(headers["webhook-signature"])
        said = {"challenge": json.loads(body)["data"]["challenge"] if self.echoes else "wrong"}
        return 200, json.dumps(said).encode()


@contextmanager
def receiving(folder: Path) -> Iterator[Receiver]:
    with Receiver(folder).serving() as receiver:
        yield receiver
