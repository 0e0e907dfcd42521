"""One vocabulary for what became of an attempt to deliver, whatever the channel.

Callers decide from `verdict` and `reason` alone; no caller reads an SMTP or HTTP code.
"""

import enum
from dataclasses import dataclass


class Verdict(enum.StrEnum):
    """What the attempt means for the delivery."""

    ACCEPTED = "accepted"  # the next hop took responsibility (RFC 5321 section 6.1); not proof of arrival
    TRANSIENT = "transient"  # declared transient by the next hop, or the connection failed: try again
    PERMANENT = "permanent"  # trying again cannot help


class Reason(enum.StrEnum):
    """Why, as far as anything depends on it."""

    NONE = ""
    BAD_ADDRESS = "bad-address"  # RFC 3463 5.1.1, 5.1.2, 5.1.3, 5.1.6, 5.1.10, 5.2.1: suppress the address
    MAILBOX_FULL = "mailbox-full"  # 5.2.2: the citizen's mailbox, may heal
    POLICY = "policy"  # 5.7.x: the sender's fault; never suppress, alarm the operator
    NEEDS_SMTPUTF8 = "needs-smtputf8"  # RFC 6531: non-ASCII local part and the server does not offer it
    CONNECTION = "connection"  # no answer, dropped, timed out: nobody said anything about this recipient
    REFUSED = "refused"  # the server or endpoint said no, for a reason of its own
    FORBIDDEN_TARGET = "forbidden-target"  # the webhook's address is one that we never dial (SSRF guard)
    GONE = "gone"  # HTTP 410: the endpoint asks never to be called again, the browser has ended its subscription


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one attempt. `code` is for people and logs: an SMTP reply's code, enhanced or basic, or HTTP's."""

    verdict: Verdict
    reason: Reason = Reason.NONE
    code: str = ""
    detail: str = ""  # one printable line, at most 200 characters
    retry_after: float | None = None  # seconds that the other side asked us to wait
    in_doubt: bool = False  # it was handed over whole and no verdict came: the next hop may have taken it (RFC 1047)

    @property
    def accepted(self) -> bool:
        return self.verdict is Verdict.ACCEPTED

    @property
    def suppresses(self) -> bool:
        """Whether the address must not be written to again (shared rule: hard bounces on the first)."""
        return self.verdict is Verdict.PERMANENT and self.reason is Reason.BAD_ADDRESS

    @property
    def ends_recipient(self) -> bool:
        """Whether the recipient is no more, for whoever keeps it: a bad address, or something that is gone."""
        return self.verdict is Verdict.PERMANENT and self.reason in {Reason.BAD_ADDRESS, Reason.GONE}


ACCEPTED = Outcome(Verdict.ACCEPTED)
