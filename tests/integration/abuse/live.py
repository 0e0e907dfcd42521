"""The web server by its production command behind a proxy, and visitors of many networks who speak HTTP to it."""

import re
import time
from collections.abc import Mapping, Sequence
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from signal import SIGTERM
from typing import NamedTuple, Self
from urllib.parse import urlencode

from django.conf import settings

from govnotify.embedded import Child, free_port
from govnotify.processes import web
from tests.inbox import Inbox
from tests.integration.faults.platform import PATIENCE, environment

FORM = "application/x-www-form-urlencoded"
Fields = Mapping[str, str | Sequence[str]]


class Answer(NamedTuple):
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    def field(self, name: str) -> str:
        """The value of a hidden field."""
        found = re.search(rf'name="{name}"[^>]* value="([^"]*)"', self.body.decode())
        return found[1] if found else ""


class Site:
    """`variables` are an operator's; a proxy in front is taken for granted: visitors' addresses are in its header."""

    def __init__(self, folder: Path, inbox: Inbox, **variables: str) -> None:
        self._variables = {**environment(inbox, settings.REDIS_URL, folder), "BEHIND_PROXY": "1", **variables}
        self._log = folder / "web.log"

    def __enter__(self) -> Self:
        self.port = free_port()
        process = web(host="127.0.0.1", port=self.port)
        self._child = Child("web", process.command, log=self._log, env=self._variables, death_signal=SIGTERM)
        end = time.monotonic() + PATIENCE
        while not self._answers():
            if time.monotonic() > end or not self._child.running:
                self._child.stop()
                raise AssertionError(f"the web server never answered:\n{self.log}")
            time.sleep(0.1)
        return self

    def __exit__(self, *_: object) -> None:
        self._child.stop()

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def get(self, path: str, *headers: tuple[str, str]) -> Answer:
        return self.ask("GET", path, b"", headers)

    def post(self, path: str, fields: Fields, *headers: tuple[str, str], ip: str = "") -> Answer:
        proxy = [("X-Forwarded-For", ip)] if ip else []
        return self.ask(
            "POST", path, urlencode(fields, doseq=True).encode(), [("Content-Type", FORM), *proxy, *headers]
        )

    def ask(self, method: str, path: str, body: bytes, headers: Sequence[tuple[str, str]]) -> Answer:
        """One request on a connection of its own; headers as they are, also twice."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.putrequest(method, path, skip_accept_encoding=True)
            for name, value in [*headers, ("Content-Length", str(len(body))), ("Connection", "close")]:
                connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            return Answer(answer.status, answer.getheaders(), answer.read())
        finally:
            connection.close()

    def opened_form(self, path: str) -> tuple[dict[str, str], tuple[str, str]]:
        """The hidden fields of a page with a form, and the cookie that goes with them."""
        page = self.get(path)
        cookie = page.header("Set-Cookie").partition(";")[0]
        hidden = {name: page.field(name) for name in ("csrfmiddlewaretoken", "started")}
        return {name: value for name, value in hidden.items() if value}, ("Cookie", cookie)

    def _answers(self) -> bool:
        try:
            return self.get("/health/live/").status == 200
        except (OSError, HTTPException):
            return False
