"""The last probe of each queue: work of our own that goes the way of real work, so that a lane's health is measured."""

from django.db import models


class Probe(models.Model):
    """One row per queue, overwritten by the next round; the past is with whoever collects the metrics."""

    queue = models.CharField(max_length=20, primary_key=True)
    due_at = models.DateTimeField()  # of this round: from here its latency counts
    leased_until = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)  # accepted or not; empty: it is under way
    detail = models.CharField(max_length=300, blank=True)  # why the last one was not accepted
    failures = models.IntegerField(default=0)  # rounds in a row that were not accepted
    accepted_at = models.DateTimeField(null=True)  # of the last that was …
    latency = models.FloatField(null=True)  # … and how long it took, in seconds

    def __str__(self) -> str:
        return f"probe of queue {self.queue}"
