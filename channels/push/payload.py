"""What a notification says, as the small JSON that our service worker reads."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from channels.markup import shorten
from channels.push.encryption import MAX_PLAINTEXT

MAX_TITLE, MAX_TEXT = 120, 300  # characters; phones show about 50 and 150


@dataclass(frozen=True, slots=True)
class Notification:
    """A notification. One with the same `tag` replaces it on the screen. `url` is where a tap leads."""

    title: str
    body: str
    url: str
    lang: str
    dir: str  # "ltr" or "rtl", of title and body
    tag: str
    urgent: bool = False  # stays on the screen until somebody looks at it
    stop: str = ""  # the words of the button that leads to where notifications are stopped

    def encoded(self, more: Mapping[str, str] | None = None) -> bytes:
        """Compact JSON in UTF-8 that fits a push message, texts cut at a word where they are too long.

        `more` is told to the service worker besides. Raises ValueError where all but the texts is too long.
        """
        for title, text in ((MAX_TITLE, MAX_TEXT), (MAX_TITLE, 0), (40, 0)):
            said = asdict(self) | {"title": shorten(self.title, length=title), "body": _cut(self.body, text)}
            encoded = json.dumps(said | dict(more or {}), ensure_ascii=False, separators=(",", ":")).encode()
            if len(encoded) <= MAX_PLAINTEXT:
                return encoded
        raise ValueError(
            f"The notification of {self.url[:200]} does not fit {MAX_PLAINTEXT} bytes: shorten its address"
        )


def _cut(text: str, length: int) -> str:
    return shorten(text, length=length) if length else ""
