"""One fan-out: its slices of audience, its batches of work, whose turn it is."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from agencies.models import Agency
from alerts.lanes import Channel, Lane, RecipientKind
from alerts.models.alert import Approval
from alerts.models.bulletin import Bulletin


class DispatchQuerySet(models.QuerySet["Dispatch"]):
    def unfinished(self) -> "DispatchQuerySet":
        return self.filter(state=Dispatch.State.SENDING)

    def stopped(self) -> "DispatchQuerySet":
        """Paused ones, and cancelled ones of which not every delivery says so yet."""
        return self.filter(state__in=(Dispatch.State.PAUSED, Dispatch.State.CANCELLED), finished_at=None)

    def under_way(self) -> "DispatchQuerySet":
        """Those that can still be stopped."""
        return self.filter(state__in=(Dispatch.State.SENDING, Dispatch.State.PAUSED))


class Dispatch(models.Model):
    """One fan-out of one bulletin, or of one digest run (then `bulletin` is empty and `period` is set)."""

    class State(models.TextChoices):
        SENDING = "sending"
        PAUSED = "paused"
        CANCELLED = "cancelled"
        DONE = "done"

    bulletin = models.ForeignKey(Bulletin, null=True, on_delete=models.PROTECT, related_name="dispatches")
    period = models.CharField(max_length=9, blank=True)  # of a digest run: daily or weekly
    agency = models.ForeignKey(Agency, null=True, on_delete=models.PROTECT)  # a digest run has every agency's
    lane = models.SmallIntegerField(choices=Lane)
    month = models.DateField()  # first day of; part of its deliveries' key, so that one recipient is in it once
    since = models.DateTimeField(null=True)  # of a digest run: bulletins published after this, for some readers …
    cut_off = models.DateTimeField()  # … and until this; subscriptions that began later do not count
    approval = models.ForeignKey(Approval, null=True, on_delete=models.PROTECT)
    # A correction's: the dispatches whose recipients are to be told (alerts.engine.told). `only_told`: nobody else is.
    corrects = ArrayField(models.BigIntegerField(), default=list)
    only_told = models.BooleanField(default=False)
    areas = ArrayField(models.BigIntegerField(), default=list)  # the bulletin's places when it was published
    # Of a digest run: the timetables whose readers it is for, and until when the run before was for each.
    timetables = ArrayField(models.BigIntegerField(), default=list)
    sinces = ArrayField(models.DateTimeField(), default=list)
    urgent = models.BooleanField(
        default=False, db_default=False
    )  # for everybody on its topics, however often they read
    held_until = models.DateTimeField(null=True)  # when the last quiet hours end that hold some of it back
    state = models.CharField(max_length=9, choices=State, default=State.SENDING)
    created_at = models.DateTimeField(auto_now_add=True)
    expanded_at = models.DateTimeField(null=True)  # the whole audience has its rows
    finished_at = models.DateTimeField(null=True)  # of a cancelled one: when every delivery says so

    objects = DispatchQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="emergency_needs_approval",
                condition=~Q(lane=Lane.EMERGENCY) | Q(approval__isnull=False),
            ),
            models.CheckConstraint(
                name="dispatch_of_bulletin_or_digest",
                condition=Q(bulletin__isnull=False, period="") | Q(bulletin=None, lane=Lane.DIGEST),
            ),
            models.UniqueConstraint(fields=["bulletin"], name="one_dispatch_per_bulletin"),
            models.UniqueConstraint(fields=["period", "cut_off"], condition=Q(bulletin=None), name="one_digest_run"),
        ]
        indexes = [
            models.Index(fields=["-cut_off", "-id"], condition=Q(bulletin__isnull=False), name="dispatch_recent"),
            models.Index(fields=["lane"], condition=Q(state="sending"), name="dispatch_sending"),
            models.Index(
                fields=["state"],
                condition=Q(state__in=["paused", "cancelled"], finished_at=None),
                name="dispatch_stopped",
            ),
        ]

    def __str__(self) -> str:
        return f"dispatch {self.pk}"


class Slice(models.Model):
    """A range of recipient ids that becomes deliveries in one transaction.

    The last slice of a kind is open (`through_id` unset) until a worker expands it and, where it was full, opens the
    next behind it: so the first is on its way before the audience is known.
    """

    dispatch = models.ForeignKey(Dispatch, on_delete=models.CASCADE, related_name="slices")
    kind = models.SmallIntegerField(choices=RecipientKind)
    lane = models.SmallIntegerField(choices=Lane)
    agency_id = models.BigIntegerField()  # whose turn it takes; 0 for a digest run
    after_id = models.BigIntegerField()
    through_id = models.BigIntegerField(null=True)
    recipients = models.IntegerField(default=0)
    expanded_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dispatch", "kind", "after_id"], name="slice_once")]
        indexes = [
            # Who names no lane does not imply this condition: all that are open were read for those of one dispatch.
            models.Index(
                fields=["lane", "kind", "agency_id", "id"],
                condition=Q(expanded_at=None, lane__gt=0),
                name="slice_to_expand",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} after {self.after_id} of dispatch {self.dispatch_id}"


class Batch(models.Model):
    """First attempts that one worker claims at once: the deliveries of one kind and destination, ids first to last.

    Ranges of one destination never overlap, those of two may. `token` counts the claims: whoever holds an older one
    has lost the lease and may no longer change the batch.
    """

    dispatch = models.ForeignKey(Dispatch, on_delete=models.CASCADE, related_name="batches")
    kind = models.SmallIntegerField(choices=RecipientKind)
    channel = models.SmallIntegerField(choices=Channel)
    lane = models.SmallIntegerField(choices=Lane)
    agency_id = models.BigIntegerField()
    destination = models.SmallIntegerField(db_default=0)
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()
    size = models.IntegerField()
    token = models.IntegerField(default=0)
    leased_until = models.DateTimeField(null=True)
    sent = models.IntegerField(default=0)
    failed = models.IntegerField(default=0)
    deferred = models.IntegerField(default=0)
    skipped = models.IntegerField(default=0)
    cancelled = models.IntegerField(db_default=0)
    # Claims whose holder has recorded all that it took. Fewer than `token`: what still waits may have been received.
    ended = models.IntegerField(db_default=0)
    # The newest claim whose holder has said its last word, in time or not.
    settled_token = models.IntegerField(db_default=0)
    first_sent_at = models.DateTimeField(null=True)
    last_sent_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            # Read agency by agency within a destination: whoever can't be served now costs nothing.
            models.Index(
                fields=["lane", "channel", "destination", "agency_id", "id"],
                condition=Q(done_at=None, lane__gt=0),
                name="batch_to_claim",
            ),
            # Who names no dispatch does not imply this condition, and who names no lane not that one: on statistics of
            # the time when all were done, the one was read from end to end in place of the other.
            models.Index(
                fields=["dispatch", "id"], condition=Q(done_at=None, dispatch__gt=0), name="batch_open_of_dispatch"
            ),
        ]

    def __str__(self) -> str:
        return f"batch {self.pk} of dispatch {self.dispatch_id}"


class Turn(models.Model):
    """When an agency was last served on a lane and channel: the one that has waited longest is next.

    For each destination apart, so that who is served at one receiver does not lose a turn at another.
    """

    lane = models.SmallIntegerField(choices=Lane)
    channel = models.SmallIntegerField(choices=Channel)
    destination = models.SmallIntegerField(db_default=0)
    agency_id = models.BigIntegerField()
    served_at = models.DateTimeField(null=True)  # a batch was claimed
    expanded_at = models.DateTimeField(null=True)  # a slice was expanded; on destination 0 alone

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lane", "channel", "destination", "agency_id"], name="turn_of_agency")
        ]

    def __str__(self) -> str:
        return f"agency {self.agency_id} on {self.lane}/{self.channel}"


class RetryTally(models.Model):
    """What became of the deliveries that left their batch: its `deferred`, less these, are still to come."""

    dispatch = models.ForeignKey(Dispatch, on_delete=models.CASCADE, related_name="retry_tallies")
    channel = models.SmallIntegerField(choices=Channel)
    sent = models.IntegerField(default=0)
    failed = models.IntegerField(default=0)
    skipped = models.IntegerField(default=0)
    cancelled = models.IntegerField(db_default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dispatch", "channel"], name="retry_tally_once")]

    def __str__(self) -> str:
        return f"retries of dispatch {self.dispatch_id}"
