"""Services of docker-compose.yml as processes of this machine, with their commands, environment and health checks."""

import contextlib
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import LiteralString
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from govnotify.embedded import Child, Valkey, free_port
from tests.architecture import compose, image
from tests.architecture.project import ROOT

STOP_SECONDS = 180.0  # of ten processes at once, on a machine that has other work
# What an operator would write into .env.
ENV_FILE = {
    "POSTGRES_PASSWORD": "letters",
    "EMAIL_URL": "smtp://127.0.0.1:25",
    "SECRET_KEY": "s" * 40,
    "TOKEN_KEYS": f"1:{'t' * 40}",
    "ADDRESS_HASH_KEY": "a" * 40,
    "FIELD_KEYS": "f" * 40,
    "SITE_URL": "https://notify.example",
    "ALLOWED_HOSTS": "notify.example",
    "BOUNCE_DOMAIN": "bounce.notify.example",
    "SERVICE_ADDRESS": "account@notify.example",
    "DIGEST_ADDRESS": "digest@notify.example",
    "SERVICE_POSTAL_ADDRESS": "1 Square, Arnhill",
}


class Services:
    """The project's services on a database and a broker of their own; the web server on a free port of loopback."""

    def __init__(self, folder: Path, database_url: str, broker_url: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.children: dict[str, Child] = {}
        self.database_url = database_url
        self.broker_url = broker_url

    def run(self, name: str, command: list[str]) -> subprocess.CompletedProcess[str]:
        """A command inside the service `name`, to its end."""
        return subprocess.run(  # noqa: S603  the project's own commands
            self._here(command), env=self._environment(name), cwd=ROOT, capture_output=True, text=True, check=False
        )

    def start(self, name: str) -> None:
        command = self._here(compose.command(compose.ours()[name]))
        log = self.folder / f"{name}.log"
        self.children[name] = Child(name, command, log=log, env=self._environment(name), cwd=ROOT)

    def is_healthy(self, name: str) -> bool:
        """What the service's own health check says."""
        return self.run(name, compose.health_command(compose.ours()[name])).returncode == 0

    def page(self, path: str) -> tuple[int, str]:
        """Status and body; 0 where nobody listens yet."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=60) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, refused.read().decode()
        except OSError:
            return 0, ""

    def query(self, statement: LiteralString) -> list[tuple[object, ...]]:
        with psycopg.connect(self.database_url) as connection:
            return connection.execute(statement).fetchall()

    def stop(self) -> dict[str, int]:
        """SIGTERM to all at once, once; the exit code of each. One that had to be killed has -9."""
        for child in self.children.values():
            child.ask_to_stop()
        end = time.monotonic() + STOP_SECONDS
        for child in self.children.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.process.wait(max(end - time.monotonic(), 0.0))
            child.stop(patience=0.0)
        codes = {name: child.process.wait() for name, child in self.children.items()}
        self.children = {}
        return codes

    def last_words(self) -> str:
        return "\n".join(f"--- {name}\n{child.last_words(5)}" for name, child in self.children.items())

    def _here(self, command: list[str]) -> list[str]:
        """A container's words as this machine's: address and port are others, the programs this interpreter's."""
        port = {"0.0.0.0": "127.0.0.1", "8000": str(self.port)}  # noqa: S104  that is what is replaced
        words = [port.get(word, word).replace(":8000/", f":{self.port}/") for word in command]
        program = Path(sys.executable).with_name(words[0])
        return [str(program), *words[1:]] if program.exists() else words

    def _environment(self, name: str) -> Mapping[str, str]:
        container = compose.environment(compose.ours()[name], ENV_FILE)
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        own = {"PATH": path, "HOSTNAME": socket.gethostname(), "BEAT_SCHEDULE": str(self.folder / "beat-schedule")}
        return image.environment() | container | {"DATABASE_URL": self.database_url, "REDIS_URL": self.broker_url} | own


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Services]:
    """An empty database and broker, and services that can be started on them."""
    valkey = Valkey(folder / "valkey")
    with own_database() as database_url:
        valkey.start()
        services = Services(folder, database_url, valkey.url())
        try:
            yield services
        finally:
            services.stop()
            valkey.stop()


@contextlib.contextmanager
def own_database() -> Iterator[str]:
    """A new database on the tests' server; dropped at the end, whoever is still connected."""
    server = os.environ["DATABASE_URL"]
    name = f"services_{secrets.token_hex(6)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield urlsplit(server)._replace(path=f"/{name}").geturl()
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
