"""A person who listens, known by an e-mail address, and what they asked for before they confirmed."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from subscriptions.address_key import address_key


class SubscriberQuerySet(models.QuerySet["Subscriber"]):
    def with_address(self, email: str) -> "SubscriberQuerySet":
        """The subscriber of this address, however its letters are written; `email` must be a valid address."""
        return self.filter(address_key=address_key(email))

    def active(self) -> "SubscriberQuerySet":
        return self.filter(status=Subscriber.Status.ACTIVE)


class Subscriber(models.Model):
    class Status(models.TextChoices):
        PENDING = "pending"  # typed by somebody, confirmed by nobody
        ACTIVE = "active"
        ENDED = "ended"

    email = models.CharField(max_length=254)  # as typed: that is how it is sent to
    # The domain in A-labels where it was typed in other letters, so that every domain can be read in SQL.
    ascii_domain = models.CharField(max_length=253, null=True)  # noqa: DJ001  NULL takes no byte in the row
    address_key = models.BinaryField(max_length=32, unique=True)  # what makes two addresses the same, as a keyed hash
    status = models.CharField(max_length=8, choices=Status, default=Status.PENDING)
    language = models.CharField(max_length=35, default="en")
    created_at = models.DateTimeField(auto_now_add=True)
    confirmed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    # Nothing routine is sent before this day (UTC); emergencies are. A day that has passed means nothing.
    paused_until = models.DateField(null=True)
    signed_out_at = models.DateTimeField(null=True)  # sessions that began before this are over

    objects = SubscriberQuerySet.as_manager()

    def __str__(self) -> str:
        return f"subscriber {self.pk}"  # never the address: this ends up in logs

    @property
    def is_paused(self) -> bool:
        return self.paused_until is not None and self.paused_until > timezone.now().date()


class SignUp(models.Model):
    """What somebody asked to receive at an address; nothing of it happens before the address confirms."""

    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="sign_ups")
    choices = models.JSONField()  # {topic id as text: frequency}
    sources = models.JSONField(default=dict)  # {topic id as text: id of the source}; our own pages are in none
    areas = ArrayField(models.BigIntegerField(), default=list)  # ids of places; none: whatever they have
    language = models.CharField(max_length=35)
    page = models.CharField(max_length=200)  # where the form was filled in: part of the proof of consent
    created_at = models.DateTimeField(auto_now_add=True)
    confirmed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"sign-up {self.pk}"
