"""An SMTP server that misbehaves on demand, and knows for each recipient what it had said.

    python -m bench.crash_sink

The first line on stdout is JSON with the ports of SMTP and of the control connection, which takes a line of JSON and
answers with one: {"mood": name, "every": k} changes its manners, {"report": file} writes what became of whom since the
last report, forgets it, and {} asks for the counts alone. Every answer has the counts.
"""

import asyncio
import itertools
import json
from collections import Counter
from pathlib import Path

import uvloop

from bench.null_smtp import END_OF_DATA, Ledger, NullSmtp

# Manners. Those that name a share do it to every k-th message; a stall is everybody's.
WELL = "well"
DROP_IN_DATA = "drop in data"  # hangs up when content has begun
DROP_AFTER_DOT = "drop after dot"  # takes the message, hangs up without a word: a doubt that only a second copy ends
STALL = "stall"  # says nothing to anybody until it feels well again
GARBAGE = "garbage"  # answers a message, which it throws away, with what is not SMTP
THREE = "three"  # hangs up after three messages
REFUSALS = {  # at RCPT
    "421": b"421 4.3.2 Closing\r\n",
    "451": b"451 4.3.0 Try again\r\n",
    "550": b"550 No\r\n",  # without an enhanced code: it fails the delivery and suppresses nobody
}


class Memory(Ledger):
    """What was said to whom. `recipients` holds those who got a 250."""

    def __init__(self) -> None:
        super().__init__()
        self.mood = WELL
        self.every = 1
        self.unanswered: list[bytes] = []  # their message was taken, and no reply written
        self.refused: list[bytes] = []  # for good
        self.hits = 0  # messages and recipients that the mood met
        self._turns = itertools.count()
        self.stalled: set[MoodySmtp] = set()

    def change(self, mood: str, every: int) -> None:
        self.mood, self.every = mood, every
        while mood != STALL and self.stalled:
            self.stalled.pop().go_on()

    def strikes(self, *moods: str) -> bool:
        """Whether one of these moods is on and this message is one of those it is taken out on."""
        struck = self.mood in moods and next(self._turns) % self.every == 0
        self.hits += struck
        return struck

    def counts(self) -> dict[str, int]:
        return {"accepted": self.messages, "unanswered": len(self.unanswered), "hits": self.hits}

    def forget(self) -> dict[str, object]:
        """All of it, by address; the next round begins with nothing."""
        told: dict[str, object] = {
            **self.counts(),
            "accepted": _counted(bytes(self.recipients).splitlines()),
            "unanswered": _counted(self.unanswered),
            "refused": sorted({address.decode() for address in self.refused}),
        }
        self.recipients.clear()
        self.unanswered.clear()
        self.refused.clear()
        self.messages = self.hits = 0
        return told


def _counted(addresses: list[bytes]) -> dict[str, int]:
    return {address.decode(): count for address, count in Counter(addresses).items()}


class MoodySmtp(NullSmtp):
    """One connection."""

    def __init__(self, memory: Memory) -> None:
        super().__init__(memory, 0)
        self._memory = memory
        self._here = 0  # messages on this connection
        self._is_greeted = False
        self._is_spared = False  # this message is not one of those that the mood is taken out on

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # uvloop has classes of its own
        if self._memory.mood == STALL:
            self._memory.stalled.add(self)
        else:
            self._greet()

    def connection_lost(self, exc: Exception | None) -> None:
        self._memory.stalled.discard(self)  # what it had sent and got no word on was not taken

    def data_received(self, data: bytes) -> None:
        if self._memory.mood == STALL:
            self._rest += data
            self._memory.stalled.add(self)
        else:
            super().data_received(data)

    def go_on(self) -> None:
        """Answers what has been waiting."""
        if not self._is_greeted:
            self._greet()
        waiting, self._rest = self._rest, b""
        if waiting:
            super().data_received(waiting)

    def _greet(self) -> None:
        self._is_greeted = True
        super().connection_made(self._transport)

    def _content(self, data: bytes, at: int, answers: list[bytes]) -> int:
        memory = self._memory
        # The line end of the DATA command comes first: wait for what follows its 354.
        if not self._is_spared and len(data) - at > 2:
            if memory.strikes(DROP_IN_DATA):
                return self._hang_up(answers)
            self._is_spared = True
        if memory.mood in {DROP_AFTER_DOT, GARBAGE}:
            dot = data.find(END_OF_DATA, at)
            if dot < 0:
                return -1
            if memory.strikes(DROP_AFTER_DOT):
                memory.unanswered.append(self._recipients.strip())
                return self._hang_up(answers)
            if memory.strikes(GARBAGE):
                self._transport.write(b"".join(answers) + b"%&\xff\x00 not smtp at all\r\n")
                answers.clear()
                self._in_data = False
                return dot + len(END_OF_DATA)
        before = memory.messages
        end = super()._content(data, at, answers)
        self._is_spared = self._is_spared and end < 0
        self._here += memory.messages - before
        if memory.mood == THREE and self._here >= 3 and not self._in_data:
            memory.hits += 1
            self._say_last(answers, b"")
        return end

    def _command(self, data: bytes, at: int, answers: list[bytes]) -> int:
        line_end = data.find(b"\r\n", at)
        verb = data[at : at + 4].upper()
        if line_end >= 0 and verb == b"DATA" and not self._recipients:
            answers.append(b"554 5.5.1 No valid recipients\r\n")
            return line_end + 2
        end = super()._command(data, at, answers)
        if line_end >= 0 and verb == b"RCPT" and self._memory.strikes(*REFUSALS):
            self._refuse(answers)
        return end

    def _refuse(self, answers: list[bytes]) -> None:
        """Takes back the yes to the recipient."""
        answers.pop()
        address, self._recipients = self._recipients.strip(), b""
        reply = REFUSALS[self._memory.mood]
        if reply.startswith(b"421"):
            self._say_last(answers, reply)
        else:
            answers.append(reply)
        if reply.startswith(b"550"):
            self._memory.refused.append(address)

    def _say_last(self, answers: list[bytes], reply: bytes) -> None:
        self._transport.write(b"".join([*answers, reply]))
        answers.clear()
        self._transport.close()

    def _hang_up(self, answers: list[bytes]) -> int:
        answers.clear()
        self._transport.abort()
        return -1


class Control(asyncio.Protocol):
    """Takes orders, a line of JSON each."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            order = json.loads(line)
            told = self._memory.counts()
            if "mood" in order:
                self._memory.change(order["mood"], order.get("every", 1))
            if "report" in order:
                Path(order["report"]).write_text(json.dumps(self._memory.forget()))
            self._transport.write(json.dumps(told).encode() + b"\n")  # type: ignore[attr-defined]


async def serve() -> None:
    """Serves on 127.0.0.1 until it is killed."""
    loop = asyncio.get_running_loop()
    memory = Memory()
    smtp = await loop.create_server(lambda: MoodySmtp(memory), "127.0.0.1", 0, backlog=1024)
    control = await loop.create_server(lambda: Control(memory), "127.0.0.1", 0)
    ports = [server.sockets[0].getsockname()[1] for server in (smtp, control)]
    print(json.dumps(dict(zip(("smtp", "control"), ports, strict=True))), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(serve())
