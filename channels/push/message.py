"""A push message for one browser: its keys, what it is told, and how urgent that is."""

import enum
import re
from dataclasses import dataclass, field

from channels.https.answers import unmade
from channels.https.call import Unmade
from channels.outcome import Outcome, Reason, Verdict
from channels.push.encryption import BadBrowserKey, check_keys, encrypt
from channels.push.vapid import UnusableVapidKey, VapidKeys
from channels.tokens import BadToken, base64url

_TOPIC = re.compile(r"[A-Za-z0-9_-]{1,32}")  # RFC 8030 section 5.4
# Of every message. Nothing here decompresses an answer.
_SAME = (
    "content-encoding: aes128gcm\r\ncontent-type: application/octet-stream\r\n"
    "accept-encoding: identity\r\naccept: */*\r\nuser-agent: govnotify-push\r\n"
)
_MAX_KEY_TEXT = 100  # characters; 87 and 22 are used


class Urgency(enum.StrEnum):
    """How much of its battery a device gives for the message (RFC 8030 section 5.3)."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class BrowserKeys:
    """What a browser gives out for messages to it: `p256dh`, 65 bytes, and `auth`, 16 bytes."""

    public_key: bytes = field(repr=False)
    auth: bytes = field(repr=False)

    @classmethod
    def read(cls, p256dh: str, auth: str) -> "BrowserKeys":
        """From base64url, as PushSubscription.toJSON() spells them. Raises BadBrowserKey."""
        keys = cls._decoded(p256dh, auth)
        check_keys(keys.public_key, keys.auth)
        return keys

    @classmethod
    def unpack(cls, text: str) -> "BrowserKeys":
        """From what `pack` made of keys that `read` has checked. Raises BadBrowserKey for what is no base64url."""
        return cls._decoded(*text.partition(" ")[::2])

    @classmethod
    def _decoded(cls, p256dh: str, auth: str) -> "BrowserKeys":
        try:
            return cls(*(base64url.decode(text.rstrip("="), max_octets=_MAX_KEY_TEXT) for text in (p256dh, auth)))
        except BadToken:
            raise BadBrowserKey("p256dh or auth is not base64url") from None

    def pack(self) -> str:
        """One text, to be kept."""
        return b" ".join([base64url.encode(self.public_key), base64url.encode(self.auth)]).decode()


@dataclass(frozen=True, slots=True)
class Push:
    """One message to send. A later one of the same `topic` replaces it where the push service still has it.

    `ttl` is how long the push service keeps it for a browser that is not there, in seconds. `key_id` names the one of
    `vapid` that the browser was subscribed with. Raises ValueError for a topic or a time that can't be sent.
    """

    url: str
    keys: BrowserKeys = field(repr=False)
    key_id: str
    payload: bytes = field(repr=False)
    vapid: VapidKeys = field(repr=False)
    ttl: int
    urgency: Urgency = Urgency.NORMAL
    topic: str = ""
    recipient: int = 0  # the caller's number for the browser

    def __post_init__(self) -> None:
        if self.ttl < 0:
            raise ValueError(f"A push message can't live for {self.ttl} seconds")
        if self.topic and not _TOPIC.fullmatch(self.topic):
            raise ValueError(f"{self.topic[:40]!r} is not a topic: at most 32 characters of base64url")

    def request(self) -> tuple[str, bytes]:
        """Lines of headers and the encrypted body, made anew for each attempt. Raises Unmade."""
        try:
            authorization = self.vapid.authorization(self.url, self.key_id)
            body = encrypt(self.payload, self.keys.public_key, self.keys.auth)
        except UnusableVapidKey as error:
            raise Unmade(unmade(str(error))) from None
        except BadBrowserKey as error:
            raise Unmade(Outcome(Verdict.PERMANENT, Reason.GONE, detail=str(error))) from None
        topic = f"topic: {self.topic}\r\n" if self.topic else ""
        return f"authorization: {authorization}\r\n{_SAME}ttl: {self.ttl}\r\nurgency: {self.urgency}\r\n{topic}", body
