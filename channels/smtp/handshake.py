"""The dialogue from the greeting to the first mail: EHLO or HELO, STARTTLS, AUTH. No I/O in here."""

import base64
import enum
from collections.abc import Callable
from functools import partial

from channels.smtp.dialogue import ConnectionOverError, Dialogue, give_up
from channels.smtp.envelope import Offers
from channels.smtp.relay import Relay, Tls
from channels.smtp.replies import Stage, misconfigured, setup_failure


class Progress(enum.Enum):
    """How far the handshake is."""

    TALKING = enum.auto()
    WANTS_TLS = enum.auto()  # upgrade the connection, then call `encrypted`
    DONE = enum.auto()


class Handshake(Dialogue):
    """From the greeting on. Its handlers raise ConnectionOverError where the relay and we don't agree."""

    def __init__(self, relay: Relay) -> None:
        super().__init__()
        self.progress = Progress.TALKING
        self.offers = Offers()
        self.on_reply = self._on_greeting
        self._stage = Stage.GREETING
        self._relay = relay
        self._encrypted = relay.tls is Tls.IMPLICIT

    @property
    def awaited(self) -> Stage | None:
        return self._stage if self.progress is Progress.TALKING else None

    def encrypted(self) -> bytes:
        """TLS is up: what was offered in clear counts no more, ask again (RFC 3207 section 4.2)."""
        self._encrypted = True
        self.offers = Offers()
        self.progress = Progress.TALKING
        return self._written(self._ehlo(), self._on_ehlo)

    def _on_greeting(self, reply: bytes) -> None:
        self._require(reply, b"220")
        self._say(self._ehlo(), self._on_ehlo)

    def _ehlo(self) -> bytes:
        self._stage = Stage.HELLO
        return f"EHLO {self._relay.ehlo_name}".encode()

    def _on_ehlo(self, reply: bytes) -> None:
        if reply[:1] == b"5":  # a server from before 1995, or a filter that plays one (RFC 5321 section 3.2)
            self._say(f"HELO {self._relay.ehlo_name}".encode(), self._on_helo)
            return
        self._require(reply, b"250")
        self.offers = parse_offers(reply)
        self._after_hello()

    def _on_helo(self, reply: bytes) -> None:
        self._require(reply, b"250")
        self._after_hello()

    def _after_hello(self) -> None:
        wanted = self._relay.tls is Tls.STARTTLS or (self._relay.tls is Tls.OPPORTUNISTIC and self.offers.starttls)
        if wanted and not self._encrypted:
            if not self.offers.starttls:
                raise ConnectionOverError(misconfigured(f"Relay {self._relay} does not offer STARTTLS."))
            self._stage = Stage.STARTTLS
            self._say(b"STARTTLS", self._on_starttls)
        elif self._relay.username:
            self._authenticate()
        else:
            self._finish(Progress.DONE)

    def _on_starttls(self, reply: bytes) -> None:
        if self._relay.tls is Tls.OPPORTUNISTIC and reply[:1] in {b"4", b"5"} and reply[:3] != b"421":
            self._finish(Progress.DONE)  # offered and not to be had: in clear, as with one that offers none
            return
        self._require(reply, b"220")
        self._finish(Progress.WANTS_TLS)
        self.on_reply = self.ignore  # whatever else came in clear

    def _authenticate(self) -> None:
        relay = self._relay
        self._stage = Stage.AUTH
        if "PLAIN" in self.offers.auth:  # RFC 4616
            self._say(b"AUTH PLAIN " + _base64(f"\0{relay.username}\0{relay.password}"), self._on_authenticated)
        elif "LOGIN" in self.offers.auth:
            self._say(b"AUTH LOGIN", self._on_login_user)
        else:
            raise ConnectionOverError(misconfigured(f"Relay {relay} offers neither AUTH PLAIN nor AUTH LOGIN."))

    def _on_login_user(self, reply: bytes) -> None:
        self._require(reply, b"334")
        self._say(_base64(self._relay.username), self._on_login_password)

    def _on_login_password(self, reply: bytes) -> None:
        self._require(reply, b"334")
        self._say(_base64(self._relay.password), self._on_authenticated)

    def _on_authenticated(self, reply: bytes) -> None:
        self._require(reply, b"235")
        self._finish(Progress.DONE)

    def _say(self, line: bytes, handler: Callable[[bytes], None]) -> None:
        self.on_reply = self.unasked
        self.due = partial(self._written, line, handler)

    def _written(self, line: bytes, handler: Callable[[bytes], None]) -> bytes:
        self.on_reply = handler
        return line + b"\r\n"

    def _finish(self, progress: Progress) -> None:
        self.progress = progress
        self.on_reply = self.unasked

    def _require(self, reply: bytes, code: bytes) -> None:
        if reply[:3] == code:
            return
        if reply[:1] in {b"4", b"5"}:
            raise ConnectionOverError(setup_failure(self._stage, reply))
        give_up(self._stage, reply)


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
