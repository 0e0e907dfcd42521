"""The benchmark's end of the misbehaving mail server: its process, its mood, what became of whom."""

import json
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Received:
    """What the server had said to whom since the last report. Addresses as they came in the envelope."""

    accepted: dict[str, int]  # a 250 was written
    unanswered: dict[str, int]  # the message was taken, and then the connection dropped
    refused: frozenset[str]  # told 550
    hits: int  # messages, recipients or connections that the mood was taken out on


class Sink:
    """Ports are the system's choice. `close` ends the process."""

    def __init__(self, folder: Path) -> None:
        self._report = folder / "received.json"
        self._process = subprocess.Popen([sys.executable, "-m", "bench.crash_sink"], stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None  # noqa: S101
        ports = json.loads(self._process.stdout.readline())
        self.port: int = ports["smtp"]
        self._orders = socket.create_connection(("127.0.0.1", ports["control"]), timeout=30)
        self._answers = self._orders.makefile("r")

    def accepted(self) -> int:
        """Messages that got their 250 since the last report."""
        return self._order({})["accepted"]

    def hits(self) -> int:
        """How many the mood was taken out on since the last report."""
        return self._order({})["hits"]

    def behave(self, mood: str, *, every: int = 1) -> None:
        self._order({"mood": mood, "every": every})

    def report(self) -> Received:
        """Everything since the last report."""
        self._order({"report": str(self._report)})
        told = json.loads(self._report.read_text())
        return Received(told["accepted"], told["unanswered"], frozenset(told["refused"]), told["hits"])

    def close(self) -> None:
        self._answers.close()
        self._orders.close()
        self._process.kill()
        self._process.communicate()

    def _order(self, order: dict[str, object]) -> dict[str, int]:
        self._orders.sendall(json.dumps(order).encode() + b"\n")
        counts: dict[str, int] = json.loads(self._answers.readline())
        return counts
