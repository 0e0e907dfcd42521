"""Subscriber or endpoint × topic, with a frequency. A row here was confirmed."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from subscriptions.models.endpoint import Endpoint
from subscriptions.models.source import Source
from subscriptions.models.subscriber import Subscriber
from subscriptions.models.topic import Topic


class Frequency(models.TextChoices):
    IMMEDIATE = "immediate", _("At once")
    DAILY = "daily", _("Once a day")
    WEEKLY = "weekly", _("Once a week")


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    def current(self) -> "SubscriptionQuerySet":
        return self.filter(ended_at=None)


class Subscription(models.Model):
    subscriber = models.ForeignKey(Subscriber, null=True, on_delete=models.CASCADE, related_name="subscriptions")
    endpoint = models.ForeignKey(
        Endpoint, null=True, on_delete=models.CASCADE, related_name="subscriptions", db_index=False
    )
    topic = models.ForeignKey(Topic, on_delete=models.CASCADE, related_name="subscriptions", db_index=False)
    frequency = models.CharField(max_length=9, choices=Frequency, default=Frequency.IMMEDIATE)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    # The eighth column: NULL (our own pages) takes no byte in the row. A ninth would add 8 to every one.
    source = models.ForeignKey(Source, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="subscription_has_one_listener",
                condition=Q(subscriber=None, endpoint__isnull=False) | Q(subscriber__isnull=False, endpoint=None),
            ),
            models.UniqueConstraint(
                fields=["subscriber", "topic"], name="one_subscription_per_subscriber", nulls_distinct=True
            ),
            # Of the few machines alone: with everybody else in it too, it was read from end to end for a topic.
            models.UniqueConstraint(
                fields=["endpoint", "topic"],
                condition=Q(endpoint__isnull=False),
                name="one_subscription_per_endpoint",
            ),
        ]
        indexes = [
            # The audience of a topic, read in slices of ascending ids.
            models.Index(
                fields=["topic", "subscriber"],
                include=["frequency", "started_at"],
                condition=Q(ended_at=None, subscriber__isnull=False),
                name="audience_subscribers",
            ),
            models.Index(
                fields=["topic", "endpoint"],
                include=["started_at"],
                condition=Q(ended_at=None, endpoint__isnull=False),
                name="audience_endpoints",
            ),
            # The readers of digests in slices of ascending ids; who reads everything at once is not in it.
            models.Index(
                fields=["frequency", "subscriber"],
                include=["topic", "started_at"],
                condition=Q(ended_at=None, subscriber__isnull=False) & ~Q(frequency=Frequency.IMMEDIATE),
                name="digest_readers",
            ),
        ]

    def __str__(self) -> str:
        return f"subscription {self.pk}"
