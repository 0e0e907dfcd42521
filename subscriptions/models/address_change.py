"""A subscriber's wish to get their mail at another address, from the form to the end of the time to take it back."""

from datetime import timedelta

from django.db import models
from django.utils import timezone

from subscriptions.models.subscriber import Subscriber

LINK_WORKS_FOR = timedelta(days=1)
TAKE_BACK_FOR = timedelta(days=7)  # after the new address confirmed


class AddressChangeQuerySet(models.QuerySet["AddressChange"]):
    def waiting(self) -> "AddressChangeQuerySet":
        """Those that the new address may still confirm."""
        return self.filter(confirmed_at=None, ended_at=None, requested_at__gt=timezone.now() - LINK_WORKS_FOR)


class AddressChange(models.Model):
    """Waits for the new address, was confirmed there, or has ended; one that was confirmed and ended was taken back.

    While a confirmed change can be taken back, the address that it left stands in a subscriber's row of its own,
    `former`, which is pending: nothing is sent to it.
    """

    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="address_changes")
    new_email = models.CharField(max_length=254, blank=True)  # as typed; "" once nobody needs it any more
    former = models.ForeignKey(Subscriber, null=True, on_delete=models.SET_NULL, related_name="+")
    # Where the new address had subscriptions of its own: what subscriptions.joining needs to take the two apart again.
    joined = models.JSONField(null=True)
    page = models.CharField(max_length=200)
    requested_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)  # called off, replaced by a newer one, refused or taken back

    objects = AddressChangeQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["requested_at"], name="address_change_kept", condition=~models.Q(new_email=""))]

    def __str__(self) -> str:
        return f"address change {self.pk}"  # never the address: this ends up in logs

    @property
    def is_final(self) -> bool:
        """Whether it was made, and can't be taken back any more."""
        if self.confirmed_at is None or self.ended_at is not None:
            return False
        return self.confirmed_at < timezone.now() - TAKE_BACK_FOR
