"""The hosts of the test's cluster: one with database, broker and mail server, and those that run workers."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString

import psycopg

from govnotify.embedded import Child, Postgres, Valkey
from govnotify.processes import Process
from tests.cluster.namespaces import Namespace

READY = (" ready.", "beat: Starting...")
MAIL_PORT = 2525
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}  # as for all tests


@dataclass(frozen=True, slots=True)
class Accepted:
    """One message that the mail server took."""

    at: float  # seconds since the epoch
    client: str
    recipient: str


@dataclass(frozen=True, slots=True)
class Published:
    dispatch: int
    people: frozenset[str]


class ServerHost(Namespace):
    """PostgreSQL, Valkey and the mail server."""

    def __init__(self, name: str, address: str, folder: Path) -> None:
        super().__init__(name)
        self.address = address
        self.ledger = folder / "ledger"
        self._folder = folder
        self._postgres = Postgres(folder / "postgres", settings=FAST | {"listen_addresses": f"127.0.0.1,{address}"})
        self._valkey = Valkey(folder / "valkey", also_on=address)
        self._sink: Child | None = None

    def start(self) -> None:
        """Once it is plugged in: its servers listen on its address."""
        with self.inside():
            self._postgres.start()
            self._valkey.start()
            command: list[str | Path] = [
                sys.executable, "-m", "tests.cluster.sink",
                "--address", self.address, "--port", str(MAIL_PORT), "--ledger", self.ledger,
            ]  # fmt: skip
            self._sink = Child("sink", command, log=self._folder / "sink.log")

    def stop(self) -> None:
        for server in (self._sink, self._valkey, self._postgres):
            if server is not None:
                server.stop()
        self.close()

    @property
    def urls(self) -> dict[str, str]:
        """As the other hosts' settings name its servers."""
        return {
            "DATABASE_URL": self._postgres.url(host=self.address),
            "REDIS_URL": self._valkey.url(host=self.address),
            "EMAIL_URL": f"smtp://{self.address}:{MAIL_PORT}",
        }

    @property
    def own_broker_url(self) -> str:
        """As it is reached from the host itself."""
        return self._valkey.url()

    def run(self, *words: str, environment: Mapping[str, str]) -> str:
        """A command of this interpreter on the host, to its end; what it printed."""
        with self.inside():
            done = subprocess.run(  # noqa: S603  our own words
                [sys.executable, *words], env=environment, capture_output=True, text=True, check=False
            )
        assert not done.returncode, done.stderr
        return done.stdout

    def publish(self, slug: str, people: int, *, environment: Mapping[str, str]) -> Published:
        """A bulletin to so many new people."""
        said = json.loads(self.run("-m", "tests.cluster.desk", slug, str(people), environment=environment))
        return Published(said["dispatch"], frozenset(said["people"]))

    def query(self, statement: LiteralString, *values: object) -> list[tuple[Any, ...]]:
        with self.inside(), psycopg.connect(self._postgres.url()) as connection:
            return connection.execute(statement, values).fetchall()

    def lock(self, number: int, *, patience: float) -> None:
        """Take an advisory lock and give it back. Raises psycopg.errors.QueryCanceled after `patience` seconds."""
        with self.inside(), psycopg.connect(self._postgres.url()) as connection:
            connection.execute("SELECT set_config('statement_timeout', %s, false)", [f"{patience:.0f}s"])
            connection.execute("SELECT pg_advisory_xact_lock(%s)", [number])

    def accepted(self, people: Iterable[str]) -> list[Accepted]:
        """What the mail server took for these people."""
        wanted = set(people)
        lines = (line.split() for line in self.ledger.read_text().splitlines())
        return [Accepted(float(at), client, to) for at, client, to in lines if to in wanted]

    def counted(self, people: Iterable[str]) -> Counter[str]:
        """How often each was written to."""
        return Counter(mail.recipient for mail in self.accepted(people))


class WorkerHost(Namespace):
    """Runs the platform's processes by their production commands."""

    def __init__(self, name: str, address: str, folder: Path, environment: Mapping[str, str]) -> None:
        super().__init__(name)
        self.address = address
        self.children: dict[str, Child] = {}
        self._folder = folder
        self._environment = {**environment, "BEAT_SCHEDULE": str(folder / f"{name}-beat")}

    def start(self, processes: Iterable[Process]) -> None:
        """Those that do not run yet; `is_ready` says when they do."""
        for process in processes:
            if process.name not in self.children:
                log = self._folder / f"{self.name}-{process.name}.log"
                log.unlink(missing_ok=True)
                with self.inside():
                    child = Child(process.name, process.command, log=log, env=self._environment)
                self.children[process.name] = child

    @property
    def is_ready(self) -> bool:
        logs = [child.log.read_text(errors="replace") for child in self.children.values()]
        return all(any(words in log for words in READY) for log in logs)

    def stop(self, name: str) -> None:
        """One process, in its own time."""
        self.children.pop(name).stop(patience=30.0)

    def hang(self) -> None:
        """Every process of the host stands still."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._signal(signal.SIGCONT)

    def end(self) -> None:
        self.go_on()
        for child in self.children.values():
            child.ask_to_stop()
        while self.children:
            self.children.popitem()[1].stop()
        self.close()

    def last_words(self) -> str:
        return "\n".join(f"--- {self.name} {name}\n{child.last_words(8)}" for name, child in self.children.items())

    def _signal(self, number: signal.Signals) -> None:
        for child in self.children.values():
            if child.running:
                os.killpg(child.pid, number)
