"""What people are told of besides what they chose: topics that many follow together, and an agency's partners."""

from django.db import models

from agencies.models import Agency
from subscriptions.models.topic import Topic


class TopicStock(models.Model):
    """When housekeeping last counted a topic's followers, and last looked what else they follow."""

    topic = models.OneToOneField(Topic, primary_key=True, on_delete=models.CASCADE, related_name="stock")
    followers = models.IntegerField()  # people; machines follow no second topic of their own accord
    counted_at = models.DateTimeField()
    related_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"stock of topic {self.pk}"


class RelatedTopic(models.Model):
    """Many who follow the topic also follow the other one. How many is not kept: no page can give it away."""

    pk = models.CompositePrimaryKey("topic_id", "other_id")
    topic = models.ForeignKey(Topic, on_delete=models.CASCADE, related_name="related", db_index=False)
    other = models.ForeignKey(Topic, on_delete=models.CASCADE, related_name="related_to")
    score = models.FloatField()  # the cosine of the two audiences: 1 for the same people, 0 for none

    def __str__(self) -> str:
        return f"topic {self.other_id} beside topic {self.topic_id}"


class PartnerPin(models.Model):
    """A topic of another agency that this agency wants its own followers told of, before any other."""

    agency = models.ForeignKey(Agency, on_delete=models.CASCADE, related_name="partner_pins", db_index=False)
    topic = models.ForeignKey(Topic, on_delete=models.CASCADE, related_name="pinned_by")
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["agency", "topic"], name="partner_pin_once")]

    def __str__(self) -> str:
        return f"topic {self.topic_id} pinned by agency {self.agency_id}"
