"""What subscriptions/ wants said to one person: rows that the transactional lane sends."""

from django.db import models
from django.db.models.functions import Now

from subscriptions.models.subscriber import Subscriber


class OutboxMessage(models.Model):
    class Kind(models.TextChoices):
        CONFIRM = "confirm"  # a new address is asked to confirm a sign-up
        ALREADY_SUBSCRIBED = "already_subscribed"  # a known address signed up for what it has
        SIGN_IN = "signin"
        ADDRESS_CONFIRM = "address_confirm"  # a new address is asked to take over somebody's mail
        ADDRESS_NOTICE = "address_notice"  # the old address hears of it, and can say no

    class Status(models.TextChoices):
        PENDING = "pending"
        SENT = "sent"
        FAILED = "failed"

    kind = models.CharField(max_length=20, choices=Kind)
    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="outbox")
    subject_id = models.BigIntegerField(null=True)  # the row it is about: sign-up, sign-in link, address change
    created_at = models.DateTimeField(auto_now_add=True)
    status = models.CharField(max_length=7, choices=Status, default=Status.PENDING)
    # Due then. A worker that claims the row moves this on by the lease and counts an attempt: its fencing token.
    next_attempt_at = models.DateTimeField(null=True, db_default=Now())
    attempts = models.SmallIntegerField(default=0)
    detail = models.CharField(max_length=200, blank=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["next_attempt_at"], condition=models.Q(next_attempt_at__isnull=False), name="outbox_due"
            ),
            models.Index(fields=["subscriber", "kind", "created_at"], name="outbox_recent"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class SignInLink(models.Model):
    """A link that opens the manage page once."""

    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE)
    created_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"sign-in link {self.pk}"
