"""Why people left a topic: counts for each month, with nothing in them about anybody."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from subscriptions.models.topic import Topic


class LeavingCount(models.Model):
    """How many gave this reason for leaving this topic in this month."""

    class Reason(models.TextChoices):
        TOO_MANY = "too-many", _("Too many e-mails")
        NOT_FOR_ME = "not-for-me", _("Not what I expected, or not about where I live")
        NO_LONGER = "no-longer", _("I no longer need it")
        UNCLEAR = "unclear", _("Hard to understand")
        ELSEWHERE = "elsewhere", _("I hear about it in another way")
        NEVER_ASKED = "never-asked", _("I never asked for it")
        OTHER = "other", _("Another reason")

    topic = models.ForeignKey(Topic, on_delete=models.CASCADE, related_name="leaving_counts")
    reason = models.CharField(max_length=12, choices=Reason)
    month = models.DateField()  # its first day
    count = models.IntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["topic", "reason", "month"], name="leaving_count_once")]

    def __str__(self) -> str:
        return f"{self.reason} at topic {self.topic_id} in {self.month:%Y-%m}"
