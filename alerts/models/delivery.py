"""One dispatch to one recipient through one channel. The tables are partitioned by month: see the first migration."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from alerts.lanes import Channel, Lane, RecipientKind


class Delivery(models.Model):
    """No surrogate id and no foreign keys: there are hundreds of millions, written once and updated once or twice.

    `sent` means that the next hop accepted it, never that it arrived.
    """

    class Status(models.IntegerChoices):
        PENDING = 0, "pending"
        SENT = 1, "sent"
        DEFERRED = 2, "deferred"
        FAILED = 3, "failed"
        BOUNCED = 4, "bounced"
        COMPLAINED = 5, "complained"
        SKIPPED = 6, "skipped"
        CANCELLED = 7, "cancelled"

    pk = models.CompositePrimaryKey("month", "dispatch_id", "recipient_kind", "recipient_id", "channel")
    dispatch_id = models.BigIntegerField()
    recipient_id = models.BigIntegerField()
    topics = ArrayField(models.BigIntegerField())  # those that matched, in the bulletin's order
    # Set while the delivery waits for another attempt; a worker that claims it moves it on by the lease.
    next_attempt_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(null=True)
    month = models.DateField()
    recipient_kind = models.SmallIntegerField(choices=RecipientKind)
    channel = models.SmallIntegerField(choices=Channel)
    lane = models.SmallIntegerField(choices=Lane)
    status = models.SmallIntegerField(choices=Status)
    attempts = models.SmallIntegerField()
    destination = models.SmallIntegerField(db_default=0)  # by which its lane is limited; 0: by none
    detail = models.CharField(max_length=300, null=True)  # noqa: DJ001  NULL takes no byte in the row
    # How often it was handed over, or may have been, and nothing was heard: above 0 it was perhaps received.
    doubts = models.SmallIntegerField(db_default=0)

    class Meta:
        db_table = "alerts_delivery"

    def __str__(self) -> str:
        return f"delivery of dispatch {self.dispatch_id} to {self.recipient_kind}/{self.recipient_id}"


class DigestItem(models.Model):
    """A bulletin inside a digest's delivery: corrections and "who got it" work for digests too."""

    pk = models.CompositePrimaryKey("month", "dispatch_id", "recipient_id", "bulletin_id")
    month = models.DateField()
    dispatch_id = models.BigIntegerField()
    recipient_id = models.BigIntegerField()
    bulletin_id = models.BigIntegerField()
    topics = ArrayField(models.BigIntegerField())

    class Meta:
        db_table = "alerts_digestitem"

    def __str__(self) -> str:
        return f"bulletin {self.bulletin_id} in digest {self.dispatch_id} to {self.recipient_id}"
