"""Bulletins and alerts, their dispatches, and what became of every delivery."""

from alerts.models.alert import Alert, Approval
from alerts.models.bulletin import Bulletin, BulletinTopic, BulletinVariant, IdempotencyKey
from alerts.models.delivery import Delivery, DigestItem
from alerts.models.destination import Allowance, Destination, DestinationDomain
from alerts.models.dispatch import Batch, Dispatch, RetryTally, Slice, Turn
from alerts.models.probe import Probe

__all__ = [
    "Alert",
    "Allowance",
    "Approval",
    "Batch",
    "Bulletin",
    "BulletinTopic",
    "BulletinVariant",
    "Delivery",
    "Destination",
    "DestinationDomain",
    "DigestItem",
    "Dispatch",
    "IdempotencyKey",
    "Probe",
    "RetryTally",
    "Slice",
    "Turn",
]
