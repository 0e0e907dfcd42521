"""Where subscriptions come from, and how many of each topic's came from where."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from subscriptions.models.topic import Topic

SITE_LENGTH = 255


class SourceManager(models.Manager["Source"]):
    def at(self, kind: "Source.Kind", site: str = "") -> "Source":
        """The one source of this kind; that of an embedded form has one for each site, as far as it is known."""
        return self.get_or_create(kind=kind, site=site[:SITE_LENGTH])[0]


class Source(models.Model):
    """Where people were when they chose a topic. On our own pages: then the subscription refers to none of these."""

    class Kind(models.TextChoices):
        NETWORK = "network", _("Suggestions")
        EMBED = "embed", _("Forms on web sites")
        API = "api", _("API")
        IMPORT = "import", _("Import")

    kind = models.CharField(max_length=7, choices=Kind)
    site = models.CharField(max_length=SITE_LENGTH, blank=True)  # the origin of the page that has the form

    objects = SourceManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "site"], name="source_once"),
            models.CheckConstraint(name="source_site_of_embed", condition=Q(site="") | Q(kind="embed")),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.site}".strip()


class SourceCount(models.Model):
    """How many follow a topic who came from there, as housekeeping last counted."""

    topic = models.ForeignKey(Topic, on_delete=models.CASCADE, related_name="source_counts", db_index=False)
    source = models.ForeignKey(Source, null=True, on_delete=models.CASCADE, related_name="+", db_index=False)
    followers = models.IntegerField()
    newcomers = models.IntegerField()  # of them, those who came in the last 30 days

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["topic", "source"], name="source_count_once", nulls_distinct=False)
        ]

    def __str__(self) -> str:
        return f"{self.followers} of topic {self.topic_id} from source {self.source_id}"
