"""Where mail goes that must not arrive too fast: groups of mail domains, and how much of each a lane may send."""

from django.db import models

from alerts.lanes import Lane


class Destination(models.Model):
    """Mail domains that one receiver runs. Never deleted: deliveries carry its number (0 is everything else)."""

    id = models.SmallAutoField(primary_key=True)
    name = models.CharField(max_length=60, unique=True)

    def __str__(self) -> str:
        return self.name


class DestinationDomain(models.Model):
    domain = models.CharField(max_length=253, primary_key=True)  # A-labels, lower case: as addresses are compared
    destination = models.ForeignKey(Destination, on_delete=models.CASCADE, related_name="domains")

    def __str__(self) -> str:
        return self.domain


class Allowance(models.Model):
    """What one lane may send to one destination: its rate, and when it may send there next.

    A row of its own for each lane, so that no lane waits for what another has sent or has locked. Where there is none
    the lane has no limit; a row without a rate is a limit that was lifted.
    """

    lane = models.SmallIntegerField(choices=Lane)
    destination = models.ForeignKey(Destination, on_delete=models.CASCADE, related_name="allowances")
    rate = models.FloatField(null=True)  # messages per second
    free_at = models.DateTimeField()
    held_until = models.DateTimeField(null=True)  # the lease of the worker that is sending there

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lane", "destination"], name="allowance_once"),
            models.CheckConstraint(condition=models.Q(rate=None) | models.Q(rate__gt=0), name="allowance_is_positive"),
        ]

    def __str__(self) -> str:
        return f"destination {self.destination_id} on lane {self.lane}"
