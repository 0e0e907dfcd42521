"""The dialogue from the greeting to the first mail: EHLO or HELO, STARTTLS, AUTH. No I/O in here."""

import base64
import enum
from collections.abc import Callable

from channels.outcome import Outcome
from channels.smtp.envelope import Offers
from channels.smtp.relay import Relay, Tls
from channels.smtp.replies import Stage, disconnected, misconfigured, setup_failure


class ConnectionOverError(Exception):
    """The connection is of no more use; `outcome` is what that means for messages it did not deliver."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.detail)
        self.outcome = outcome


class Progress(enum.Enum):
    """How far the handshake is."""

    TALKING = enum.auto()
    WANTS_TLS = enum.auto()  # the caller upgrades the connection, then calls `encrypted()`
    DONE = enum.auto()


class Handshake:
    """Give it each reply, write what it returns. Raises ConnectionOverError where the relay and we don't agree."""

    def __init__(self, relay: Relay) -> None:
        self.progress = Progress.TALKING
        self.stage = Stage.GREETING
        self.offers = Offers()
        self._relay = relay
        self._encrypted = relay.tls is Tls.IMPLICIT
        self._answer: Callable[[bytes], bytes] = self._on_greeting

    def answer(self, reply: bytes) -> bytes:
        """What to write next; empty where `progress` has changed."""
        return self._answer(reply)

    def encrypted(self) -> bytes:
        """TLS is up: what was offered in clear counts no more, ask again (RFC 3207 section 4.2)."""
        self._encrypted = True
        self.offers = Offers()
        self.progress = Progress.TALKING
        return self._say_hello()

    def _say_hello(self) -> bytes:
        self.stage = Stage.HELLO
        self._answer = self._on_ehlo
        return f"EHLO {self._relay.ehlo_name}\r\n".encode()

    def _on_greeting(self, reply: bytes) -> bytes:
        self._require(reply, b"220")
        return self._say_hello()

    def _on_ehlo(self, reply: bytes) -> bytes:
        if reply[:1] == b"5":  # a server from before 1995, or a filter that plays one (RFC 5321 section 3.2)
            self._answer = self._on_helo
            return f"HELO {self._relay.ehlo_name}\r\n".encode()
        self._require(reply, b"250")
        self.offers = parse_offers(reply)
        return self._after_hello()

    def _on_helo(self, reply: bytes) -> bytes:
        self._require(reply, b"250")
        return self._after_hello()

    def _after_hello(self) -> bytes:
        if self._relay.tls is Tls.STARTTLS and not self._encrypted:
            if not self.offers.starttls:
                raise ConnectionOverError(misconfigured(f"Relay {self._relay} does not offer STARTTLS."))
            self.stage = Stage.STARTTLS
            self._answer = self._on_starttls
            return b"STARTTLS\r\n"
        if self._relay.username:
            return self._authenticate()
        return self._finish()

    def _on_starttls(self, reply: bytes) -> bytes:
        self._require(reply, b"220")
        self.progress = Progress.WANTS_TLS
        return b""

    def _authenticate(self) -> bytes:
        relay = self._relay
        if not relay.may_authenticate(encrypted=self._encrypted):
            raise ConnectionOverError(misconfigured(f"No credentials to relay {relay} without TLS."))
        self.stage = Stage.AUTH
        if "PLAIN" in self.offers.auth:  # RFC 4616
            self._answer = self._on_authenticated
            return b"AUTH PLAIN " + _base64(f"\0{relay.username}\0{relay.password}") + b"\r\n"
        if "LOGIN" in self.offers.auth:
            self._answer = self._on_login_user
            return b"AUTH LOGIN\r\n"
        raise ConnectionOverError(misconfigured(f"Relay {relay} offers neither AUTH PLAIN nor AUTH LOGIN."))

    def _on_login_user(self, reply: bytes) -> bytes:
        self._require(reply, b"334")
        self._answer = self._on_login_password
        return _base64(self._relay.username) + b"\r\n"

    def _on_login_password(self, reply: bytes) -> bytes:
        self._require(reply, b"334")
        self._answer = self._on_authenticated
        return _base64(self._relay.password) + b"\r\n"

    def _on_authenticated(self, reply: bytes) -> bytes:
        self._require(reply, b"235")
        return self._finish()

    def _finish(self) -> bytes:
        self.progress = Progress.DONE
        return b""

    def _require(self, reply: bytes, code: bytes) -> None:
        if reply[:3] == code:
            return
        if reply[:1] in {b"4", b"5"}:
            raise ConnectionOverError(setup_failure(self.stage, reply))
        raise ConnectionOverError(disconnected(f"{self.stage.value}: unexpected {reply[:60]!r}"))


def parse_offers(reply: bytes) -> Offers:
    """Reads the lines after the first of a 250 to EHLO (RFC 5321 section 4.1.1.1); unknown keywords are passed over."""
    keywords: dict[str, list[str]] = {}
    for line in reply.decode("ascii", "replace").splitlines()[1:]:
        keyword, *values = line[4:].upper().replace("=", " ").split() or [""]  # "AUTH=LOGIN": before RFC 2554
        keywords.setdefault(keyword, []).extend(values)
    size = keywords.get("SIZE")
    return Offers(
        pipelining="PIPELINING" in keywords,
        size=None if size is None else int(size[0]) if size and size[0].isdecimal() else 0,
        eight_bit="8BITMIME" in keywords,
        smtputf8="SMTPUTF8" in keywords,
        starttls="STARTTLS" in keywords,
        auth=frozenset(keywords.get("AUTH", ())),
    )


def _base64(text: str) -> bytes:
    return base64.b64encode(text.encode())
