"""Bulletins and alerts, their dispatches, and what became of every delivery."""

from alerts.models.alert import Alert, Approval
from alerts.models.bulletin import (
    Bulletin,
    BulletinArea,
    BulletinTopic,
    BulletinVariant,
    IdempotencyKey,
    on_public_topic,
)
from alerts.models.delivery import Delivery, DigestItem
from alerts.models.destination import Allowance, Destination, DestinationDomain
from alerts.models.dispatch import Batch, Dispatch, RetryTally, Slice, Turn
from alerts.models.oddity import Oddity
from alerts.models.probe import Probe
from alerts.models.search import AgencyEntry, ArchiveEntry, Chore, SearchWord, TopicEntry

__all__ = [
    "AgencyEntry",
    "Alert",
    "Allowance",
    "Approval",
    "ArchiveEntry",
    "Batch",
    "Bulletin",
    "BulletinArea",
    "BulletinTopic",
    "BulletinVariant",
    "Chore",
    "Delivery",
    "Destination",
    "DestinationDomain",
    "DigestItem",
    "Dispatch",
    "IdempotencyKey",
    "Oddity",
    "Probe",
    "RetryTally",
    "SearchWord",
    "Slice",
    "TopicEntry",
    "Turn",
    "on_public_topic",
]
