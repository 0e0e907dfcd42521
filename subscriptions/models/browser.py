"""A browser that listens by Web Push: known by the address at its push service, and by nothing else about anybody."""

from datetime import timedelta

from django.db import models
from django.db.models.functions import Coalesce
from django.utils import timezone

from subscriptions.models.topic import Topic

EVERY_EMERGENCY = 0  # what a subscription is to that names no topic; ids of topics begin above it
ANSWERS_FOR = timedelta(days=1)  # a browser that has not answered its welcome by then is forgotten


class BrowserQuerySet(models.QuerySet["Browser"]):
    def active(self) -> "BrowserQuerySet":
        return self.filter(status=Browser.Status.ACTIVE)

    def awaiting_welcome(self) -> "BrowserQuerySet":
        return self.filter(status=Browser.Status.PENDING)

    def unanswered(self) -> "BrowserQuerySet":
        """Those that have had a welcome for long enough to answer it."""
        waiting = (Browser.Status.PENDING, Browser.Status.WELCOMED)
        return self.filter(status__in=waiting, asked_at__lt=timezone.now() - ANSWERS_FOR)

    def expired(self) -> "BrowserQuerySet":
        """Those whose own time is over."""
        return self.filter(expires_at__lt=timezone.now())


class Browser(models.Model):
    """It gets one message, the welcome, until its service worker has posted back what stood in that.

    A row that has ended is deleted, with all that the browser has told us but the record of consent.
    """

    class Status(models.TextChoices):
        PENDING = "pending"  # its welcome has not gone out yet
        WELCOMED = "welcomed"  # it has, and the answer has not come
        ACTIVE = "active"

    endpoint = models.CharField(max_length=2_000)  # the URL at its push service: whoever knows it can't send there
    endpoint_key = models.BinaryField(max_length=32, unique=True)  # SHA-256 of that, to find it by
    host = models.CharField(max_length=253)  # the push service, by which limits count
    sealed_keys = models.TextField()  # by channels.secrets.SecretBox: channels.push.message.BrowserKeys
    vapid_key_id = models.CharField(max_length=16)  # of our keys, the one that it was subscribed with
    language = models.CharField(max_length=35)
    status = models.CharField(max_length=8, choices=Status, default=Status.PENDING)
    replaces = models.BigIntegerField(null=True)  # the row that ends once this one has answered: the browser moved
    # The welcome is being sent, or was sent, then: the fence of who sends it.
    welcome_at = models.DateTimeField(null=True)
    welcomes = models.SmallIntegerField(default=0)
    asked_at = models.DateTimeField()  # when it last asked to be welcomed
    confirmed_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)  # where the browser says so (Push API, expirationTime)

    objects = BrowserQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["status"], condition=~models.Q(status="active"), name="browser_unanswered"),
            models.Index(fields=["host"], condition=models.Q(status="active"), name="browser_service"),
            models.Index(fields=["expires_at"], condition=models.Q(expires_at__isnull=False), name="browser_expiry"),
        ]

    def __str__(self) -> str:
        return f"browser {self.pk}"  # never the endpoint: this ends up in logs


class BrowserSubscription(models.Model):
    """Browser × topic, or × every real emergency where `topic` is empty. Ending it deletes it."""

    browser = models.ForeignKey(Browser, on_delete=models.CASCADE, related_name="subscriptions", db_index=False)
    topic = models.ForeignKey(Topic, null=True, on_delete=models.CASCADE, related_name="+", db_index=False)
    # The topic's id, or EVERY_EMERGENCY: what audiences are read by.
    subject = models.GeneratedField(
        expression=Coalesce("topic_id", EVERY_EMERGENCY), output_field=models.BigIntegerField(), db_persist=True
    )
    started_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["browser", "subject"], name="browser_subscription_once")]
        indexes = [
            # An audience in slices of ascending ids.
            models.Index(fields=["subject", "browser"], include=["started_at"], name="audience_browsers"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} of browser {self.browser_id}"


class BrowserConsent(models.Model):
    """One agreement or withdrawal of a browser; kept as proof, and it names nothing but a number."""

    class Act(models.TextChoices):
        GIVEN = "given"
        WITHDRAWN = "withdrawn"

    class Way(models.TextChoices):
        CONFIRMED = "confirmed"  # the person allowed it, and the service worker answered the welcome
        MANAGED = "managed"  # a button of our pages, in a browser that had answered before
        MOVED = "moved"  # the push service gave the browser another address
        GONE = "gone"  # the push service said that the browser has ended it
        EXPIRED = "expired"

    browser_id = models.BigIntegerField(db_index=True)
    subject = models.BigIntegerField()  # a topic's id, or EVERY_EMERGENCY
    act = models.CharField(max_length=9, choices=Act)
    way = models.CharField(max_length=9, choices=Way)
    page = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.act} by browser {self.browser_id}, {self.at:%Y-%m-%d}"
