"""A pipelining SMTP client: hand a pool ready-made mails, get one outcome for each (RFC 5321, RFC 2920)."""

from channels.smtp.connection import Timeouts
from channels.smtp.envelope import Envelope
from channels.smtp.pool import SmtpPool
from channels.smtp.relay import Relay, Tls
from channels.smtp.relays import Relays
from channels.smtp.work import NOT_BEGUN, Feed

__all__ = ["NOT_BEGUN", "Envelope", "Feed", "Relay", "Relays", "SmtpPool", "Timeouts", "Tls"]
