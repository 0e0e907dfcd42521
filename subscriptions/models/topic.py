"""What people subscribe to."""

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency
from govnotify.lib.translated import Translated
from subscriptions.models.category import Category

CHOOSABLE = models.Q(is_public=True, closed_at=None)


class TopicQuerySet(models.QuerySet["Topic"]):
    def public(self) -> "TopicQuerySet":
        """Topics that every citizen may find and choose."""
        return self.filter(CHOOSABLE)

    def open_for(self, agency: Agency) -> "TopicQuerySet":
        """Topics on which the agency may publish."""
        return self.filter(agency=agency, closed_at=None)


class Topic(Translated):
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="topics")
    slug = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    category = models.ForeignKey(Category, null=True, blank=True, on_delete=models.SET_NULL, related_name="topics")
    is_public = models.BooleanField(default=True, help_text=_("Internal topics are seen by the agency's staff only."))
    created_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = TopicQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        indexes = [
            models.Index(fields=["category"], name="topic_subjects", condition=CHOOSABLE),
            models.Index(fields=["agency"], name="topic_offered", condition=CHOOSABLE),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("topic", args=[self.slug])
