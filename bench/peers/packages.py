"""The peers as contestants: each project's commands in the peers' environment, on a database of its own."""

import os
import re
import resource
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from redis import Redis

from bench.peers.contest import kill_all
from bench.peers.environment import PEERS, ROOT
from bench.servers import Servers
from govnotify.embedded import Child


@dataclass
class Package:
    """One peer with its settings. `share` of the recipients is enough for a slow one."""

    name: str
    package: str
    module: str
    share: float
    runs_until_stopped: bool = False
    options: Mapping[str, str] = field(default_factory=dict)
    leftover: str = ""  # a file that a killed sender leaves behind and that keeps the next one from sending

    servers: Servers = field(init=False)
    environment: dict[str, str] = field(init=False)
    passes: int = field(init=False, default=0)

    @property
    def version(self) -> str:
        return PEERS.version(self.package)

    def use(self, servers: Servers, message: Path) -> "Package":
        self.servers = servers
        address = urlsplit(servers.postgres.url())
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("DJANGO_")},
            **self.options,
            "PEER_PASSWORD": address.password or "",
            "PEER_PORT": str(address.port),
            "PEER_MESSAGE": str(message),
            "PYTHONPATH": str(ROOT),
        }
        return self

    def prepare(self, smtp_port: int, people: int) -> None:
        """A new database with so many people in it, and an empty broker."""
        self.passes += 1
        database = "_".join(["peer", *re.findall(r"\w+", self.name.lower()), str(self.passes)])
        folder = self.servers.folder / database
        folder.mkdir()
        self.environment |= {
            "PEER_DATABASE": database,
            "PEER_FOLDER": str(folder),
            "PEER_SMTP_PORT": str(smtp_port),
            "REDIS_URL": self.servers.valkey.url().rsplit("/", 1)[0] + "/1",
        }
        with Redis.from_url(self.environment["REDIS_URL"]) as broker:
            broker.flushdb()
        with psycopg.connect(self.servers.postgres.url(), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{database}"')
        self._run("prepare", str(people))

    def publish(self) -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        self._run("publish")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    def start_sender(self) -> list[Child]:
        log = Path(self.environment["PEER_FOLDER"]) / "sender.log"
        return [Child(self.name, self._command("send"), log=log, env=self.environment, cwd=ROOT)]

    def kill(self, senders: list[Child]) -> None:
        kill_all(senders)

    def restart(self, senders: list[Child]) -> list[Child]:
        """Started anew, after what an operator has to do first."""
        if self.leftover:
            with suppress(FileNotFoundError):
                (Path(self.environment["PEER_FOLDER"]) / self.leftover).unlink()
        return self.start_sender()

    def _run(self, *words: str) -> None:
        subprocess.run(self._command(*words), check=True, env=self.environment, cwd=ROOT)  # noqa: S603

    def _command(self, *words: str) -> list[str]:
        return [str(PEERS.program("python")), "-m", f"bench.peers.{self.module}", *words]


PACKAGES = (
    Package("Celery, a task per recipient", "celery", "celery_task", 0.1, runs_until_stopped=True),
    Package(
        "Celery, connections kept", "celery", "celery_task", 0.2, runs_until_stopped=True, options={"CELERY_KEEP": "1"}
    ),
    Package("django-post-office", "django-post-office", "post_office_queue", 0.3),
    Package(
        "django-post-office, tuned", "django-post-office", "post_office_queue", 0.6, options={"POST_OFFICE_TUNED": "1"}
    ),
    Package("django-mailer", "django-mailer", "mailer_queue", 0.1, leftover="mailer.lock"),
)
