"""A mail server that holds everything up at a chosen message, so that "in the middle" is a fact."""

import threading

from tests.inbox import Inbox


class Gate:
    """The mail server's verdict: from the chosen message on nobody gets one until the gate is opened."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._at = 0
        self.reached = threading.Event()
        self._open = threading.Event()
        inbox.verdict = self._verdict

    def hold_at(self, messages: int) -> None:
        self._at = messages
        self.reached.clear()
        held, self._open = self._open, threading.Event()
        held.set()

    def open(self) -> None:
        self._at = 0
        self._open.set()

    def _verdict(self, recipient: str) -> str:
        until = self._open  # before anybody is told: the next hold has another
        if self._at and len(self._inbox.mails) >= self._at:
            self.reached.set()
            until.wait()
        return "250 2.0.0 Ok"
