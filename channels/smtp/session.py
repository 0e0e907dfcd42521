"""One SMTP connection without the I/O: replies in, octets to write out, one outcome for every message.

Where PIPELINING is offered (RFC 2920) the end of message n and MAIL, RCPT, DATA of n+1 are one write, so that a
message costs one round trip. DATA is the last of its group: content goes only after its own 354, and nothing
else has been written when that comes, so a reply that nobody asked for is noticed and never taken for another.
"""

import enum
import sys
from collections.abc import Callable
from typing import Protocol

from channels.outcome import ACCEPTED, Outcome
from channels.smtp.envelope import END_OF_CONTENT, CannotSendError, Envelope, announce
from channels.smtp.handshake import ConnectionOverError, Handshake, Progress
from channels.smtp.reader import GarbledReplyError, ReplyReader
from channels.smtp.relay import Relay
from channels.smtp.replies import Stage, closing, disconnected, refusal


class Exchange(Protocol):
    """Where a session gets messages and gives outcomes. Each message taken comes back by exactly one of two ways."""

    def take(self) -> Envelope | None: ...
    def record(self, envelope: Envelope, outcome: Outcome) -> None: ...
    def hand_back(self, envelope: Envelope, outcome: Outcome, *, counts: bool) -> None:
        """None of its content was written. `counts`: a fresh connection came to nothing, which may be its fault."""


class Phase(enum.Enum):
    TALKING = enum.auto()  # greeting to AUTH
    WANTS_TLS = enum.auto()  # upgrade, then `encrypted()`
    READY = enum.auto()
    CLOSED = enum.auto()  # `failure` says why; close the transport


