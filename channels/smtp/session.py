"""One SMTP connection without the I/O: octets in, octets out, and every message it was given accounted for."""

import enum

from channels.outcome import Outcome
from channels.smtp.dialogue import ConnectionOverError, Dialogue
from channels.smtp.envelope import Envelope, Offers
from channels.smtp.handshake import Handshake, Progress
from channels.smtp.reader import GarbledReplyError, ReplyReader
from channels.smtp.relay import Relay
from channels.smtp.replies import Stage, disconnected
from channels.smtp.transactions import Exchange, Transactions


class Phase(enum.Enum):
    """Where the connection stands."""

    TALKING = enum.auto()  # greeting to AUTH
    WANTS_TLS = enum.auto()  # upgrade, then `encrypted()`
    READY = enum.auto()
    CLOSED = enum.auto()  # `failure` says why; close the transport


class Session:
    """Write what `receive`, `begin`, `encrypted` and `quit` return; call `lost` when the connection is gone."""

    def __init__(self, relay: Relay, exchange: Exchange, *, max_messages: int | None = None) -> None:
        self.phase = Phase.TALKING
        self.failure: Outcome | None = None
        self.came_to_nothing = False  # lost with messages in hand, in its first send(), and none was answered
        self._is_fresh = True  # in its first send()
        self._reader = ReplyReader()
        self._handshake = Handshake(relay)
        self._mails = Transactions(exchange, Offers(), max_messages)
        self._dialogue: Dialogue = self._handshake

    def receive(self, data: bytes) -> bytes:
        """Takes what came from the server; returns what to write, which may be nothing."""
        dialogue = self._dialogue
        try:
            for reply in self._reader.feed(data):
                dialogue.on_reply(reply)
            due = dialogue.due
            if due is None:
                self._turn()
                return b""
            if self._reader.is_mid_reply:
                dialogue.unasked(self._reader.partial)
        except GarbledReplyError as error:
            self.lost(disconnected(f"The server sent {error}."))
            return b""
        except ConnectionOverError as error:
            self.lost(error.outcome)
            return b""
        dialogue.due = None
        return due()

    def join(self, exchange: Exchange) -> None:
        """From now on messages come from and outcomes go to `exchange`; nothing may be in flight."""
        self._mails.exchange = exchange
        self._is_fresh = False

    def begin(self) -> bytes:
        """Starts a message if the connection is idle and there is one."""
        return self._mails.begin() if self.phase is Phase.READY else b""

    def encrypted(self) -> bytes:
        """TLS is up. Whatever came before it in clear is forgotten (RFC 3207 section 6, CVE-2011-0411)."""
        self._reader.discard()
        self.phase = Phase.TALKING
        return self._handshake.encrypted()

    def stall(self) -> Envelope | None:
        """The server is slow about a message: which. None begins here any more; one announced behind it goes back."""
        mails = self._mails
        announced = mails.withdraw()
        if announced is not None:
            mails.exchange.hand_back(announced, disconnected("The server is slow."), counts=False)
        return mails.content or mails.opening

    def quit(self) -> bytes:
        """Says goodbye; no reply is looked at any more. Nothing may be in flight."""
        self.lost(disconnected("We have said QUIT."))
        return b"QUIT\r\n"

    def lost(self, outcome: Outcome) -> None:
        """The connection is gone, or has to go: every message it holds goes where it belongs.

        Content written and no verdict: transient, though the server may have taken it (the known window of RFC
        1047). Content not begun: back, for another connection.
        """
        if self.phase is Phase.CLOSED:
            return
        exchange = self._mails.exchange
        self.failure = outcome
        content, opening = self.abandon()
        self.came_to_nothing = self._is_fresh and not self.answered and (content or opening) is not None
        if content is not None:
            verdict = disconnected(f"No verdict on the message. {outcome.detail}", outcome.code, in_doubt=True)
            exchange.record(content, verdict)
        if opening is not None:
            exchange.hand_back(opening, outcome, counts=self.came_to_nothing and content is None)

    def abandon(self) -> tuple[Envelope | None, Envelope | None]:
        """Ends the session and gives up its messages, content written and not, without an outcome."""
        mails = self._mails
        held = mails.content, mails.opening
        mails.content = mails.opening = None
        self.phase = Phase.CLOSED
        self._dialogue.due = None
        self._dialogue.on_reply = self._dialogue.ignore
        return held

    @property
    def exchange(self) -> Exchange:
        """Where its messages come from."""
        return self._mails.exchange

    @property
    def carried(self) -> list[Envelope]:
        """Messages in flight: none, one or two."""
        return [envelope for envelope in (self._mails.content, self._mails.opening) if envelope is not None]

    @property
    def answered(self) -> int:
        """Messages that the server decided on."""
        return self._mails.answered

    @property
    def is_carrying(self) -> bool:
        """Whether a message is in flight."""
        return self._mails.content is not None or self._mails.opening is not None

    @property
    def is_spent(self) -> bool:
        """Whether it has carried as many messages as it may, and is idle: say `quit()`."""
        return not self._mails.left and self.phase is Phase.READY and self._mails.is_idle

    @property
    def awaited(self) -> Stage | None:
        """What the server owes an answer to, None where it owes none."""
        return self._dialogue.awaited

    def _turn(self) -> None:
        """Nothing was to be written: has the handshake come to something?"""
        if self.phase is not Phase.TALKING:
            return
        if self._handshake.progress is Progress.WANTS_TLS:
            self.phase = Phase.WANTS_TLS
        elif self._handshake.progress is Progress.DONE:
            self.phase = Phase.READY
            self._mails.offers = self._handshake.offers
            self._dialogue = self._mails
