"""What is handed to the webhook client."""

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from multidict import CIMultiDict

from channels.https.answers import unmade
from channels.https.call import Unmade
from channels.webhook.signing import (
    HEADER_ID,
    HEADER_SIGNATURE,
    HEADER_TIMESTAMP,
    BadSecret,
    check_message_id,
    sign,
)

_NAME = re.compile(r"[A-Za-z0-9-]+")
_VALUE = re.compile(r"[\x20-\x7e]*")
# They would change how the message is framed or routed (RFC 9110 7.2, 7.6.1 and 10.1.1, RFC 9112 6).
_FRAMING = frozenset(
    {"connection", "content-length", "expect", "host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"}
)


@dataclass(frozen=True, slots=True)
class Call:
    """One webhook to send: the same `message_id` and `body` on every attempt of one delivery.

    `secrets` are `whsec_`/`whsk_` keys, all of which sign. `headers` are extra ones, which never replace
    ours. Raises ValueError for a message id or a header that cannot be sent.
    """

    url: str
    secrets: Sequence[str] = field(repr=False)
    message_id: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        check_message_id(self.message_id)
        for name, value in self.headers.items():
            if not _NAME.fullmatch(name) or name.lower() in _FRAMING or not _VALUE.fullmatch(value):
                raise ValueError(
                    f"Header {name[:40]!r} cannot be sent with a webhook: leave it out or correct its value"
                )

    def request(self) -> tuple[CIMultiDict[str], bytes]:
        """The request's headers, signed with the present time, and its body. Raises Unmade."""
        timestamp = int(time.time())
        headers = CIMultiDict(self.headers)
        try:
            signature = sign(self.secrets, self.message_id, timestamp, self.body)
        except BadSecret as error:
            raise Unmade(unmade(str(error))) from None
        headers.update(
            {
                "content-type": "application/json",
                "user-agent": "govnotify-webhooks",
                "accept-encoding": "identity",  # nothing here decompresses an answer
                HEADER_ID: self.message_id,
                HEADER_TIMESTAMP: str(timestamp),
                HEADER_SIGNATURE: signature,
            }
        )
        return headers, self.body