class Session:
    """Write what `receive`, `begin`, `encrypted` and `quit` return; call `lost` when the connection is gone."""

    def __init__(self, relay: Relay, exchange: Exchange, *, max_messages: int | None = None) -> None:
        self.phase = Phase.TALKING
        self.failure: Outcome | None = None
        self.answered = 0  # messages that the server decided on since `join`
        self.came_to_nothing = False  # lost with messages in hand, in its first send(), and none was answered
        self._exchange = exchange
        self._is_fresh = True  # in its first send()
        self._left = max_messages or sys.maxsize  # messages that may still begin
        self._handshake = Handshake(relay)
        self._offers = self._handshake.offers
        self._reader = ReplyReader()
        self._on_reply: Callable[[bytes], None] = self._on_handshake  # what the next reply answers
        self._due: Callable[[], bytes] | None = None  # what to write once all that has come is read
        self._opening: Envelope | None = None  # its MAIL, RCPT, DATA are under way
        self._content: Envelope | None = None  # its content is written, the verdict awaited
        self._unwritten: list[bytes] = []  # commands of `_opening`, one at a time without PIPELINING
        self._must_reset = False  # a refused message left a transaction open at the server

    def receive(self, data: bytes) -> bytes:
        """Takes what came from the server; returns what to write, which may be nothing."""
        try:
            for reply in self._reader.feed(data):
                self._on_reply(reply)
            if self._due is None:
                return b""
            if self._reader.is_mid_reply:
                self._unasked(self._reader.partial)
        except GarbledReplyError as error:
            self.lost(disconnected(f"The server sent {error}."))
            return b""
        except ConnectionOverError as error:
            self.lost(error.outcome)
            return b""
        due, self._due = self._due, None
        return due()

    def join(self, exchange: Exchange) -> None:
        """From now on messages come from and outcomes go to `exchange`; nothing may be in flight."""
        self._exchange = exchange
        self._is_fresh = False
        self.answered = 0

    def begin(self) -> bytes:
        """Starts a message if the connection is idle and there is one."""
        return self._start() if self.is_idle else b""

    def encrypted(self) -> bytes:
        """TLS is up. Whatever came before it in clear is forgotten (RFC 3207 section 6, CVE-2011-0411)."""
        self._reader.discard()
        self.phase = Phase.TALKING
        self._on_reply = self._on_handshake
        return self._handshake.encrypted()

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
        self.failure = outcome
        content, opening = self.abandon()
        self.came_to_nothing = self._is_fresh and not self.answered and (content or opening) is not None
        if content is not None:
            self._exchange.record(content, disconnected(f"No verdict on the message. {outcome.detail}", outcome.code))
        if opening is not None:
            self._exchange.hand_back(opening, outcome, counts=self.came_to_nothing)

    def abandon(self) -> tuple[Envelope | None, Envelope | None]:
        """Ends the session and gives up its messages, content written and not, without an outcome."""
        held = self._content, self._opening
        self._content = self._opening = self._due = None
        self.phase = Phase.CLOSED
        self._on_reply = self._ignore
        return held

    @property
    def is_idle(self) -> bool:
        return self.phase is Phase.READY and self._on_reply == self._unasked

    @property
    def is_carrying(self) -> bool:
        """Whether a message is in flight."""
        return self._content is not None or self._opening is not None

    @property
    def is_spent(self) -> bool:
        """Whether it has carried as many messages as it may: say `quit()`."""
        return not self._left and self.is_idle

    @property
    def awaited(self) -> Stage | None:
        """What the server owes an answer to, None where it owes none."""
        if self.phase is Phase.TALKING:
            return self._handshake.stage
        handler = self._on_reply
        return next((stage for stage, method in self._handlers() if handler == method), None)

    def _handlers(self) -> list[tuple[Stage, Callable[[bytes], None]]]:
        return [
            (Stage.RESET, self._on_reset),
            (Stage.MAIL, self._on_mail),
            (Stage.RCPT, self._on_rcpt),
            (Stage.DATA, self._on_data),
            (Stage.CONTENT, self._on_verdict),
            (Stage.CONTENT, self._on_void),
        ]

    # What the next reply answers, in the order of a transaction.

    def _on_handshake(self, reply: bytes) -> None:
        out = self._handshake.answer(reply)
        if self._handshake.progress is Progress.WANTS_TLS:
            self.phase = Phase.WANTS_TLS
            self._on_reply = self._ignore
        elif self._handshake.progress is Progress.DONE:
            self.phase = Phase.READY
            self._offers = self._handshake.offers
            self._on_reply = self._unasked
        else:
            self._due = lambda: out

    def _on_reset(self, reply: bytes) -> None:
        if reply[:1] != b"2":
            raise _over(Stage.RESET, reply)
        self._await(self._on_mail)

    def _on_mail(self, reply: bytes) -> None:
        if reply[:1] == b"2":
            self._await(self._on_rcpt)
        else:
            self._refuse(Stage.MAIL, reply, self._on_rcpt)

    def _on_rcpt(self, reply: bytes) -> None:
        if self._opening is None:  # MAIL was refused, so this answer says nothing new
            self._pass_over(Stage.RCPT, reply)
            self._on_reply = self._on_data
        elif reply[:1] == b"2":
            self._await(self._on_data)
        else:
            self._refuse(Stage.RCPT, reply, self._on_data)
            self._must_reset = True  # Postfix would answer MAIL with "503 nested MAIL command"

    def _on_data(self, reply: bytes) -> None:
        if reply[:3] == b"354":
            self._on_reply = self._unasked
            if self._opening is not None:
                self._due = self._write_content
            elif self._must_reset:
                self._due = self._write_nothing
            else:  # MAIL was refused: whatever this server would do with an empty mail, nobody wants it
                raise _over(Stage.DATA, reply)
        elif self._opening is None:
            self._pass_over(Stage.DATA, reply)
            self._rest()
        else:
            self._refuse(Stage.DATA, reply)
            self._must_reset = True

    def _on_verdict(self, reply: bytes) -> None:
        outcome = ACCEPTED if reply[:1] == b"2" else _refusal(Stage.CONTENT, reply)
        envelope, self._content = self._content, None
        self._after_content()
        self._record_answer(envelope, outcome)

    def _on_void(self, reply: bytes) -> None:
        """The answer to the lone dot behind a refused recipient: it belongs to nobody."""
        self._pass_over(Stage.CONTENT, reply)
        self._after_content()

    def _unasked(self, reply: bytes) -> None:
        raise _over(Stage.GREETING, reply)

    def _ignore(self, reply: bytes) -> None: ...

    # What is written, and when.

    def _start(self) -> bytes:
        """The first commands of the next message, where nothing else is in flight."""
        commands = self._next_commands()
        if not commands:
            return b""
        self._on_reply = self._on_mail
        if self._must_reset:
            self._must_reset = False
            self._on_reply = self._on_reset
            commands = b"RSET\r\n" + commands
        if not self._offers.pipelining:
            commands, *self._unwritten = commands.splitlines(keepends=True)
        return commands

    def _write_command(self) -> bytes:
        return self._unwritten.pop(0)

    def _write_content(self) -> bytes:
        envelope, self._opening = self._opening, None
        assert envelope is not None  # noqa: S101  for the type checker: _on_data has looked
        self._content = envelope
        self._on_reply = self._on_verdict
        if not self._offers.pipelining:
            return envelope.message + END_OF_CONTENT
        return b"".join((envelope.message, END_OF_CONTENT, self._next_commands()))

    def _write_nothing(self) -> bytes:
        """Ends the content that a server asked for although it had refused the recipient (RFC 2920 section 3.1)."""
        self._must_reset = False
        self._on_reply = self._on_void
        return END_OF_CONTENT + self._next_commands()  # only a pipelined DATA follows a refusal

    def _next_commands(self) -> bytes:
        """Takes the next message that this server can carry and announces it; empty where there is none now."""
        while self._left:
            envelope = self._exchange.take()
            if envelope is None:
                break
            try:
                commands = announce(envelope, self._offers)
            except CannotSendError as error:
                self._exchange.record(envelope, error.outcome)
            else:
                self._left -= 1
                self._opening = envelope
                return commands
        return b""

    # Steps that handlers share.

    def _await(self, handler: Callable[[bytes], None]) -> None:
        self._on_reply = handler
        if self._unwritten:
            self._due = self._write_command

    def _rest(self) -> None:
        self._on_reply = self._unasked
        self._due = self._start

    def _after_content(self) -> None:
        if self._opening is None:
            self._rest()
        else:
            self._on_reply = self._on_mail

    def _refuse(self, stage: Stage, reply: bytes, following: Callable[[bytes], None] | None = None) -> None:
        """Gives the message under way its outcome. `following` takes the answer to its next command, if written."""
        outcome = _refusal(stage, reply)
        envelope, self._opening = self._opening, None
        if following is None or self._unwritten:
            self._unwritten = []
            self._rest()
        else:
            self._on_reply = following
        self._record_answer(envelope, outcome)

    def _record_answer(self, envelope: Envelope | None, outcome: Outcome) -> None:
        assert envelope is not None  # noqa: S101  for the type checker: handlers for answers run with a message
        self.answered += 1
        self._exchange.record(envelope, outcome)

    def _pass_over(self, stage: Stage, reply: bytes) -> None:
        """An answer that decides nothing; unless it ends the connection."""
        if reply[:1] == b"3" or reply[:3] == b"421":
            raise _over(stage, reply)


def _refusal(stage: Stage, reply: bytes) -> Outcome:
    if reply[:1] not in {b"4", b"5"} or reply[:3] == b"421":
        raise _over(stage, reply)
    return refusal(stage, reply)


def _over(stage: Stage, reply: bytes) -> ConnectionOverError:
    if reply[:3] == b"421":
        return ConnectionOverError(closing(stage, reply))
    return ConnectionOverError(disconnected(f"{stage.value}: unexpected {reply[:60]!r}"))
