"""The mails, in append-only files that survive a restart and never grow without bound.

A file holds one record after the other: a line of JSON that describes the mail, its octets, a line feed.
When a file is full the next is begun and the oldest is deleted.
"""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

FILE_OCTETS = 64_000_000
FILES = 4


@dataclass(frozen=True, slots=True)
class Mail:
    """Where a mail is and what a list shows of it. `subject` is as it came, with its encoded words."""

    number: int
    at: float  # seconds since the epoch
    sender: str
    recipients: list[str]
    subject: str
    lane: str
    octets: int
    file: Path
    offset: int


class MailStore:
    def __init__(self, folder: Path, *, file_octets: int = FILE_OCTETS, files: int = FILES) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._file_octets = file_octets
        self._files = files
        self._mails: dict[int, Mail] = {}
        for path in self._paths():
            self._mails.update((mail.number, mail) for mail in _load(path))
        self._next = max(self._mails, default=0) + 1
        self._output = self._open()

    def add(self, content: bytes, *, sender: str, recipients: list[str], subject: str, lane: str) -> Mail:
        """Write one mail to the file; the octets are with the operating system when this returns."""
        if self._output.tell() >= self._file_octets:
            self._begin_file()
        number, self._next = self._next, self._next + 1
        told = {
            "number": number, "at": time.time(), "sender": sender, "recipients": recipients,
            "subject": subject, "lane": lane, "octets": len(content),
        }  # fmt: skip
        head = json.dumps(told).encode() + b"\n"
        mail = _mail(told, Path(self._output.name), self._output.tell() + len(head))
        self._output.write(head + content + b"\n")
        self._mails[number] = mail
        return mail

    def get(self, number: int) -> Mail | None:
        return self._mails.get(number)

    def read(self, mail: Mail) -> bytes:
        with mail.file.open("rb") as source:
            source.seek(mail.offset)
            return source.read(mail.octets)

    def newest(self, *, to: str = "", skip: int = 0, limit: int = 50) -> list[Mail]:
        """The newest mails first; with `to`, those with that text in a recipient's address."""
        wanted = to.casefold()
        found = (
            mail
            for mail in reversed(self._mails.values())
            if not wanted or any(wanted in recipient.casefold() for recipient in mail.recipients)
        )
        return list(islice(found, skip, skip + limit))

    def __len__(self) -> int:
        return len(self._mails)

    def close(self) -> None:
        self._output.close()

    def _paths(self) -> list[Path]:
        return sorted(self._folder.glob("mails-*"))

    def _open(self) -> BinaryIO:
        paths = self._paths()
        path = paths[-1] if paths else self._folder / f"mails-{self._next:09d}"
        return path.open("ab", buffering=0)

    def _begin_file(self) -> None:
        self._output.close()
        (self._folder / f"mails-{self._next:09d}").touch()
        self._output = self._open()
        for path in self._paths()[: -self._files]:
            for number in [mail.number for mail in self._mails.values() if mail.file == path]:
                del self._mails[number]
            path.unlink()


def _load(path: Path) -> Iterator[Mail]:
    """The records of a file; what a killed process left half-written at its end is cut off."""
    size = path.stat().st_size
    with path.open("r+b") as source:
        end = 0
        while line := source.readline():
            offset = end + len(line)
            try:
                mail = _mail(json.loads(line), path, offset)
            except (ValueError, TypeError):
                break
            if offset + mail.octets + 1 > size:
                break
            yield mail
            end = source.seek(offset + mail.octets + 1)
        source.truncate(end)


def _mail(told: dict[str, Any], file: Path, offset: int) -> Mail:
    return Mail(**told, file=file, offset=offset)
