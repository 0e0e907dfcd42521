"""Asking pages: requests as bytes, the web server by its production command, a process of its own that asks."""

import base64
import json
import os
import subprocess
import sys
import urllib.request
from dataclasses import dataclass
from typing import Any

from bench.servers import Servers, cpu_seconds, processes_of, wait_for
from govnotify.embedded import Child, free_port
from govnotify.processes import web

CONNECTIONS = 16
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Ask:
    """One request: its path, headers and form."""

    path: str
    headers: tuple[tuple[str, str], ...] = ()
    form: str = ""

    @property
    def wire(self) -> bytes:
        method = "POST" if self.form else "GET"
        headers = [("Host", "127.0.0.1"), *self.headers]
        headers += [("Content-Type", FORM), ("Content-Length", str(len(self.form)))] if self.form else []
        lines = [f"{method} {self.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
        return ("\r\n".join(lines) + "\r\n\r\n" + self.form).encode()


@dataclass(frozen=True, slots=True)
class Page:
    name: str
    asks: list[Ask]
    status: int = 200
    once: bool = False  # each changes something, so none can be asked twice


class Load:
    def __init__(self, servers: Servers, seconds: float) -> None:
        self._servers, self._seconds = servers, seconds
        self._server: Child | None = None
        self.port = 0

    def start(self, **settings: str) -> Child:
        """The web server by the production command, when it answers."""
        self.port = free_port()
        log = self._servers.folder / f"web-{self.port}.log"
        command = web(host="127.0.0.1", port=self.port).command
        child = Child("web", command, log=log, env={**os.environ, **settings})
        self._servers.children.append(child)
        wait_for(self._answers, child)
        self._server = child
        self.ask(Page("warm up", [Ask("/")]), seconds=1.0)  # both of its processes
        return child

    def ask(self, page: Page, *, compressed: bool = False, seconds: float = 0.0) -> dict[str, Any]:
        """Requests a second, milliseconds, octets, and what each cost the server. RuntimeError for another answer."""
        encoding = (("Accept-Encoding", "gzip"),) if compressed else ()
        asks = [Ask(ask.path, (*ask.headers, *encoding), ask.form) for ask in page.asks]
        plan = {
            "port": self.port,
            "seconds": seconds or self._seconds,
            "connections": CONNECTIONS,
            "once": page.once,
            "requests": [base64.b64encode(ask.wire).decode() for ask in asks],
        }
        before = self._cpu()
        done = subprocess.run(
            [sys.executable, "-m", "bench.web_load"],
            input=json.dumps(plan), capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"asking for “{page.name}” failed: {done.stderr[-2_000:]}")
        result: dict[str, Any] = json.loads(done.stdout)
        statuses = result.pop("statuses")
        if set(statuses) != {str(page.status)}:
            raise RuntimeError(f"“{page.name}” answered {statuses}, not {page.status}")
        result["web_cpu_us"] = round((self._cpu() - before) / result["requests"] * 1e6)
        print(page.name, result, file=sys.stderr, flush=True)
        return result

    def etag(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}") as answer:  # our own server
            return str(answer.headers["ETag"])

    def _answers(self) -> bool:
        try:
            self.etag("/health/live/")
        except OSError:
            return False
        return True

    def _cpu(self) -> float:
        return cpu_seconds(processes_of(self._server)) if self._server else 0.0
