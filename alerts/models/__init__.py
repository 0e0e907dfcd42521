"""Bulletins and alerts, their dispatches, and what became of every delivery."""

from alerts.models.alert import Alert, Approval
from alerts.models.bulletin import Bulletin, BulletinTopic, BulletinVariant, IdempotencyKey
from alerts.models.delivery import Delivery, DigestItem
from alerts.models.dispatch import Batch, Dispatch, RetryTally, Slice, Turn

__all__ = [
    "Alert",
    "Approval",
    "Batch",
    "Bulletin",
    "BulletinTopic",
    "BulletinVariant",
    "Delivery",
    "DigestItem",
    "Dispatch",
    "IdempotencyKey",
    "RetryTally",
    "Slice",
    "Turn",
]
