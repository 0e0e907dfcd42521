"""STARTTLS, TLS from the first octet and AUTH, against aiosmtpd (which does not offer PIPELINING)."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword, Session
from aiosmtpd.smtp import Envelope as ReceivedMail

from channels.outcome import Reason, Verdict
from channels.smtp import Relay, SmtpPool, Tls
from tests.unit.smtp.builders import (
    BODY,
    PATIENT,
    ListFeed,
    Runner,
    both_loops,
    deliver,
    envelope,
    envelopes,
    run_asyncio,
)
from tests.unit.smtp.certificates import Certificate, make_certificate
from tests.unit.smtp.scripted_server import HANG_UP, answering, scripted_server

ACCEPTED = (Verdict.ACCEPTED, Reason.NONE)
DROPPED = (Verdict.TRANSIENT, Reason.CONNECTION)
ALARM = (Verdict.TRANSIENT, Reason.POLICY)


class Inbox:
    """An aiosmtpd handler that keeps what it is given."""

    def __init__(self) -> None:
        self.mails: list[tuple[str, bytes]] = []
        self.ciphers: list[bool] = []
        self.logins: list[bytes] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: ReceivedMail) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        self.mails.append((envelope.rcpt_tos[0], envelope.content))
        assert server.transport is not None
        self.ciphers.append(server.transport.get_extra_info("cipher") is not None)
        return "250 2.0.0 Queued"

    def authenticate(
        self, server: SMTP, session: Session, envelope: ReceivedMail, mechanism: str, auth: object
    ) -> AuthResult:
        assert isinstance(auth, LoginPassword)
        self.logins.append(auth.login)
        ok = (auth.login, auth.password) == (b"agency", "pässword".encode())
        return AuthResult(success=ok, handled=False)


@contextlib.asynccontextmanager
async def aiosmtpd_server(
    inbox: Inbox, *, implicit: ssl.SSLContext | None = None, **settings: Any
) -> AsyncIterator[int]:
    """Serves on 127.0.0.1; yields the port."""
    loop = asyncio.get_running_loop()
    served: list[Any] = []

    def serve() -> SMTP:
        server = SMTP(inbox, loop=loop, hostname="server.example", enable_SMTPUTF8=True, **settings)
        served.append(server)
        return server

    listener = await loop.create_server(serve, "127.0.0.1", 0, ssl=implicit)
    try:
        yield listener.sockets[0].getsockname()[1]
    finally:
        listener.close()
        for server in served:
            if server.transport is not None and not server.transport.is_closing():
                server.transport.abort()
        await listener.wait_closed()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("tls"))


def relay(port: int, certificate: Certificate, **settings: Any) -> Relay:
    return Relay("localhost", port, ehlo_name="sender.example", ca_file=str(certificate.certificate), **settings)


async def send(to: Relay, count: int = 3) -> ListFeed:
    feed = ListFeed(envelopes(count))
    pool = SmtpPool(to, connections=1, timeouts=PATIENT)
    await pool.send(feed)
    await pool.close()
    return feed


@both_loops
def test_a_server_without_pipelining_gets_everything(run: Runner) -> None:
    async def test() -> None:
        inbox = Inbox()
        async with aiosmtpd_server(inbox) as port:
            feed = await deliver(port, [*envelopes(3), envelope(3, recipient="jörg@example.com")])
        assert feed.verdicts() == dict.fromkeys(range(4), ACCEPTED)
        assert inbox.mails[0] == ("citizen0@example.com", BODY)
        assert inbox.mails[3][0] == "jörg@example.com"

    run(test())


def test_dots_at_line_beginnings_survive() -> None:
    async def test() -> None:
        inbox = Inbox()
        async with aiosmtpd_server(inbox) as port:
            await deliver(port, [envelope(message=b"Subject: dots\r\n\r\n..\r\n...x\r\n")])
        assert inbox.mails[0][1] == b"Subject: dots\r\n\r\n.\r\n..x\r\n"

    run_asyncio(test())


@both_loops
def test_starttls_and_auth(run: Runner, certificate: Certificate) -> None:
    async def test() -> None:
        inbox = Inbox()
        settings: dict[str, Any] = {
            "tls_context": certificate.server_context(),
            "require_starttls": True,
            "authenticator": inbox.authenticate,
            "auth_required": True,
        }
        async with aiosmtpd_server(inbox, **settings) as port:
            feed = await send(relay(port, certificate, tls=Tls.STARTTLS, username="agency", password="pässword"))
        assert feed.verdicts() == dict.fromkeys(range(3), ACCEPTED)
        assert inbox.ciphers == [True] * 3
        assert inbox.logins == [b"agency"]

    run(test())


@both_loops
def test_tls_from_the_first_octet(run: Runner, certificate: Certificate) -> None:
    async def test() -> None:
        inbox = Inbox()
        async with aiosmtpd_server(inbox, implicit=certificate.server_context()) as port:
            feed = await send(relay(port, certificate, tls=Tls.IMPLICIT))
        assert feed.verdicts() == dict.fromkeys(range(3), ACCEPTED)
        assert inbox.ciphers == [True] * 3

    run(test())


@pytest.mark.parametrize("excluded", [["PLAIN"], ["LOGIN"]])
def test_either_mechanism_will_do(excluded: list[str]) -> None:
    async def test() -> None:
        inbox = Inbox()
        settings: dict[str, Any] = {
            "authenticator": inbox.authenticate,
            "auth_require_tls": False,
            "auth_exclude_mechanism": excluded,
        }
        async with aiosmtpd_server(inbox, **settings) as port:
            feed = await send(Relay("127.0.0.1", port, username="agency", password="pässword"))
        assert feed.verdicts() == dict.fromkeys(range(3), ACCEPTED)
        assert inbox.logins == [b"agency"]

    run_asyncio(test())


def test_refused_credentials_lose_no_message_and_alarm() -> None:
    async def test() -> None:
        inbox = Inbox()
        async with aiosmtpd_server(inbox, authenticator=inbox.authenticate, auth_require_tls=False) as port:
            feed = await send(Relay("127.0.0.1", port, username="agency", password="wrong"), 50)
        assert feed.verdicts() == dict.fromkeys(range(50), ALARM)
        assert "535" in feed.outcomes[0].detail
        assert inbox.logins == [b"agency"]

    run_asyncio(test())


def test_a_server_without_auth_gets_no_credentials() -> None:
    async def test() -> None:
        async with scripted_server() as server:
            feed = await send(Relay("127.0.0.1", server.port, username="agency", password="sesame"))
        assert feed.verdicts() == dict.fromkeys(range(3), ALARM)
        assert [command[:4] for command in server.dialogues[0]] == ["EHLO"]

    run_asyncio(test())


def test_a_server_that_stopped_offering_starttls_gets_no_mail(certificate: Certificate) -> None:
    async def test() -> None:
        async with scripted_server() as server:
            feed = await send(relay(server.port, certificate, tls=Tls.STARTTLS))
        assert feed.verdicts() == dict.fromkeys(range(3), ALARM)
        assert "STARTTLS" in feed.outcomes[0].detail
        assert [command[:4] for command in server.dialogues[0]] == ["EHLO"]

    run_asyncio(test())


@both_loops
@pytest.mark.parametrize("tls", [Tls.STARTTLS, Tls.IMPLICIT])
def test_an_unknown_certificate_is_refused(run: Runner, tls: Tls, certificate: Certificate, tmp_path: Path) -> None:
    async def test() -> None:
        context = certificate.server_context()
        way = {"implicit": context} if tls is Tls.IMPLICIT else {"tls_context": context}
        inbox = Inbox()
        async with aiosmtpd_server(inbox, **way) as port:
            feed = await send(relay(port, make_certificate(tmp_path), tls=tls))
        assert feed.verdicts() == dict.fromkeys(range(3), ALARM)
        assert inbox.mails == []

    run(test())


def test_a_certificate_for_another_host_is_refused_unless_nobody_looks(tmp_path: Path) -> None:
    async def test() -> None:
        other = make_certificate(tmp_path, host="mail.example")
        async with aiosmtpd_server(Inbox(), implicit=other.server_context()) as port:
            strict = await send(relay(port, other, tls=Tls.IMPLICIT))
            lax = await send(relay(port, other, tls=Tls.IMPLICIT, verify=False))
        assert set(strict.verdicts().values()) == {ALARM}
        assert set(lax.verdicts().values()) == {ACCEPTED}

    run_asyncio(test())


@both_loops
def test_what_was_said_before_tls_counts_for_nothing(run: Runner, certificate: Certificate) -> None:
    """Somebody in the middle adds an answer to the server's clear "220 Go ahead" (the family of CVE-2011-0411)."""

    async def test() -> None:
        injected = "220 Go ahead\n250-server.example\n250-AUTH PLAIN\n250 PIPELINING"
        offers = ("STARTTLS", "PIPELINING", "SMTPUTF8")
        script = answering({"STARTTLS": injected}, offers)
        async with scripted_server(script, starttls=certificate.server_context()) as server:
            feed = await send(relay(server.port, certificate, tls=Tls.STARTTLS), 2)
        assert feed.verdicts() == dict.fromkeys(range(2), ACCEPTED)
        assert [command[:4] for command in server.dialogues[0]][:4] == ["EHLO", "STAR", "EHLO", "MAIL"]

    run(test())


@both_loops
@pytest.mark.parametrize("answer", ["454 4.7.0 TLS not available", "501 5.5.4 No parameters", "220 Go ahead"])
def test_a_failed_upgrade_sends_nothing(run: Runner, answer: str, certificate: Certificate) -> None:
    async def test() -> None:
        script = answering({"STARTTLS": answer + HANG_UP}, ("STARTTLS", "PIPELINING"))
        async with scripted_server(script) as server:
            feed = await send(relay(server.port, certificate, tls=Tls.STARTTLS))
        expected = ALARM if answer.startswith("5") else DROPPED
        assert feed.verdicts() == dict.fromkeys(range(3), expected)
        assert "MAIL" not in str(server.heard())

    run(test())


def test_an_unreadable_ca_file_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        SmtpPool(Relay("localhost", 465, Tls.IMPLICIT, ca_file=str(tmp_path / "missing.pem")))
