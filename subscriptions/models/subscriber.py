"""A person who listens, known by an e-mail address, and what they asked for before they confirmed."""

from datetime import date
from zoneinfo import ZoneInfo

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from govnotify.lib.local_time import zone_of
from subscriptions.address_key import address_key


class SubscriberQuerySet(models.QuerySet["Subscriber"]):
    def with_address(self, email: str) -> "SubscriberQuerySet":
        """The subscriber of this address, however its letters are written; `email` must be a valid address."""
        return self.filter(address_key=address_key(email))

    def standing_for(self, subscriber_id: int) -> "Subscriber | None":
        """The one of this id, or whom it was joined to; None where nobody has the id."""
        found = self.filter(pk=subscriber_id).first()
        while found is not None and found.joined_to_id is not None:
            found = self.filter(pk=found.joined_to_id).first()
        return found

    def ids_with_joined(self) -> list[int]:
        """Their ids, and those of everybody who was joined to them."""
        found = list(self.values_list("pk", flat=True))
        while more := list(
            Subscriber.objects.filter(joined_to__in=found).exclude(pk__in=found).values_list("pk", flat=True)
        ):
            found += more
        return found

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
    # Nothing routine is sent before this day, in their zone; emergencies are. A day that has passed means nothing.
    paused_until = models.DateField(null=True)
    signed_out_at = models.DateTimeField(null=True)  # sessions that began before this are over
    # Who has taken in what this one had: the same person at another address. This one has ended then.
    joined_to = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="joined", db_index=False)
    # What they chose on their page (subscriptions.reading_times); NULL, which takes no byte, is the platform's own.
    time_zone = models.CharField(max_length=64, null=True)  # noqa: DJ001  an IANA name
    digest_hour = models.SmallIntegerField(null=True)
    digest_weekday = models.SmallIntegerField(null=True)
    # Local times between which nothing routine is sent, over midnight where the second is the earlier; both or none.
    quiet_from = models.TimeField(null=True)
    quiet_until = models.TimeField(null=True)

    objects = SubscriberQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["joined_to"], name="subscriber_joined", condition=models.Q(joined_to__isnull=False)),
            # For those who forget (subscriptions.forgetting), so that they read nobody else.
            models.Index(fields=["created_at"], name="subscriber_pending", condition=models.Q(status="pending")),
            models.Index(
                fields=["ended_at"], name="subscriber_left", condition=models.Q(status="ended") & ~models.Q(email="")
            ),
        ]

    def __str__(self) -> str:
        return f"subscriber {self.pk}"  # never the address: this ends up in logs

    @property
    def zone(self) -> ZoneInfo:
        """Their time zone, else the platform's."""
        return zone_of(self.time_zone)

    @property
    def today(self) -> date:
        """The day that it is where they are."""
        return timezone.now().astimezone(self.zone).date()

    @property
    def is_paused(self) -> bool:
        return self.paused_until is not None and self.paused_until > self.today


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

    class Meta:
        indexes = [models.Index(fields=["created_at"], name="sign_up_waiting", condition=models.Q(confirmed_at=None))]

    def __str__(self) -> str:
        return f"sign-up {self.pk}"
