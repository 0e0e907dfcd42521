"""Cuts what a server sends into replies, however the network cut it (RFC 5321 section 4.2)."""

import re
from collections.abc import Iterable, Iterator

# RFC 5321 section 4.5.3.1.5 allows 512 octets to a line; four times that is what Postfix reads.
MAX_LINE = 2048
MAX_REPLY = 65536  # octets in all lines: an EHLO answer is about 300

_LINE = re.compile(rb"[2-5][0-9][0-9](?:[ -].*)?\r?", re.DOTALL)
_COMMON = frozenset({b"250 ", b"354 "})


class GarbledReplyError(Exception):
    """What came is not SMTP."""


class ReplyReader:
    """Feed it octets, get whole replies: raw lines, the code first, joined with LF where a reply has several."""

    def __init__(self) -> None:
        self.partial = b""  # an unfinished line
        self._lines: list[bytes] = []  # of an unfinished reply
        self._octets = 0

    @property
    def is_mid_reply(self) -> bool:
        """Whether part of a reply has come and its end has not."""
        return bool(self.partial or self._lines)

    def feed(self, data: bytes) -> Iterable[bytes]:
        """The replies that `data` completes; raises GarbledReplyError behind the last good one."""
        data = self.partial + data
        lines = data.split(b"\n")  # a bare LF ends a line too: be liberal in what you accept
        self.partial = lines.pop()
        if self._lines or len(data) > MAX_LINE:
            return self._assemble(lines)
        for line in lines:
            if line[:4] not in _COMMON:
                return self._assemble(lines)
        return lines  # the way of nearly every reply at work: single lines, and known ones

    def discard(self) -> None:
        """Forgets what is unfinished: what came in clear must not count once TLS is up (RFC 3207 section 6)."""
        self.partial = b""
        self._lines = []
        self._octets = 0

    def _assemble(self, lines: list[bytes]) -> Iterator[bytes]:
        for line in lines:
            if len(line) > MAX_LINE:
                raise GarbledReplyError(f"a reply line of {len(line)} octets")
            if not _LINE.fullmatch(line) or (self._lines and self._lines[0][:3] != line[:3]):
                raise GarbledReplyError(f"not an SMTP reply: {line[:60]!r}")
            self._lines.append(line)
            self._octets += len(line)
            if line[3:4] != b"-":
                reply = b"\n".join(self._lines)
                self._lines = []
                self._octets = 0
                yield reply
            elif self._octets > MAX_REPLY:
                raise GarbledReplyError(f"a reply of more than {MAX_REPLY} octets")
        if len(self.partial) > MAX_LINE:
            raise GarbledReplyError(f"a reply line of more than {MAX_LINE} octets")
