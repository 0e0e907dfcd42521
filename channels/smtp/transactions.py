"""The mail transactions of one connection (RFC 5321 section 3.3): which answer comes next, and what is then written.

Where PIPELINING is offered (RFC 2920) the end of message n and MAIL, RCPT, DATA of n+1 are one write, so that a
message costs one round trip. DATA is the last of its group: content goes only after its own 354.
"""

import sys
from collections.abc import Callable
from typing import Protocol

from channels.outcome import ACCEPTED, Outcome
from channels.smtp.dialogue import ConnectionOverError, Dialogue, give_up
from channels.smtp.envelope import END_OF_CONTENT, CannotSendError, Envelope, Offers, announce
from channels.smtp.replies import Stage, disconnected, refusal


class Exchange(Protocol):
    """Where messages come from and outcomes go. Each message taken comes back by exactly one of two ways."""

    def take(self) -> Envelope | None:
        """The next message, None where there is none now."""

    def record(self, envelope: Envelope, outcome: Outcome) -> None:
        """What became of it."""

    def hand_back(self, envelope: Envelope, outcome: Outcome, *, counts: bool) -> None:
        """None of its content was written. `counts`: a fresh connection came to nothing, which may be its fault."""


class Transactions(Dialogue):
    """One message after the other, at most two in flight: one waits for its verdict while the next is announced."""

    def __init__(self, exchange: Exchange, offers: Offers, max_messages: int | None) -> None:
        super().__init__()
        self.exchange = exchange
        self.answered = 0  # messages that the server decided on
        self.left = max_messages or sys.maxsize  # messages that may still begin
        self.opening: Envelope | None = None  # its MAIL, RCPT, DATA are under way
        self.content: Envelope | None = None  # its content is written, the verdict awaited
        self.offers = offers
        self._unwritten: list[bytes] = []  # commands of `opening`, one at a time without PIPELINING
        self._must_reset = False  # a refused message left a transaction open at the server
        self._is_withdrawn = False  # MAIL, RCPT, DATA of a message are written whose content won't follow here

    def begin(self) -> bytes:
        """Starts a message if nothing is in flight and there is one."""
        return self._start() if self.is_idle else b""

    def withdraw(self) -> Envelope | None:
        """Begins no message any more, and gives back the one announced behind another whose verdict is awaited."""
        self.left = 0
        if self.content is None:
            return None
        envelope, self.opening = self.opening, None
        self._is_withdrawn = envelope is not None
        return envelope

    @property
    def is_idle(self) -> bool:
        return self.on_reply == self.unasked

    @property
    def awaited(self) -> Stage | None:
        handler = self.on_reply
        return next((stage for stage, method in self._handlers() if handler == method), None)

    def _handlers(self) -> list[tuple[Stage, Callable[[bytes], None]]]:
        return [
            (Stage.RESET, self._on_reset),
            (Stage.MAIL, self._on_mail),
            (Stage.RCPT, self._on_rcpt),
            (Stage.DATA, self._on_data),
            (Stage.CONTENT, self._on_verdict),
            (Stage.CONTENT, self._on_void),
            (Stage.MAIL, self._on_withdrawn),
        ]

    # What the next reply answers, in the order of a transaction.

    def _on_reset(self, reply: bytes) -> None:
        if reply[:1] != b"2":
            give_up(Stage.RESET, reply)
        self._await(self._on_mail)

    def _on_mail(self, reply: bytes) -> None:
        if reply[:1] == b"2":
            self._await(self._on_rcpt)
        else:
            self._refuse(Stage.MAIL, reply, self._on_rcpt)

    def _on_rcpt(self, reply: bytes) -> None:
        if self.opening is None:  # MAIL was refused, so this answer says nothing new
            self._pass_over(Stage.RCPT, reply)
            self.on_reply = self._on_data
        elif reply[:1] == b"2":
            self._await(self._on_data)
        else:
            self._refuse(Stage.RCPT, reply, self._on_data)
            self._must_reset = True  # Postfix would answer MAIL with "503 nested MAIL command"

    def _on_data(self, reply: bytes) -> None:
        if reply[:3] == b"354":
            self.on_reply = self.unasked
            if self.opening is not None:
                self.due = self._write_content
            elif self._must_reset:
                self.due = self._write_nothing
            else:  # MAIL was refused: whatever this server would do with an empty mail, nobody wants it
                give_up(Stage.DATA, reply)
        elif self.opening is None:
            self._pass_over(Stage.DATA, reply)
            self._rest()
        else:
            self._refuse(Stage.DATA, reply)
            self._must_reset = True

    def _on_verdict(self, reply: bytes) -> None:
        outcome = ACCEPTED if reply[:1] == b"2" else _refusal(Stage.CONTENT, reply)
        envelope, self.content = self.content, None
        self._after_content()
        self._record_answer(envelope, outcome)

    def _on_void(self, reply: bytes) -> None:
        """The answer to the lone dot behind a refused recipient: it belongs to nobody."""
        self._pass_over(Stage.CONTENT, reply)
        self._after_content()

    def _on_withdrawn(self, reply: bytes) -> None:
        """The server goes on with a message that went another way: behind its DATA only hanging up helps."""
        raise ConnectionOverError(disconnected("Its next message went over another connection."))

    # What is written, and when.

    def _start(self) -> bytes:
        """The first commands of the next message, where nothing else is in flight."""
        commands = self._next_commands()
        if not commands:
            return b""
        self.on_reply = self._on_mail
        if self._must_reset:
            self._must_reset = False
            self.on_reply = self._on_reset
            commands = b"RSET\r\n" + commands
        if not self.offers.pipelining:
            commands, *self._unwritten = commands.splitlines(keepends=True)
        return commands

    def _write_command(self) -> bytes:
        return self._unwritten.pop(0)

    def _write_content(self) -> bytes:
        envelope, self.opening = self.opening, None
        assert envelope is not None  # noqa: S101  for the type checker: _on_data has looked
        self.content = envelope
        self.on_reply = self._on_verdict
        if not self.offers.pipelining:
            return envelope.message + END_OF_CONTENT
        return b"".join((envelope.message, END_OF_CONTENT, self._next_commands()))

    def _write_nothing(self) -> bytes:
        """Ends the content that a server asked for although it had refused the recipient (RFC 2920 section 3.1)."""
        self._must_reset = False
        self.on_reply = self._on_void
        return END_OF_CONTENT + self._next_commands()  # only a pipelined DATA follows a refusal

    def _next_commands(self) -> bytes:
        """Takes the next message that this server can carry and announces it; empty where there is none now."""
        while self.left:
            envelope = self.exchange.take()
            if envelope is None:
                break
            try:
                commands = announce(envelope, self.offers)
            except CannotSendError as error:
                self.exchange.record(envelope, error.outcome)
            else:
                self.left -= 1
                self.opening = envelope
                return commands
        return b""

    # Steps that handlers share.

    def _await(self, handler: Callable[[bytes], None]) -> None:
        self.on_reply = handler
        if self._unwritten:
            self.due = self._write_command

    def _rest(self) -> None:
        self.on_reply = self.unasked
        self.due = self._start

    def _after_content(self) -> None:
        if self.opening is not None:
            self.on_reply = self._on_mail
        elif self._is_withdrawn:
            self.on_reply = self._on_withdrawn
        else:
            self._rest()

    def _refuse(self, stage: Stage, reply: bytes, following: Callable[[bytes], None] | None = None) -> None:
        """Gives the message under way its outcome. `following` takes the answer to its next command, if written."""
        outcome = _refusal(stage, reply)
        envelope, self.opening = self.opening, None
        if following is None or self._unwritten:
            self._unwritten = []
            self._rest()
        else:
            self.on_reply = following
        self._record_answer(envelope, outcome)

    def _record_answer(self, envelope: Envelope | None, outcome: Outcome) -> None:
        assert envelope is not None  # noqa: S101  for the type checker: handlers for answers run with a message
        self.answered += 1
        self.exchange.record(envelope, outcome)

    def _pass_over(self, stage: Stage, reply: bytes) -> None:
        """An answer that decides nothing; unless it ends the connection."""
        if reply[:1] == b"3" or reply[:3] == b"421":
            give_up(stage, reply)


def _refusal(stage: Stage, reply: bytes) -> Outcome:
    if reply[:1] not in {b"4", b"5"} or reply[:3] == b"421":
        give_up(stage, reply)
    return refusal(stage, reply)
