"""A small SMTP server that answers what a test tells it to, however wrong.

A script maps a command to its answer. Commands are lines as they came; "" is the connection itself (the answer
is the greeting) and "." the end of a message. An answer of 354 makes it read a message. What an answer may end in:
HANG_UP closes the connection behind it, RESET cuts it with an RST. SILENCE: it reads on and never answers again.
DEAF stops reading behind it; HALF_CLOSE does so too, and ends its own side. What begins with HOLD is said when the
test calls `release`, or when the client has gone.
"""

import asyncio
import contextlib
import os
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

HANG_UP = "<hang up>"
RESET = "<reset>"
SILENCE = "<silence>"
DEAF = "<deaf>"
HALF_CLOSE = "<half close>"
HOLD = "<hold>"

Script = Callable[[str], str]

ALL_OFFERS = ("PIPELINING", "SIZE 100000", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES")


def polite(command: str, offers: tuple[str, ...] = ALL_OFFERS) -> str:
    """What a well-behaved server answers."""
    verb = command.upper()[:4]
    if verb == "EHLO":
        return "\n".join(["250-server.example", *[f"250-{offer}" for offer in offers], "250 HELP"])
    return {
        "": "220 server.example ESMTP",
        "DATA": "354 Go ahead",
        ".": "250 2.0.0 Queued",
        "QUIT": "221 Bye" + HANG_UP,
    }.get(verb, "250 2.0.0 Ok")


def answering(answers: dict[str, str], offers: tuple[str, ...] = ALL_OFFERS) -> Script:
    """A polite script but for commands that begin with a key of `answers`."""

    def script(command: str) -> str:
        for beginning, answer in answers.items():
            if command == beginning or (beginning and command.startswith(beginning)):
                return answer
        return polite(command, offers)

    return script


@dataclass
class Mail:
    """One message that the server answered with 2xx."""

    sender: str
    recipient: str
    content: bytes


@dataclass
class Scripted:
    """What the server saw: for each connection its commands, and the mails it accepted."""

    script_for: Callable[[int], Script]
    port: int = 0
    octets_at_once: int = 0  # answers are sent in pieces of so many; 0: whole
    starttls: ssl.SSLContext | None = None  # what happens behind a 220 to STARTTLS
    dialogues: list[list[str]] = field(default_factory=list)
    mails: list[Mail] = field(default_factory=list)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    writers: list[asyncio.StreamWriter] = field(default_factory=list)
    held: int = 0  # answers that wait for `release`
    _released: asyncio.Event = field(default_factory=asyncio.Event)

    def release(self) -> None:
        """Says what was held back, and holds nothing back any more."""
        self._released.set()

    async def hold(self) -> None:
        """Until `release`."""
        self.held += 1
        await self._released.wait()
        self.held -= 1

    @property
    def recipients(self) -> list[str]:
        return [mail.recipient for mail in self.mails]

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        self.tasks.add(asyncio.get_running_loop().create_task(self._serve(reader, writer)))

    def heard(self) -> list[list[str]]:
        """The verbs that each connection has sent so far."""
        return [[command[:4] for command in commands] for commands in self.dialogues]

    async def say_goodbye(self, text: str) -> None:
        """Closes all connections out of the blue, and lets no client notice yet."""
        for writer in self.writers:
            with socket.socket(fileno=os.dup(writer.get_extra_info("socket").fileno())) as sock:
                if text:
                    sock.send(text.encode() + b"\r\n")
                sock.shutdown(socket.SHUT_WR)

    async def stop(self) -> None:
        for task in self.tasks:
            task.cancel()
        results = await asyncio.gather(*self.tasks, return_exceptions=True)
        for writer in self.writers:
            writer.close()
        for result in results:
            if isinstance(result, Exception):
                raise result

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        commands: list[str] = []
        self.dialogues.append(commands)
        dialogue = _Dialogue(self, self.script_for(len(self.dialogues)), reader, writer, commands)
        try:
            await dialogue.run()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client went: its right
        finally:
            writer.close()


class _Dialogue:
    def __init__(
        self,
        server: Scripted,
        script: Script,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        commands: list[str],
    ) -> None:
        self._server, self._script, self._commands = server, script, commands
        self._reader, self._writer = reader, writer
        self._is_silent = False

    async def run(self) -> None:
        sender = recipient = ""
        command = ""
        while True:
            answer = self._script(command)
            if command.startswith("MAIL"):
                sender = command
            if command.startswith("RCPT"):
                recipient = command[command.index("<") + 1 : command.rindex(">")]
            if not await self._say(answer):
                return
            if command == "DATA" and answer.startswith("354"):
                content = await self._content()
                self._commands.append(".")
                verdict = self._script(".")
                if verdict.startswith(HOLD):
                    await self._server.hold()
                    verdict = verdict.removeprefix(HOLD)
                if verdict.startswith("2"):
                    self._server.mails.append(Mail(sender, recipient, content))
                if not await self._say(verdict):
                    return
            if command == "STARTTLS" and self._server.starttls is not None:
                await self._writer.start_tls(self._server.starttls)
            command = (await self._reader.readuntil(b"\r\n")).decode()[:-2]
            self._commands.append(command)

    async def _content(self) -> bytes:
        lines = []
        while (line := await self._reader.readuntil(b"\n")) != b".\r\n":
            lines.append(line)
        return b"".join(lines)

    async def _say(self, answer: str) -> bool:
        """Whether the dialogue goes on."""
        if answer.startswith(HOLD):
            await self._server.hold()
            answer = answer.removeprefix(HOLD)
        self._is_silent |= answer == SILENCE
        if self._is_silent:
            return True
        text, hang_up, _ = answer.partition(HANG_UP)
        text, reset, _ = text.partition(RESET)
        text, deaf, _ = text.partition(DEAF)
        text, half_close, _ = text.partition(HALF_CLOSE)
        await self._write(
            b"".join(line.encode("utf-8", "surrogateescape") + b"\r\n" for line in text.split("\n") if text)
        )
        if reset:
            sock = self._writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._writer.transport.abort()
        if half_close:
            self._writer.write_eof()
        if deaf or half_close:
            await asyncio.Event().wait()  # until the test is over
        return not hang_up and not reset

    async def _write(self, octets: bytes) -> None:
        step = self._server.octets_at_once or len(octets) or 1
        for at in range(0, len(octets), step):
            self._writer.write(octets[at : at + step])
            await self._writer.drain()
            if self._server.octets_at_once:
                await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def scripted_server(
    script: Script | None = None,
    *,
    for_connection: Callable[[int], Script] | None = None,
    octets_at_once: int = 0,
    host: str = "127.0.0.1",
    port: int = 0,
    starttls: ssl.SSLContext | None = None,
) -> AsyncIterator[Scripted]:
    """Serves `script` on every connection, or what `for_connection` returns for the first (1), second, …"""
    chosen = script or polite
    server = Scripted(for_connection or (lambda _: chosen), octets_at_once=octets_at_once, starttls=starttls)
    listener = await asyncio.start_server(server.accept, host, port)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
        await asyncio.sleep(0)  # a connection accepted just now becomes a task
        await server.stop()
        await listener.wait_closed()
