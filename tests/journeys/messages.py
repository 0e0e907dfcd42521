"""CAP messages of others as files, and what an operator who only reads the XML would say of them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from lxml import etree

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "cap"
CAP = "{urn:oasis:names:tc:emergency:cap:1.2}"
LONGEST = timedelta(hours=72)  # that an alert of ours may stand


@dataclass(frozen=True, slots=True)
class Message:
    """One valid CAP 1.2 message."""

    name: str
    data: bytes

    @property
    def root(self) -> etree._Element:
        return etree.fromstring(self.data, etree.XMLParser(resolve_entities=False, no_network=True))

    def texts(self, element: str) -> list[str]:
        return [(found.text or "").strip() for found in self.root.iter(CAP + element)]

    @property
    def sent(self) -> datetime:
        return datetime.fromisoformat(self.texts("sent")[0])

    @property
    def ends(self) -> datetime | None:
        return max(map(datetime.fromisoformat, self.texts("expires")), default=None)

    @property
    def may_be_sent(self) -> bool:
        """Whether an agency may send it in its own time: it has an end that is near, a place, and is for everybody."""
        public = self.texts("scope") == ["Public"] and self.texts("status") != ["Draft"]
        return bool(public and self.texts("areaDesc") and self.ends and self.sent < self.ends <= self.sent + LONGEST)


def files(*folders: str) -> list[Path]:
    """The real ones of these folders, which lie outside the repository; none in a lone clone."""
    return sorted(path for folder in folders for path in (FOLDER / folder).glob("*.*"))


def real_messages() -> list[Message]:
    """All that are valid, the oldest first."""
    found = [Message(path.name, path.read_bytes()) for path in files("valid")]
    return sorted(found, key=lambda message: message.sent)
