"""A machine that listens: an HTTPS address with a secret."""

from django.db import models
from django.db.models import Q

from agencies.models import Agency
from subscriptions.models.subscriber import Subscriber


class EndpointQuerySet(models.QuerySet["Endpoint"]):
    def active(self) -> "EndpointQuerySet":
        return self.filter(status=Endpoint.Status.ACTIVE)

    def awaiting_verification(self) -> "EndpointQuerySet":
        return self.filter(status=Endpoint.Status.PENDING)


class Endpoint(models.Model):
    class Status(models.TextChoices):
        PENDING = "pending"  # has not answered the challenge yet
        ACTIVE = "active"
        FAILED = "failed"  # did not answer the challenge; the owner may ask for another
        DISABLED = "disabled"

    subscriber = models.ForeignKey(Subscriber, null=True, on_delete=models.CASCADE, related_name="endpoints")
    agency = models.ForeignKey(Agency, null=True, on_delete=models.CASCADE, related_name="endpoints")
    url = models.CharField(max_length=2_000)
    sealed_secret = models.TextField()  # by channels.secrets.SecretBox
    status = models.CharField(max_length=8, choices=Status, default=Status.PENDING)
    note = models.CharField(max_length=200, blank=True)  # why it failed or was disabled, for the owner
    challenge_at = models.DateTimeField(null=True)  # the last challenge was sent, or is being sent, then
    created_at = models.DateTimeField(auto_now_add=True)
    verified_at = models.DateTimeField(null=True)

    objects = EndpointQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="endpoint_has_one_owner",
                condition=Q(subscriber=None, agency__isnull=False) | Q(subscriber__isnull=False, agency=None),
            ),
            models.UniqueConstraint(
                fields=["subscriber", "url"], name="one_endpoint_per_subscriber_and_url", nulls_distinct=True
            ),
            models.UniqueConstraint(
                fields=["agency", "url"], name="one_endpoint_per_agency_and_url", nulls_distinct=True
            ),
        ]

    def __str__(self) -> str:
        return f"endpoint {self.pk}"
