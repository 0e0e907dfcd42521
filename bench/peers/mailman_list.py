"""Mailman 3 as a contestant: a list with full personalisation and VERP, set up by its own commands and REST interface.

It takes a post by LMTP as from a mail server in front of it. What it can make a person's own is the header To, the
envelope sender and a footer, so the footer has the link to unsubscribe; the rest is the same message as the others'.
Mailman is under the GPL: its programs run by themselves, and none of its modules is imported here.
"""

import json
import os
import secrets
import signal
import smtplib
import socket
import subprocess
import time
from base64 import b64encode
from collections.abc import Mapping
from contextlib import closing
from email.message import EmailMessage
from email.utils import localtime, make_msgid
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

import psycopg

from bench.peers.environment import MAILMAN
from bench.servers import Servers, processes_of, wait_for
from govnotify.embedded import Child, free_port

DOMAIN = "lists.example"
NEWSLETTER = f"newsletter@{DOMAIN}"
FOOTER = "To unsubscribe: https://lists.example/unsubscribe?email=$user_email\n"
SETTINGS = {
    "personalize": "full",
    "default_nonmember_action": "accept",  # the agency writes and isn't a member
    "digests_enabled": "false",
    "send_welcome_message": "false",
}
CONFIGURATION = """\
[mailman]
layout: bench
[paths.bench]
var_dir: {folder}
[database]
class: mailman.database.postgresql.PostgreSQLDatabase
url: {database}
[mta]
incoming: mailman.mta.null.NullMTA
smtp_host: 127.0.0.1
smtp_port: {smtp_port}
lmtp_host: 127.0.0.1
lmtp_port: {lmtp_port}
verp_personalized_deliveries: yes
[webservice]
hostname: 127.0.0.1
port: {rest_port}
admin_pass: {password}
"""  # all else as Mailman has it: every runner once


class MailmanList:
    """One list; the senders are Mailman's master and the runners below it, all of whose time counts."""

    name = "Mailman, personalised"
    version = MAILMAN.version("mailman")
    share = 0.05
    runs_until_stopped = True

    def __init__(self, servers: Servers, message: Path) -> None:
        self.servers = servers
        self.message = message
        self.passes = 0

    def prepare(self, smtp_port: int, people: int) -> None:
        """A new installation on a database of its own, with one list that so many people are on."""
        self.passes += 1
        database = f"peer_mailman_{self.passes}"
        self.folder = self.servers.folder / database
        footer = self.folder / "templates" / "site" / "en" / "list:member:regular:footer.txt"
        footer.parent.mkdir(parents=True)
        footer.write_text(FOOTER)
        with psycopg.connect(self.servers.postgres.url(), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{database}"')
        self.lmtp_port, self.rest_port, self.password = free_port(), free_port(), secrets.token_hex(16)
        self.configuration = self.folder / "mailman.cfg"
        self.configuration.touch(mode=0o600)
        self.configuration.write_text(
            CONFIGURATION.format(
                folder=self.folder,
                database=self.servers.postgres.url(database).replace("postgresql:", "postgresql+psycopg2:"),
                smtp_port=smtp_port,
                lmtp_port=self.lmtp_port,
                rest_port=self.rest_port,
                password=self.password,
            )
        )
        self._make_list(people)

    def publish(self) -> float:
        before = time.process_time()
        with smtplib.LMTP("127.0.0.1", self.lmtp_port) as post:
            post.send_message(_newsletter(self.message), to_addrs=[NEWSLETTER])
        return time.process_time() - before

    def start_sender(self) -> list[Child]:
        """The master in the foreground, when its runners answer. It takes them along when it is asked to stop."""
        master = Child(
            self.name,
            [MAILMAN.program("master"), "--config", self.configuration],
            log=self.folder / "master.log",
            env=self._environment(),
            death_signal=signal.SIGTERM,
            cwd=self.folder,
        )
        wait_for(
            lambda: all(map(_listens, (self.lmtp_port, self.rest_port))) and self._outgoing(master),
            master,
            seconds=180.0,  # twelve runners, each of which imports all of Mailman
        )
        return [master]

    def kill(self, senders: list[Child]) -> None:
        """kill -9 of the outgoing runner."""
        for master in senders:
            for runner in self._outgoing(master):
                os.kill(runner, signal.SIGKILL)

    def restart(self, senders: list[Child]) -> list[Child]:
        """Nothing: the master starts the runner again."""
        return senders

    def _make_list(self, people: int) -> None:
        senders = self.start_sender()
        try:
            self._ask("POST", "domains", {"mail_host": DOMAIN})
            self._ask("POST", "lists", {"fqdn_listname": NEWSLETTER})
            self._ask("PATCH", f"lists/{NEWSLETTER}/config", SETTINGS)
        finally:
            for sender in senders:
                sender.stop(patience=30.0)  # killed it would leave the lock that keeps the next one from starting
        members = "".join(f"person{number}@people.example\n" for number in range(1, people + 1))
        self._run("addmembers", "--no-welcome-msg", "-", NEWSLETTER, text=members)

    def _ask(self, method: str, path: str, form: Mapping[str, str]) -> None:
        """One request to the REST interface; RuntimeError with its words where it refuses."""
        connection = HTTPConnection("127.0.0.1", self.rest_port, timeout=60)
        headers = {
            "Authorization": f"Basic {b64encode(f'restadmin:{self.password}'.encode()).decode()}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        with closing(connection):
            connection.request(method, f"/3.1/{path}", urlencode(form), headers)
            answer = connection.getresponse()
            if answer.status >= 300:
                raise RuntimeError(f"Mailman refused {method} {path}: {answer.status} {answer.read().decode()}")

    def _run(self, *words: str, text: str) -> None:
        subprocess.run(  # noqa: S603  our own commands
            [MAILMAN.program("mailman"), "--run-as-root", "--config", self.configuration, *words],
            check=True,
            input=text,
            text=True,
            env=self._environment(),
            cwd=self.folder,
        )

    def _environment(self) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}

    def _outgoing(self, master: Child) -> list[int]:
        """The ids of the runners that send."""
        return [pid for pid in processes_of(master) if b"--runner=out:" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _newsletter(message: Path) -> EmailMessage:
    text = json.loads(message.read_text(encoding="utf-8"))
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = text["subject"], text["from"], NEWSLETTER
    mail["Message-ID"], mail["Date"] = make_msgid(domain=DOMAIN), localtime()
    mail.set_content(text["text"])
    mail.add_alternative(text["html"], subtype="html")
    return mail
