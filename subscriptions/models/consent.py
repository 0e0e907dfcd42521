"""What was agreed and withdrawn, and whom never to write to."""

from django.db import models

from subscriptions.models.topic import Topic


class ConsentRecord(models.Model):
    """One agreement or withdrawal; kept as proof, so it refers to the subscriber by id alone."""

    class Act(models.TextChoices):
        GIVEN = "given"
        CHANGED = "changed"
        WITHDRAWN = "withdrawn"

    class Way(models.TextChoices):
        CONFIRMED = "confirmed"  # the button of a confirmation page
        MANAGED = "managed"  # the signed-in page
        LINK = "link"  # the unsubscribe page of a mail
        ONE_CLICK = "one-click"  # RFC 8058, by the mail client
        UNDO = "undo"
        IMPORTED = "imported"
        ADDRESS = "address"  # the button by which an address took over another's subscriptions

    subscriber_id = models.BigIntegerField(db_index=True)
    topic = models.ForeignKey(Topic, on_delete=models.CASCADE)
    act = models.CharField(max_length=9, choices=Act)
    way = models.CharField(max_length=9, choices=Way)
    frequency = models.CharField(max_length=9, blank=True)
    page = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            # Who changed how they read a topic since the last digest.
            models.Index(
                fields=["subscriber_id", "topic", "at"], condition=models.Q(act="changed"), name="consent_changed"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.act} by subscriber {self.subscriber_id}, {self.at:%Y-%m-%d}"


class Suppression(models.Model):
    """An address that is not written to. Outlives the subscriber: it holds a keyed hash, no address."""

    class Reason(models.TextChoices):
        HARD_BOUNCE = "hard-bounce"
        COMPLAINT = "complaint"

    address_key = models.BinaryField(max_length=32, primary_key=True)
    reason = models.CharField(max_length=11, choices=Reason)
    code = models.CharField(max_length=80, blank=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.reason} {self.code}"
