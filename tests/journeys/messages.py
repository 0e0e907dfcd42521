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
        """Whether it can go out in its own time: it has an end that is near, a place, and is for everybody.

        What follows another message can, once that was sent.
        """
        public = self.texts("scope") == ["Public"] and self.texts("status") != ["Draft"]
        return bool(public and self.texts("areaDesc") and self.ends and self.sent < self.ends <= self.sent + LONGEST)

    @property
    def follows(self) -> "Message | None":
        """The first message that it refers to, as its sender may have written it: the same words, sent before."""
        if not self.texts("references"):
            return None
        sender, identifier, sent = self.texts("references")[0].split()[0].split(",")
        root = self.root
        for name, text in (("sender", sender), ("identifier", identifier), ("sent", sent), ("msgType", "Alert")):
            root.findall(CAP + name)[0].text = text
        for element in (root.find(CAP + "references"), root.find("{http://www.w3.org/2000/09/xmldsig#}Signature")):
            if element is not None:
                root.remove(element)
        return Message(f"before {self.name}", etree.tostring(root, encoding="utf-8"))


def files(*folders: str) -> list[Path]:
    """The real ones of these folders, which lie outside the repository; none in a lone clone."""
    return sorted(path for folder in folders for path in (FOLDER / folder).glob("*.*"))


def real_messages() -> list[Message]:
    """All that are valid, the oldest first."""
    found = [Message(path.name, path.read_bytes()) for path in files("valid")]
    return sorted(found, key=lambda message: message.sent)
