"""A webhook receiver of somebody else's making: the reference library judges every signature."""

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from standardwebhooks import Webhook

from tests.integration.https_receiver import HttpsReceiver


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


class Receiver(HttpsReceiver):
    """`answers` are the statuses of the next deliveries of an event type, then 200; challenges are always answered."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.deliveries: list[Delivery] = []
        self.challenges: list[Delivery] = []
        self.answers: dict[str, list[int]] = {}

    def at(self, path: str) -> list[Delivery]:
        return [delivery for delivery in self.deliveries if delivery.path == path]

    def types(self) -> Counter[str]:
        """How many requests there were of each type of event."""
        return Counter(json.loads(delivery.body)["type"] for delivery in list(self.deliveries))

    def answer(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        delivery, said = Delivery(path, headers, body), json.loads(body)
        if said["type"] == "endpoint.verification":
            self.challenges.append(delivery)
            return 200, json.dumps({"challenge": said["data"]["challenge"]}).encode()
        self.deliveries.append(delivery)
        waiting = self.answers.get(said["type"])
        return (waiting.pop(0) if waiting else 200), b""
